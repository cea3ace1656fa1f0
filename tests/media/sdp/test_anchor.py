"""Anchoring: nothing of the inside crosses, and what crosses means what it meant (RFC 3264)."""

from collections.abc import Mapping

import pytest

from config.model import CodecPolicy
from media.sdp.anchor import (
    RULES,
    BadAnswer,
    Origin,
    Rules,
    anchored,
    answered,
    check_follows,
    describe,
    wanted_streams,
)
from media.sdp.policy import EVERY_CODEC
from media.sdp.session import BadSdp, Session, parse
from tests.support.descriptions import BARESIP, CHROME, CHROME_WITHOUT_DTLS, CISCO, SAMPLES, sdp

OURS = Origin(7, 3, "192.0.2.1")
OURS_6 = Origin(7, 3, "2001:db8::1")
PORTS = {0: 30000, 1: 30002, 2: 30004, 3: 30006}
PCMU = "m=audio 4000 RTP/AVP 0"
H261 = "m=video 4002 RTP/AVP 31"
DTMF = ("a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15")


def offer(
    *lines: str,
    ip: str = "10.0.0.7",
    ports: Mapping[int, int] = PORTS,
    policy: CodecPolicy = EVERY_CODEC,
) -> Session:
    return anchored(parse(sdp(*lines, ip=ip)), OURS, ports, policy)


def answer(
    offered: Session, *lines: str, ip: str = "172.16.0.9", policy: CodecPolicy = EVERY_CODEC
) -> Session:
    return answered(offered, parse(sdp(*lines, ip=ip)), OURS, PORTS, policy)


def text(session: Session) -> list[str]:
    return session.encode().decode().split("\r\n")[:-1]


def m_lines(session: Session) -> list[str]:
    return [media.line for media in session.media]


def test_an_offer_is_rebuilt_as_our_own() -> None:
    assert text(anchored(parse(BARESIP), OURS, PORTS)) == [
        "v=0",
        "o=- 7 3 IN IP4 192.0.2.1",
        "s=-",
        "c=IN IP4 192.0.2.1",
        "t=0 0",
        "m=audio 30000 RTP/AVP 96 8 0 101",
        "b=AS:125",
        "a=rtpmap:96 opus/48000/2",
        "a=fmtp:96 stereo=1;sprop-stereo=1",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=label:1",
        "a=ptime:20",
        "a=sendrecv",
    ]


def test_a_line_that_cannot_be_relayed_is_refused_in_its_place() -> None:
    rtp_alone = Rules(datagrams=frozenset())
    assert m_lines(anchored(parse(CISCO), OURS, PORTS, rules=rtp_alone)) == [
        "m=audio 30000 RTP/AVP 18 8 0 101",
        "m=video 30002 RTP/AVP 97 126",
        "m=application 0 UDP/BFCP *",
        "m=image 0 udptl t38",
    ]


def test_srtp_is_refused_for_now() -> None:
    assert m_lines(anchored(parse(CHROME), OURS, PORTS)) == [
        "m=audio 0 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126",
        "m=video 0 UDP/TLS/RTP/SAVPF 96 97 102 103 98 99 116",
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
    ]


def test_a_refused_line_says_nothing_else() -> None:
    session = offer("m=video 0 RTP/AVP 31", "b=AS:64", "a=rtpmap:31 H261/90000", PCMU)
    assert session.media[0].lines == ()


def test_a_line_without_a_port_of_ours_is_refused() -> None:
    assert m_lines(offer(PCMU, H261, ports={1: 30002})) == [
        "m=audio 0 RTP/AVP 0",
        "m=video 30002 RTP/AVP 31",
    ]


def test_the_family_of_addresses_is_that_of_our_side() -> None:
    four_to_six = anchored(parse(sdp(PCMU)), OURS_6, PORTS)
    assert "c=IN IP6 2001:db8::1" in text(four_to_six)
    assert "o=- 7 3 IN IP6 2001:db8::1" in text(four_to_six)
    six_to_four = offer(PCMU, "c=IN IP6 2001:db8::7")
    assert "c=IN IP4 192.0.2.1" in text(six_to_four)
    assert "2001:db8" not in six_to_four.encode().decode()


