"""RFC 8866 §5, and the forms that a border does not take."""

import pytest

from media.sdp.session import MOST_BYTES, MOST_LINE_CHARACTERS, MOST_MEDIA, BadSdp, Session, parse
from tests.support.descriptions import BARESIP, SAMPLES, sdp

HEAD = b"v=0\r\no=- 1 1 IN IP4 10.0.0.7\r\ns=-\r\nc=IN IP4 10.0.0.7\r\nt=0 0\r\n"
AUDIO = "m=audio 4000 RTP/AVP 0 101"


@pytest.mark.parametrize("body", SAMPLES.values(), ids=SAMPLES.keys())
def test_what_was_read_is_written_back_byte_for_byte(body: bytes) -> None:
    assert parse(body).encode() == body


@pytest.mark.parametrize(
    "body",
    [
        BARESIP.replace(b"\r\n", b"\n"),
        BARESIP.replace(b"\r\n", b"\n", 3),
        BARESIP.removesuffix(b"\r\n"),
        BARESIP + b"\r\n\r\n",
        BARESIP.replace(b"a=tool:baresip", b"a=tool:\xff\xfe\x85\xe2\x80\xa8"),
        HEAD.replace(b"s=-", b"s="),
    ],
    ids=["LF", "both", "no end", "blank lines at the end", "any byte", "empty s="],
)
def test_odd_line_ends_and_bytes_survive(body: bytes) -> None:
    assert parse(body).encode() == body


def test_line_ends_do_not_change_what_is_read() -> None:
    session = parse(BARESIP.replace(b"\r\n", b"\n", 9))
    assert session.lines == parse(BARESIP).lines
    assert session.media[0].lines == parse(BARESIP).media[0].lines


def test_a_description_that_was_built_is_written_with_crlf() -> None:
    session = parse(BARESIP.replace(b"\r\n", b"\n"))
    assert Session(session.lines, session.media, session.connection_ip).encode() == BARESIP


def test_the_origin_is_read() -> None:
    origin = parse(sdp()).origin
    assert (origin.user, origin.session_id, origin.version) == ("alice", 53655765, 2353687637)
    assert (origin.ip_version, origin.address) == (4, "10.0.0.7")


def test_a_description_may_have_no_media() -> None:
    session = parse(HEAD)
    assert session.media == ()
    assert session.connection_ip == "10.0.0.7"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "v=0 must come first"),
        (b"\r\n", "v=0 must come first"),
        (b"\r\n" + HEAD, "v=0 must come first"),
        (HEAD.replace(b"v=0", b"v=1"), "v=0 must come first"),
        (HEAD.replace(b"v=0", b"v= 0"), "v=0 must come first"),
        (b"v=0\r\n", "o= with six fields must come second"),
        (HEAD.replace(b"o=- 1 1 IN IP4 10.0.0.7\r\n", b""), "o= with six fields must come second"),
        (HEAD.replace(b"- 1 1", b"- 1"), "o= with six fields must come second"),
        (HEAD.replace(b"- 1 1", b"- +1 1"), "o= with six fields must come second"),
        (HEAD.replace(b"- 1 1", b"- 1 1_0"), "o= with six fields must come second"),
        (HEAD.replace(b"- 1 1", "- 1 ١".encode()), "o= with six fields must come second"),
        (
            HEAD.replace(b"IP4 10.0.0.7\r\ns", b"IP5 10.0.0.7\r\ns"),
            "o= with six fields must come second",
        ),
        (HEAD.replace(b"s=-", b"s -"), "a line is not <type>=<value>"),
        (HEAD.replace(b"s=-", b"S=-"), "a line is not <type>=<value>"),
        (HEAD.replace(b"s=-", b""), "a line is not <type>=<value>"),
        (HEAD.replace(b"s=-", b"s=a\rm=b"), "CR or NUL within a line"),
        (HEAD.replace(b"s=-", b"s=a\0"), "CR or NUL within a line"),
        (HEAD.replace(b"\r\n", b"\n").replace(b"s=-", b"s=\ra"), "CR or NUL within a line"),
        (
            HEAD.replace(b"c=IN IP4 10.0.0.7", b"c=IN IP4 pbx.example.com"),
            "connection address must be an IP address",
        ),
        (sdp(AUDIO, "c=IN IP4 10.0.0"), "connection address must be an IP address"),
        (HEAD.replace(b"c=", b"i=") + b"m=audio 4000 RTP/AVP 0\r\n", "no connection address"),
        (sdp("m=audio"), "malformed m= line"),
        (sdp("m=audio 4000 RTP/AVP"), "malformed m= line"),
        (sdp("m=audio +400 RTP/AVP 0"), "malformed m= line"),
        (sdp("m=audio 4_000 RTP/AVP 0"), "malformed m= line"),
        (sdp("m=audio ٤٠٠٠ RTP/AVP 0"), "malformed m= line"),
        (sdp("m=audio -1 RTP/AVP 0"), "malformed m= line"),
        (sdp("m=audio 4000/0 RTP/AVP 0"), "malformed m= line"),
        (sdp("m=audio 4000/x RTP/AVP 0"), "malformed m= line"),
        (sdp("m=audio 4000 RTP/AVP 0\t8"), "malformed m= line"),
        (sdp("m=audio 4000 RTP/AVP 0\xa08"), "malformed m= line"),
        (sdp("m=audio 65536 RTP/AVP 0"), "port out of range"),
        (sdp("m=smell 4000 RTP/AVP 0"), "unknown media type"),
        (sdp("m=audio 4000 RTP/AVP 128"), "bad payload type"),
        (sdp("m=audio 4000 RTP/AVP +0"), "bad payload type"),
        (sdp("m=audio 4000 RTP/AVP 00"), "bad payload type"),
        (sdp("m=audio 4000 RTP/AVP pcmu"), "bad payload type"),
        (sdp("m=audio 4000 UDP/TLS/RTP/SAVPF x"), "bad payload type"),
        (sdp(*[AUDIO] * (MOST_MEDIA + 1)), "too many m= lines"),
        (sdp("a=" + "x" * (MOST_LINE_CHARACTERS - 1)), "line too long"),
        (sdp(*["a=" + "x" * 1000] * 33), "session description too large"),
    ],
)
def test_a_bad_description_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(BadSdp) as refusal:
        parse(body)
    assert refusal.value.reason == reason


def test_the_limits_themselves_are_allowed() -> None:
    assert len(parse(sdp(*[AUDIO] * MOST_MEDIA)).media) == MOST_MEDIA
    assert parse(sdp("a=" + "x" * (MOST_LINE_CHARACTERS - 2))).media == ()
    body = sdp(*["a=" + "x" * 1000] * 32)
    padded = body + b"a=" + b"y" * (MOST_BYTES - len(body) - 2)
    assert parse(padded).encode() == padded


def test_a_refused_line_needs_no_address() -> None:
    body = HEAD.replace(b"c=", b"i=") + b"m=audio 0 RTP/AVP 0\r\n"
    assert parse(body).media[0].connection_ip is None
