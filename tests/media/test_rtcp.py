import struct

import pytest

from media.rtcp import (
    MOST_BYTES,
    MOST_PACKETS,
    BadRtcp,
    Bye,
    Chunk,
    ExtendedReport,
    Feedback,
    Other,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    hide,
    parse,
)
from tests.support.rtcp_packets import (
    application,
    bye,
    chunk,
    description,
    extended,
    extended_block,
    feedback,
    receiver_report,
    report_block,
    rtcp,
    sender_report,
    voip_metrics,
)

NAME = b"anonymous@sbc"
REPORT = receiver_report(1)


# --- reading ------------------------------------------------------------------------------------


def test_a_sender_report_is_read_with_its_blocks() -> None:
    blocks = (
        report_block(7, 64, 1000, highest=70_000, jitter=80, lsr=0x11112222, dlsr=65536),
        report_block(8, 0, -5),
    )
    assert parse(sender_report(1, *blocks, ntp=0x1122334455667788)) == (
        SenderReport(
            ssrc=1,
            ntp=0x1122334455667788,
            timestamp=160,
            packets=50,
            octets=8000,
            blocks=(
                ReportBlock(7, 0.25, 1000, 70_000, 80, 0x11112222, 65536),
                ReportBlock(8, 0.0, -5, 0, 0, 0, 0),
            ),
        ),
    )


@pytest.mark.parametrize("lost", [-(2**23), -1, 0, 1, 2**23 - 1])
def test_cumulative_loss_has_24_bits_and_a_sign(lost: int) -> None:
    (report,) = parse(receiver_report(1, report_block(7, 255, lost)))
    assert isinstance(report, ReceiverReport)
    assert report.blocks[0].lost == lost
    assert report.blocks[0].fraction_lost == 255 / 256


def test_a_profile_may_add_to_a_report() -> None:
    (report,) = parse(sender_report(1, report_block(7), extension=b"more"))
    assert isinstance(report, SenderReport)
    assert len(report.blocks) == 1


def test_descriptions_are_read_chunk_by_chunk() -> None:
    data = description(
        chunk(1, (1, b"me@host"), (6, b"softphone 1.0")), chunk(2), chunk(3, (8, b""))
    )
    assert parse(data) == (
        SourceDescription(
            (
                Chunk(1, ((1, b"me@host"), (6, b"softphone 1.0"))),
                Chunk(2, ()),
                Chunk(3, ((8, b""),)),
            )
        ),
    )


@pytest.mark.parametrize("length", range(9))
def test_a_chunk_ends_on_a_word_whatever_its_length(length: int) -> None:
    first, second = chunk(1, (1, b"x" * length)), chunk(2, (1, b"y"))
    (found,) = parse(description(first, second))
    assert found == SourceDescription((Chunk(1, ((1, b"x" * length),)), Chunk(2, ((1, b"y"),))))


def test_a_bye_is_read_with_and_without_its_reason() -> None:
    assert parse(bye(1, 2)) == (Bye((1, 2), b""),)
    assert parse(bye(1, reason=b"teardown")) == (Bye((1,), b"teardown"),)
    assert parse(bye(1, reason=b"end")) == (Bye((1,), b"end"),)  # to the last octet
    assert parse(bye()) == (Bye((), b""),)


def test_feedback_is_kept_opaque() -> None:
    assert parse(feedback(206, 1, 5, 6)) == (Feedback(206, 1, 5, 6, b""),)
    assert parse(feedback(205, 15, 5, 6, b"transport-cc")) == (
        Feedback(205, 15, 5, 6, b"transport-cc"),
    )


def test_an_extended_report_is_read_and_may_be_empty() -> None:
    assert parse(extended(9)) == (ExtendedReport(9, (), ()),)
    (report,) = parse(extended(9, voip_metrics(7)))
    assert isinstance(report, ExtendedReport)
    assert [each.ssrc for each in report.metrics] == [7]


def test_applications_and_unknown_types_are_known_by_their_type_alone() -> None:
    assert parse(application(1, b"PoC1") + rtcp(192, 0, b"\0\0\0\1")) == (Other(204), Other(192))


def test_extended_reports_stay_here_where_a_policy_says_so() -> None:
    data = REPORT + extended(9, voip_metrics(7)) + bye(1)
    assert hide(data, NAME, extended=False) == REPORT + bye(1)
    assert hide(extended(9, voip_metrics(7)), NAME, extended=False) is None
    assert hide(data, NAME) == data


def test_a_compound_is_read_in_its_order() -> None:
    data = sender_report(1) + description(chunk(1, (1, b"a"))) + bye(1)
    assert [type(packet) for packet in parse(data)] == [SenderReport, SourceDescription, Bye]


def test_padding_of_the_last_packet_is_taken_off() -> None:
    assert parse(REPORT + rtcp(203, 1, b"\0\0\0\1", padding=8)) == (
        ReceiverReport(1, ()),
        Bye((1,), b""),
    )
    assert parse(rtcp(203, 0, b"", padding=4)) == (Bye((), b""),)