def test_a_static_payload_type_without_rtpmap_stays_without() -> None:
    assert text(offer("m=audio 4000 RTP/AVP 0 8"))[5:] == [
        "m=audio 30000 RTP/AVP 0 8",
        "a=sendrecv",
    ]


def test_bandwidth_crosses_where_it_stood() -> None:
    session = offer("b=AS:384", PCMU, "b=TIAS:64000", "b=RS:0", "b=RR:400")
    assert "b=AS:384" in session.lines
    assert session.media[0].lines[:3] == ("b=TIAS:64000", "b=RS:0", "b=RR:400")


def test_feedback_crosses_with_the_codecs_it_is_for() -> None:
    policy = CodecPolicy(allow=("vp8", "rtx"))
    session = anchored(parse(CHROME_WITHOUT_DTLS), OURS, PORTS, policy)
    assert m_lines(session) == [
        "m=audio 0 RTP/AVPF 111 63 9 0 8 13 110 126",
        "m=video 30002 RTP/AVPF 96 97",
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
    ]
    assert session.media[1].attributes("rtcp-fb") == [
        "96 goog-remb",
        "96 ccm fir",
        "96 nack",
        "96 nack pli",
    ]


def test_the_codec_policy_picks_and_orders() -> None:
    policy = CodecPolicy(allow=("PCMU", "pcma", "telephone-event"), order=("pcmu",))
    session = anchored(parse(BARESIP), OURS, PORTS, policy)
    assert session.media[0].formats == ("0", "8", "101")
    assert not any("opus" in line or ":96 " in line for line in text(session))


def test_a_policy_that_leaves_no_codec_refuses_the_line() -> None:
    assert m_lines(offer(PCMU, H261, policy=CodecPolicy(allow=("pcmu",)))) == [
        "m=audio 30000 RTP/AVP 0",
        "m=video 0 RTP/AVP 31",
    ]


# --- hold and resume ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "ip", "expected"),
    [
        (None, "10.0.0.7", "a=sendrecv"),
        ("a=sendonly", "10.0.0.7", "a=sendonly"),
        ("a=recvonly", "10.0.0.7", "a=recvonly"),
        ("a=inactive", "10.0.0.7", "a=inactive"),
        (None, "0.0.0.0", "a=sendonly"),
        ("a=sendrecv", "0.0.0.0", "a=sendonly"),
        ("a=recvonly", "0.0.0.0", "a=inactive"),
        ("a=inactive", "0.0.0.0", "a=inactive"),
    ],
)
def test_hold_keeps_its_meaning_and_our_address(
    direction: str | None, ip: str, expected: str
) -> None:
    lines = text(offer(PCMU, *filter(None, [direction]), ip=ip))
    assert lines[-1] == expected
    assert "c=IN IP4 192.0.2.1" in lines
    assert "0.0.0.0" not in "".join(lines)


def test_hold_of_the_session_is_hold_of_each_line() -> None:
    session = offer("a=inactive", PCMU, H261, "a=recvonly")
    assert [media.direction for media in session.media] == ["inactive", "recvonly"]
    assert "a=inactive" not in session.lines


@pytest.mark.parametrize(
    ("offered", "given", "expected"),
    [
        ("sendrecv", "sendrecv", "sendrecv"),
        ("sendrecv", "sendonly", "sendonly"),
        ("sendrecv", "inactive", "inactive"),
        ("sendonly", "recvonly", "recvonly"),
        ("sendonly", "sendrecv", "recvonly"),
        ("sendonly", "sendonly", "inactive"),
        ("recvonly", "sendrecv", "sendonly"),
        ("recvonly", "recvonly", "inactive"),
        ("inactive", "sendrecv", "inactive"),
    ],
)
def test_an_answer_does_only_what_the_offer_lets_it(
    offered: str, given: str, expected: str
) -> None:
    result = answer(offer(PCMU, f"a={offered}"), PCMU, f"a={given}")
    assert result.media[0].direction == expected


def test_a_held_answer_keeps_its_meaning() -> None:
    assert answer(offer(PCMU), PCMU, ip="0.0.0.0").media[0].direction == "sendonly"


# --- answers --------------------------------------------------------------------------------------


