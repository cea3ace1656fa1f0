"""RFC 8866 §5.14: what an m= line and its attributes say of their writer."""

import pytest

from media.sdp.session import parse
from tests.support.descriptions import BARESIP, sdp

AUDIO = "m=audio 4000 RTP/AVP 0 101"


def test_an_m_line_is_read() -> None:
    media = parse(sdp("m=audio 4000/2 RTP/AVPF 0  8 ", "a=ptime:20")).media[0]
    assert (media.kind, media.port, media.port_count) == ("audio", 4000, 2)
    assert (media.protocol, media.formats, media.lines) == ("RTP/AVPF", ("0", "8"), ("a=ptime:20",))
    assert media.line == "m=audio 4000/2 RTP/AVPF 0 8"


def test_attributes_are_found_by_their_whole_name() -> None:
    lines = ("a=rtcp-mux", "a=rtcp-fb:0 nack", "a=rtcp-fb:0 ccm fir", "b=AS:64", "a=x:")
    media = parse(sdp(AUDIO, *lines)).media[0]
    assert media.attribute("rtcp-mux") == ""
    assert media.attribute("x") == ""
    assert media.attribute("rtcp") is None
    assert media.attributes("rtcp-fb") == ["0 nack", "0 ccm fir"]


@pytest.mark.parametrize(
    ("session_lines", "lines", "direction"),
    [
        ((), (), "sendrecv"),
        ((), ("a=inactive",), "inactive"),
        (("a=recvonly",), (), "recvonly"),
        (("a=recvonly",), ("a=sendonly",), "sendonly"),
        ((), ("a=sendonly", "a=inactive"), "sendonly"),
        ((), ("a=sendonly:", "i=sendonly", "a=x-inactiv"), "sendrecv"),
    ],
)
def test_a_direction_here_wins_over_one_for_the_session(
    session_lines: tuple[str, ...], lines: tuple[str, ...], direction: str
) -> None:
    media = parse(sdp(*session_lines, AUDIO, *lines)).media[0]
    assert media.direction == direction
    assert media.direction == direction  # the second reading is from memory


@pytest.mark.parametrize(
    ("direction", "sends", "receives"),
    [
        ("sendrecv", True, True),
        ("sendonly", True, False),
        ("recvonly", False, True),
        ("inactive", False, False),
    ],
)
def test_directions_are_those_of_the_writer(direction: str, sends: bool, receives: bool) -> None:
    media = parse(sdp(AUDIO, f"a={direction}")).media[0]
    assert (media.sends, media.receives) == (sends, receives)


@pytest.mark.parametrize("address", ["IP4 0.0.0.0", "IP6 ::", "IP6 0:0::0"])
def test_hold_by_an_unspecified_address_only_stops_what_comes_in(address: str) -> None:
    media = parse(sdp(AUDIO, f"c=IN {address}")).media[0]
    assert media.held
    assert (media.sends, media.receives) == (True, False)
    assert (media.rtp, media.rtcp) == (None, None)


def test_a_refused_line_neither_sends_nor_receives() -> None:
    media = parse(sdp("m=audio 0 RTP/AVP 0", "a=sendrecv")).media[0]
    assert media.refused
    assert (media.sends, media.receives, media.rtp, media.rtcp) == (False, False, None, None)


def test_an_address_here_wins_over_one_for_the_session() -> None:
    first, second = parse(sdp(AUDIO, "c=IN IP6 2001:DB8::7", AUDIO)).media
    assert first.rtp == ("2001:db8::7", 4000)
    assert second.rtp == ("10.0.0.7", 4000)


@pytest.mark.parametrize(
    ("port", "rtcp", "expected"),
    [
        (4000, "", ("10.0.0.7", 4001)),
        (4000, "a=rtcp:53020", ("10.0.0.7", 53020)),
        (4000, "a=rtcp:53020 IN IP4 10.0.0.8", ("10.0.0.8", 53020)),
        (4000, "a=rtcp:53020 IN IP6 2001:DB8::8", ("2001:db8::8", 53020)),
        (4000, "a=rtcp:9 IN IP4 0.0.0.0", None),
        (4000, "a=rtcp:53020 IN IP4 999.0.0.8", ("10.0.0.7", 53020)),
        (4000, "a=rtcp:0", ("10.0.0.7", 4001)),
        (4000, "a=rtcp:65536", ("10.0.0.7", 4001)),
        (4000, "a=rtcp:+9", ("10.0.0.7", 4001)),
        (4000, "a=rtcp:", ("10.0.0.7", 4001)),
        (65535, "a=ptime:20", None),
    ],
)
def test_rtcp_goes_where_the_peer_says_else_to_the_next_port(
    port: int, rtcp: str, expected: tuple[str, int] | None
) -> None:
    media = parse(sdp(f"m=audio {port} RTP/AVP 0", *filter(None, [rtcp]))).media[0]
    assert media.rtcp == expected


def test_the_codecs_of_an_rtp_line_are_read_and_remembered() -> None:
    media = parse(BARESIP).media[0]
    assert [codec.name for codec in media.codecs] == ["opus", "PCMA", "PCMU", "telephone-event"]
    assert media.codecs is media.codecs


def test_a_line_that_is_not_rtp_has_no_codecs() -> None:
    assert parse(sdp("m=application 9 UDP/DTLS/SCTP webrtc-datachannel")).media[0].codecs == ()
