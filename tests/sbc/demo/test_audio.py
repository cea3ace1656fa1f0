import struct

from media.rtcp import ReportBlock, SenderReport, SourceDescription, parse
from media.rtp import is_rtcp, is_rtp
from sbc.demo.audio import PACE, Audio


def conversation(packets: int, lose: frozenset[int] = frozenset(), late: float = 0.0) -> Audio:
    """The listener, after `packets` of a speaker; odd ones come `late` seconds late."""
    speaker, listener = Audio(1, "speaker"), Audio(2, "listener")
    for number in range(packets):
        data = speaker.packet()
        if number not in lose:
            listener.receive(data, 5.0 + number * PACE + (late if number % 2 else 0.0))
    return listener


def test_what_is_sent_is_rtp_and_carries_the_tone() -> None:
    speaker, listener = Audio(1, "speaker"), Audio(2, "listener")
    data = speaker.packet()
    assert is_rtp(data, len(data))
    listener.receive(data, 0.0)
    assert (listener.heard, listener.tones) == (1, 1)


def test_every_packet_follows_the_one_before_it() -> None:
    speaker = Audio(1, "speaker")
    headers = [struct.unpack_from("!BBHI", speaker.packet()) for _ in range(3)]
    assert [header[2] for header in headers] == [0, 1, 2]
    assert [header[3] for header in headers] == [0, 160, 320]
    assert [header[1] >> 7 for header in headers] == [1, 0, 0]


def test_lost_packets_are_counted() -> None:
    assert conversation(100, lose=frozenset({3, 50, 51})).lost == 3
    assert Audio(1, "deaf").lost == 0


def test_an_even_stream_has_no_jitter_and_an_uneven_one_has() -> None:
    assert conversation(100).jitter < 1
    assert 70 < conversation(400, late=0.010).jitter <= 80


def test_its_report_says_what_it_heard() -> None:
    listener = conversation(100, lose=frozenset({3, 50, 51}))
    data = listener.report(1.7e9)
    assert is_rtcp(data, len(data))
    report, description = parse(data)
    assert isinstance(report, SenderReport)
    assert isinstance(description, SourceDescription)
    (block,) = report.blocks
    assert isinstance(block, ReportBlock)
    assert block.ssrc == 1
    assert block.lost == 3


def test_a_second_report_tells_of_the_time_since_the_first() -> None:
    listener = conversation(100, lose=frozenset({3}))
    listener.report(1.7e9)
    report = parse(listener.report(1.7e9))[0]
    assert isinstance(report, SenderReport)
    assert report.blocks[0].fraction_lost == 0


def test_what_is_not_rtp_is_not_heard() -> None:
    listener = Audio(1, "listener")
    for data in (b"", b"\x80", bytes(20), listener.report(0.0)):
        listener.receive(data, 0.0)
    assert listener.heard == 0