def test_an_answer_is_rebuilt_as_our_own() -> None:
    offered = offer("m=audio 4000 RTP/AVP 0 8 101", *DTMF)
    result = answer(offered, "m=audio 5000 RTP/AVP 8 101", *DTMF, "a=ptime:20")
    assert text(result) == [
        "v=0",
        "o=- 7 3 IN IP4 192.0.2.1",
        "s=-",
        "c=IN IP4 192.0.2.1",
        "t=0 0",
        "m=audio 30000 RTP/AVP 8 101",
        *DTMF,
        "a=ptime:20",
        "a=sendrecv",
    ]


def test_an_answer_is_told_in_the_payload_types_of_the_offer() -> None:
    offered = offer("m=audio 4000 RTP/AVP 97 101", "a=rtpmap:97 iLBC/8000", *DTMF)
    lines = ("a=rtpmap:99 ilbc/8000", "a=rtpmap:100 telephone-event/8000")
    result = answer(offered, "m=audio 5000 RTP/AVP 99 100", *lines)
    assert result.media[0].formats == ("97", "101")
    assert result.media[0].attributes("rtpmap") == ["97 ilbc/8000", "101 telephone-event/8000"]


def test_a_codec_that_was_not_offered_is_taken_out_of_the_answer() -> None:
    lines = ("m=audio 5000 RTP/AVP 0 8 96", "a=rtpmap:96 opus/48000/2")
    assert m_lines(answer(offer(PCMU), *lines)) == ["m=audio 30000 RTP/AVP 0"]


def test_a_number_that_now_means_another_codec_was_not_offered() -> None:
    offered = offer("m=audio 4000 RTP/AVP 96 0", "a=rtpmap:96 opus/48000/2")
    result = answer(offered, "m=audio 5000 RTP/AVP 96 0", "a=rtpmap:96 iLBC/8000")
    assert result.media[0].formats == ("0",)


def test_channels_make_another_codec() -> None:
    offered = offer("m=audio 4000 RTP/AVP 96", "a=rtpmap:96 L16/8000")
    with pytest.raises(BadAnswer):
        answer(offered, "m=audio 5000 RTP/AVP 96", "a=rtpmap:96 L16/8000/2")


def test_what_the_policy_forbids_is_taken_out_of_the_answer_too() -> None:
    offered = offer("m=audio 4000 RTP/AVP 0 8")
    policy = CodecPolicy(allow=("pcma",))
    result = answer(offered, "m=audio 5000 RTP/AVP 0 8", policy=policy)
    assert m_lines(result) == ["m=audio 30000 RTP/AVP 8"]


def test_an_answer_is_not_reordered() -> None:
    offered = offer("m=audio 4000 RTP/AVP 0 8")
    policy = CodecPolicy(order=("pcma",))
    result = answer(offered, "m=audio 5000 RTP/AVP 0 8", policy=policy)
    assert m_lines(result) == ["m=audio 30000 RTP/AVP 0 8"]


def test_telephone_events_alone_do_not_answer_an_offer_of_audio() -> None:
    offered = offer("m=audio 4000 RTP/AVP 0 101", *DTMF)
    with pytest.raises(BadAnswer, match="answer leaves no stream"):
        answer(offered, "m=audio 5000 RTP/AVP 101", *DTMF)


def test_telephone_events_answer_a_line_of_their_own() -> None:
    offered = offer(PCMU, "m=audio 4002 RTP/AVP 101", *DTMF)
    result = answer(offered, PCMU, "m=audio 5002 RTP/AVP 101", *DTMF)
    assert m_lines(result) == ["m=audio 30000 RTP/AVP 0", "m=audio 30002 RTP/AVP 101"]


def test_a_line_that_the_answerer_refused_stays_refused() -> None:
    result = answer(offer(PCMU, H261), PCMU, "m=video 0 RTP/AVP 31")
    assert m_lines(result) == ["m=audio 30000 RTP/AVP 0", "m=video 0 RTP/AVP 31"]


def test_a_line_that_was_not_offered_cannot_be_accepted() -> None:
    offered = offer(PCMU, "m=video 0 RTP/AVP 31")
    assert m_lines(answer(offered, PCMU, H261))[1] == "m=video 0 RTP/AVP 31"


def test_one_line_without_a_common_codec_is_refused_and_the_others_live() -> None:
    result = answer(offer(PCMU, H261), PCMU, "m=video 5002 RTP/AVP 34")
    assert m_lines(result) == ["m=audio 30000 RTP/AVP 0", "m=video 0 RTP/AVP 31"]


