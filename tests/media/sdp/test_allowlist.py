"""The one list of what may cross: by name, and by the form of its value."""

import pytest

from media.sdp.allowlist import Rules, attributes, bandwidth, clean_parameters, refused
from media.sdp.session import parse
from tests.support.descriptions import sdp

RULES = Rules()
OPUS = "m=audio 4000 RTP/AVP 96 0"


def kept(
    *lines: str, numbers: frozenset[str] = frozenset({"96"}), rules: Rules = RULES
) -> list[str]:
    return attributes(parse(sdp(OPUS, *lines)).media[0], numbers, rules)


@pytest.mark.parametrize(
    "line",
    [
        "a=rtpmap:96 opus/48000/2",
        "a=fmtp:96 minptime=10;useinbandfec=1",
        "a=ptime:20",
        "a=maxptime:120",
        "a=framerate:29.97",
        "a=framesize:96 320-240",
        "a=content:slides,main",
        "a=silenceSupp:off - - - -",
        "a=rtcp-fb:96 nack",
        "a=rtcp-fb:96 nack pli",
        "a=rtcp-fb:* ccm fir",
        "a=rtcp-fb:96 ccm tmmbr smaxpr=120",
        "a=rtcp-fb:96 trr-int 100",
        "a=rtcp-fb:96 goog-remb",
    ],
)
def test_a_well_formed_line_of_the_list_crosses(line: str) -> None:
    assert kept(line) == [line]


@pytest.mark.parametrize(
    "line",
    [
        "a=ptime:twenty",
        "a=ptime",
        "a=ptime:",
        "a=content:inside",
        "a=silenceSupp:off - - - inside",
        "a=framerate:1e3",
        "a=framesize:96 inside",
        "a=rtcp-fb:96 inside",
        "a=rtcp-fb:96 nack inside",
        "a=rtcp-fb:96 transport-cc",
        "a=fmtp:96",
        "a=fmtp:96 ",
        "a=rtpmap:0 PCMU/8000",
        "a=fmtp:* stereo=1",
        "a=rtcp-fb:0 nack",
        "a=ptimex:20",
        "a=rtpmapx",
        "a=sendrecv",
        "a=tool:inside",
        "a=candidate:1 1 udp 1 10.0.0.7 4000 typ host",
        "a=ssrc:1 cname:inside",
        "a=label:inside",
        "a=mid:inside",
        "a=extmap:96 inside",
        "a=x-inside",
        "i=inside",
        "k=clear:inside",
    ],
)
def test_anything_else_stays_behind(line: str) -> None:
    assert kept(line) == []


def test_spaces_around_a_value_do_not_cross() -> None:
    assert kept("a=ptime: 20 ", "a=fmtp:96   stereo=1 ") == ["a=ptime:20", "a=fmtp:96 stereo=1"]


def test_what_may_be_said_once_is_said_once() -> None:
    lines = ("a=ptime:20", "a=ptime:30", "a=rtpmap:96 opus/48000/2", "a=rtpmap:96 x/8000")
    assert kept(*lines) == ["a=ptime:20", "a=rtpmap:96 opus/48000/2"]


def test_parameters_and_feedback_may_have_several_lines() -> None:
    lines = ["a=fmtp:96 stereo=1", "a=fmtp:96 cbr=1", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli"]
    assert kept(*lines) == lines


def test_rules_may_allow_less_but_a_name_alone_opens_nothing() -> None:
    rules = Rules(attributes=frozenset({"ptime", "extmap"}))
    lines = ("a=ptime:20", "a=maxptime:40", "a=extmap:96 urn:inside")
    assert kept(*lines, rules=rules) == ["a=ptime:20"]


def test_a_parameter_with_an_address_is_dropped_and_the_others_stay() -> None:
    assert clean_parameters("apt=96; relay=10.0.0.7; x=1") == "apt=96;x=1"
    assert clean_parameters("apt=96;at=pbx.internal") == "apt=96"
    assert clean_parameters("apt=96;at=2001:db8::7;x=1") == "apt=96;x=1"


def test_a_parameter_that_is_not_printable_ascii_is_dropped() -> None:
    assert clean_parameters("a=1;b=\udcff;c=\t;d=2") == "a=1;d=2"


def test_parameters_which_tell_nothing_cross_as_they_are() -> None:
    assert clean_parameters("0-15") == "0-15"
    assert clean_parameters("a=1; b=2;") == "a=1; b=2;"


def test_an_fmtp_with_nothing_but_an_address_stays_behind() -> None:
    assert kept("a=fmtp:96 10.0.0.7") == []


def test_only_known_bandwidths_cross() -> None:
    lines = ["b=AS:64", "b=TIAS:64000 ", "b=RS:0", "b=RR:100", "b=CT:9", "b=X-in:9", "b=AS:x"]
    assert bandwidth(lines) == ["b=AS:64", "b=TIAS:64000", "b=RS:0", "b=RR:100"]


@pytest.mark.parametrize(
    ("line", "protocol", "formats"),
    [
        ("m=audio 0 RTP/AVP 0 8", "RTP/AVP", ("0", "8")),
        ("m=audio 9 UDP/TLS/RTP/SAVPF 111 0", "UDP/TLS/RTP/SAVPF", ("111", "0")),
        (
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
            "UDP/DTLS/SCTP",
            ("webrtc-datachannel",),
        ),
        ("m=application 9 TCP/BFCP *", "TCP/BFCP", ("*",)),
        ("m=message 9 TCP/MSRP *", "TCP/MSRP", ("*",)),
        ("m=image 9 udptl t38", "udptl", ("t38",)),
        ("m=image 9 udptl t38 inside", "udptl", ("t38",)),
        ("m=image 9 udptl inside", "udptl", ("0",)),
        ("m=audio 9 INSIDE/AVP 0", "RTP/AVP", ("0",)),
        ("m=audio 9 RTP/AVP/ 0", "RTP/AVP", ("0",)),
    ],
)
def test_a_refused_line_speaks_in_known_words_only(
    line: str, protocol: str, formats: tuple[str, ...]
) -> None:
    assert refused(parse(sdp(line)).media[0]) == (protocol, formats)