BAD = {
    "nothing": b"",
    "less than a header": b"\x80\xc9\x00",
    "less than a header behind a packet": REPORT + b"\x80",
    "version 1": rtcp(201, 0, bytes(4), version=1),
    "longer than the datagram": rtcp(201, 0, bytes(8))[:-4],
    "padding before the end": rtcp(201, 0, bytes(4), padding=4) + REPORT,
    "padding of nought": b"\xa0\xc9\x00\x02" + bytes(8),
    "padding that is no word": b"\xa0\xc9\x00\x02" + bytes(7) + b"\x03",
    "padding longer than its packet": b"\xa0\xc9\x00\x02" + bytes(7) + b"\x0c",
    "padding of a packet without a body": b"\xa0\xc9\x00\x00",
    "a sender report without its figures": rtcp(200, 0, bytes(20)),
    "a receiver report without its source": rtcp(201, 0, b""),
    "a sender report with half a block": rtcp(200, 1, bytes(24 + 20)),
    "a receiver report with a block too few": rtcp(201, 2, bytes(4 + 24)),
    "a description without its chunk": rtcp(202, 1, b""),
    "a chunk without an end": rtcp(202, 1, struct.pack("!IBB2s", 1, 1, 2, b"ab")),
    "a chunk of an SSRC alone": rtcp(202, 1, bytes(4)),
    "an item longer than its packet": rtcp(202, 1, struct.pack("!IBB2s", 1, 1, 3, b"ab")),
    "an item without a length": rtcp(202, 1, struct.pack("!IBB2s", 1, 1, 1, b"a\x01")),
    "a bye with a source too few": rtcp(203, 2, bytes(4)),
    "a bye with half a reason": rtcp(203, 1, bytes(4) + b"\x04abc"),
    "feedback about nobody": rtcp(206, 1, bytes(4)),
    "an extended report of nobody": rtcp(207, 0, b""),
    "a report block longer than its packet": rtcp(207, 0, bytes(4) + b"\x04\0\0\x01"),
    "more packets than any end sends": REPORT * (MOST_PACKETS + 1),
    "more octets than any end sends": feedback(205, 15, 5, 6, bytes(MOST_BYTES)),
    "VoIP metrics of another length": extended(9, extended_block(7, bytes(28))),
}


@pytest.mark.parametrize("data", BAD.values(), ids=list(BAD))
def test_a_malformed_compound_is_refused_and_nothing_of_it_crosses(data: bytes) -> None:
    with pytest.raises(BadRtcp) as bad:
        parse(data)
    assert bad.value.reason
    assert hide(data, NAME) is None
    assert hide(REPORT + data if data else data, NAME) is None


# --- hiding -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        sender_report(
            1,
            report_block(7, 1, 2, highest=3, jitter=4, lsr=5, dlsr=6),
            ntp=2**63,
            extension=b"more",
        ),
        receiver_report(1, report_block(7), report_block(8)),
        feedback(205, 1, 5, 6, b"nack"),
        feedback(206, 15, 5, 6, b"REMB"),
        extended(9, voip_metrics(7), extended_block(4, bytes(8))),
        bye(1, 2),
    ],
)
def test_reports_and_feedback_cross_byte_for_byte(data: bytes) -> None:
    assert hide(data, NAME) == data
    assert hide(REPORT + data, NAME) == REPORT + data


def test_a_description_keeps_its_sources_under_the_neutral_name() -> None:
    data = description(
        chunk(1, (1, b"alice@10.1.2.3"), (2, b"Alice"), (8, b"\x03keyprivate")), chunk(2)
    )
    assert hide(data, NAME) == description(chunk(1, (1, NAME)), chunk(2, (1, NAME)))


@pytest.mark.parametrize("length", range(1, 10))
def test_the_neutral_name_may_have_any_length(length: int) -> None:
    name = b"n" * length
    hidden = hide(description(chunk(1, (1, b"me")), chunk(2, (1, b"you"))), name)
    assert hidden == description(chunk(1, (1, name)), chunk(2, (1, name)))


def test_a_bye_loses_its_reason() -> None:
    assert hide(bye(1, 2, reason=b"rebooting 10.1.2.3"), NAME) == bye(1, 2)


def test_applications_and_unknown_types_do_not_cross() -> None:
    unknown = rtcp(192, 0, b"FIR?") + rtcp(209, 0, b"next")
    assert hide(REPORT + application(1, b"qtsi", b"data") + unknown, NAME) == REPORT


@pytest.mark.parametrize("data", [application(1, b"qtsi"), description(), bye(), rtcp(192, 0, b"")])
def test_nothing_is_sent_when_nothing_may_cross(data: bytes) -> None:
    assert hide(data, NAME) is None


def test_padding_does_not_cross() -> None:
    padded = rtcp(201, 0, bytes(4), padding=16)
    assert hide(padded, NAME) == rtcp(201, 0, bytes(4))


def test_a_small_datagram_does_not_become_a_large_one() -> None:
    """31 sources without a name in 252 octets would each be given one."""
    many = description(*(chunk(ssrc) for ssrc in range(31)))
    assert hide(many, NAME) is not None
    assert hide(many * 3, NAME) is None


def test_as_many_packets_as_are_allowed_are_read() -> None:
    assert len(parse(REPORT * MOST_PACKETS)) == MOST_PACKETS


def test_a_large_datagram_may_cross_as_it_is() -> None:
    large = REPORT + feedback(205, 15, 5, 6, bytes(1600))
    assert hide(large, NAME) == large