def test_an_answer_speaks_the_protocol_of_the_offer() -> None:
    offered = offer("m=audio 4000 RTP/AVPF 0")
    assert m_lines(answer(offered, PCMU)) == ["m=audio 30000 RTP/AVPF 0"]


def test_an_answer_with_srtp_to_an_offer_without_is_refused() -> None:
    with pytest.raises(BadAnswer, match="answer leaves no stream"):
        answer(offer(PCMU), "m=audio 5000 RTP/SAVP 0")


@pytest.mark.parametrize(
    "lines", [(), (PCMU,), (H261, PCMU), (PCMU, H261, PCMU)], ids=["0", "1", "swapped", "3"]
)
def test_an_answer_with_other_lines_than_the_offer_is_bad(lines: tuple[str, ...]) -> None:
    with pytest.raises(BadAnswer, match="answer has other m= lines than the offer"):
        answer(offer(PCMU, H261), *lines)


def test_an_answer_that_refuses_everything_leaves_no_stream() -> None:
    with pytest.raises(BadAnswer, match="answer leaves no stream"):
        answer(offer(PCMU, H261), "m=audio 0 RTP/AVP 0", "m=video 0 RTP/AVP 31")


def test_an_offer_that_ends_every_stream_may_be_answered_alike() -> None:
    refused = "m=audio 0 RTP/AVP 0"
    assert m_lines(answer(offer(refused), refused)) == [refused]


def test_an_offer_without_media_is_answered_without() -> None:
    assert answer(offer()).media == ()


# --- the life of a session ------------------------------------------------------------------------


def test_lines_come_go_and_come_back_in_their_places() -> None:
    steps = [
        (PCMU,),
        (PCMU, H261),
        (PCMU, "m=video 0 RTP/AVP 31"),
        (PCMU, H261, "m=audio 4004 RTP/AVP 8"),
        ("m=audio 0 RTP/AVP 0", H261, "m=audio 4004 RTP/AVP 8"),
        (PCMU, H261, "m=audio 0 RTP/AVP 8"),
    ]
    live = [[not media.refused for media in offer(*step).media] for step in steps]
    assert live == [
        [True],
        [True, True],
        [True, False],
        [True, True, True],
        [False, True, True],
        [True, True, False],
    ]


def test_a_line_may_be_added_or_refused_but_not_taken_away() -> None:
    check_follows(parse(sdp(PCMU)), parse(sdp("m=audio 0 RTP/AVP 0", H261)))
    with pytest.raises(BadSdp, match="an m= line has gone"):
        check_follows(parse(sdp(PCMU, H261)), parse(sdp(PCMU)))


def test_ports_are_wanted_for_what_can_be_relayed_only() -> None:
    assert wanted_streams(parse(CISCO)) == [
        *((0, "audio"), (1, "video")),
        *((2, "application"), (3, "image")),
    ]
    only_h264 = CodecPolicy(allow=("h264",))
    only_rtp = Rules(datagrams=frozenset())
    assert wanted_streams(parse(CISCO), only_h264, rules=only_rtp) == [(1, "video")]
    assert wanted_streams(parse(CHROME)) == []
    refused_audio = parse(sdp("m=audio 0 RTP/AVP 0", H261))
    assert wanted_streams(refused_audio) == [(1, "video")]


def test_a_crowd_is_not_relayed_to() -> None:
    assert wanted_streams(parse(sdp(PCMU, ip="239.0.0.1"))) == []
    assert wanted_streams(parse(sdp(PCMU, "c=IN IP6 ff15::1"))) == []


def test_rules_say_what_the_relay_can_carry() -> None:
    session = parse(sdp(PCMU, H261, "m=text 4004 RTP/AVP 98", "a=rtpmap:98 t140/1000"))
    assert wanted_streams(session) == [(0, "audio"), (1, "video"), (2, "text")]
    assert wanted_streams(session, rules=Rules(kinds=frozenset({"audio"}))) == [(0, "audio")]
    assert wanted_streams(session, rules=Rules(protocols=frozenset())) == []
    bare = anchored(parse(BARESIP), OURS, PORTS, rules=Rules(attributes=frozenset({"rtpmap"})))
    assert bare.media[0].attribute("fmtp") is None


# --- nothing of the inside crosses ----------------------------------------------------------------

TOKEN = "inside7token"
EVERY_LINE_TYPE = (
    f"i={TOKEN}",
    f"u=http://{TOKEN}.example.com/",
    f"e={TOKEN}@example.com",
    f"p=+1 {TOKEN}",
    f"b=X-{TOKEN}:1",
    f"r={TOKEN}",
    f"z={TOKEN}",
    f"k=clear:{TOKEN}",
    f"q={TOKEN}",
    f"a={TOKEN}",
    f"a={TOKEN}:{TOKEN}",
)


def tokened(body: bytes) -> bytes:
    """The same, with the token as another value of every attribute and in every type of line."""
    lines: list[str] = []
    for line in body.decode().split("\r\n")[:-1]:
        lines.append(line)
        if line.startswith("a="):
            name = line[2:].partition(":")[0]
            lines += [f"a={name}:{TOKEN}", f"a={name} {TOKEN}"]
            if name != "fmtp":
                lines += [f"{line} {TOKEN}", f"a={name}:96 {TOKEN}", f"a={name}:* {TOKEN}"]
        if line.startswith("m="):
            lines += EVERY_LINE_TYPE
    joined = "\r\n".join([*lines, *EVERY_LINE_TYPE, ""])
    return (
        joined.replace("s=-", f"s={TOKEN}")
        .replace("o=-", f"o={TOKEN}")
        .replace("t=0 0", f"t={TOKEN}")
        .encode()
    )


@pytest.mark.parametrize("body", SAMPLES.values(), ids=SAMPLES.keys())
def test_no_word_of_the_inside_crosses(body: bytes) -> None:
    session = parse(tokened(body))
    for result in (anchored(session, OURS, PORTS), offer_and_answer(session)):
        assert TOKEN not in result.encode().decode()


def offer_and_answer(session: Session) -> Session:
    """The session as the answer to itself, where it has anything to answer with."""
    offered = anchored(session, OURS, PORTS)
    if all(media.refused for media in offered.media):
        return offered
    return answered(offered, session, OURS, PORTS)


@pytest.mark.parametrize("body", SAMPLES.values(), ids=SAMPLES.keys())
def test_the_words_do_not_change_what_crosses(body: bytes) -> None:
    with_words = anchored(parse(tokened(body)), OURS, PORTS)
    assert with_words.encode() == anchored(parse(body), OURS, PORTS).encode()


@pytest.mark.parametrize(
    "line",
    [
        f"m=audio 4004 {TOKEN}/AVP 0",
        f"m=application 4004 UDP/DTLS/SCTP {TOKEN}",
        f"m=image 4004 udptl {TOKEN}",
        f"m=message 4004 TCP/MSRP {TOKEN}",
    ],
)
def test_no_word_of_a_refused_line_crosses(line: str) -> None:
    session = offer(line)
    assert session.media[0].refused
    assert TOKEN not in session.encode().decode()


@pytest.mark.parametrize("body", SAMPLES.values(), ids=SAMPLES.keys())
def test_no_address_of_the_inside_crosses(body: bytes) -> None:
    result = anchored(parse(body), OURS, PORTS).encode().decode()
    for inside in ("10.0.0.", "10.20.1.", "192.168.0.", "203.0.113.", "127.0.0.1"):
        assert inside not in result


def test_no_address_hides_in_parameters() -> None:
    hiding = "a=fmtp:0 x=1;relay=10.0.0.7;at=[2001:db8::7];host=pbx.internal;y=2"
    assert offer(PCMU, hiding).media[0].attributes("fmtp") == ["0 x=1;y=2"]


@pytest.mark.parametrize("body", SAMPLES.values(), ids=SAMPLES.keys())
def test_what_is_anchored_can_be_anchored_again_without_change(body: bytes) -> None:
    once = anchored(parse(body), OURS, PORTS)
    assert anchored(parse(once.encode()), OURS, PORTS).encode() == once.encode()


@pytest.mark.parametrize("body", SAMPLES.values(), ids=SAMPLES.keys())
def test_what_was_built_reads_as_what_was_written(body: bytes) -> None:
    built = anchored(parse(body), OURS, PORTS)
    assert describe(built) == describe(parse(built.encode()))


def test_the_standard_rules_are_those_of_this_release() -> None:
    assert RULES.protocols == {"RTP/AVP", "RTP/AVPF"}
