"""Bodies across the border (Z6): an allow-list of types, each checked or rebuilt."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.effective import terms_of
from media.sdp.session import Session
from media.sdp.session import parse as parse_sdp
from sbc.b2bua import content as contents
from sbc.b2bua.body.kinds import REBUILT, SDP
from sbc.b2bua.content import EMPTY, Content
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, build_request, build_response
from tests.support.configs import config
from tests.support.descriptions import sdp
from tests.support.hanging import must_not_hang

AUDIO = sdp("m=audio 4000 RTP/AVP 8")
BROKEN = b"v=0\r\nc=IN IP4 10.0.0.7\r\n"
ISUP = b"\x01\x10\x49\x00"
FAST_UPDATE = (
    b'<?xml version="1.0"?><media_control><vc_primitive><to_encoder><picture_fast_update/>'
    b"</to_encoder><!-- from 10.0.0.7 --></vc_primitive></media_control>"
)


TERMS = terms_of(config())["pbx"]


def read(message: Request | Response) -> tuple[Content, Session | None]:
    return contents.read(message, TERMS)


def read_leniently(message: Request | Response) -> tuple[Content, Session | None]:
    return contents.read_leniently(message, TERMS)


def request(body: bytes, kind: str | None = None, *fields: tuple[str, str]) -> Request:
    return build_request("INFO", "sip:x@y", fields, body, kind)


def response(body: bytes, kind: str | None = None, *fields: tuple[str, str]) -> Response:
    asked = build_request("INFO", "sip:x@y", [])
    return build_response(asked, 200, None, fields, body, content_type=kind)


def refused(message: Request | Response) -> int:
    with pytest.raises(BadMessage) as caught:
        read(message)
    return caught.value.status


def multipart(*parts: bytes, boundary: bytes = b"b1") -> bytes:
    lines = [b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts]
    return b"".join([*lines, b"--", boundary, b"--\r\n"])


SDP_PART = b"Content-Type: application/sdp\r\n\r\n" + AUDIO
ISUP_PART = b"Content-Type: application/isup;version=x\r\n\r\n" + ISUP
MIXED = "multipart/mixed; boundary=b1"

# --- what there is --------------------------------------------------------------------------------


def test_a_message_that_says_nothing_is_empty() -> None:
    assert read(request(b"")) == (EMPTY, None)
    assert (EMPTY.payload, EMPTY.payload_type, EMPTY.fields) == (b"", None, ())


def test_fields_cross_without_a_body() -> None:
    content, session = read(request(b"", None, ("Priority", "urgent"), ("Subject", "10.0.0.7")))
    assert (content, session) == (Content((("Priority", "urgent"),)), None)


def test_a_type_without_a_body_is_nothing() -> None:
    assert read(request(b"", "application/unheard-of")) == (EMPTY, None)


def test_a_description_of_ours_goes_before_any_other_body() -> None:
    ours = Content(sdp=parse_sdp(AUDIO))
    assert (ours.payload, ours.payload_type) == (AUDIO, "application/sdp")


def test_another_body_goes_as_it_stands() -> None:
    content = Content(body=b"5", content_type="application/dtmf")
    assert (content.payload, content.payload_type) == (b"5", "application/dtmf")


# --- descriptions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["application/sdp", "Application/SDP; charset=utf-8", None])
def test_a_description_is_handed_out_apart_and_never_stands_in_the_content(
    kind: str | None,
) -> None:
    content, session = read(request(AUDIO, kind, ("Priority", "urgent")))
    assert session is not None
    assert session.encode() == AUDIO
    assert content == Content((("Priority", "urgent"),))
    assert (content.payload, content.payload_type) == (b"", None)


def test_a_broken_description_is_not_acceptable() -> None:
    assert refused(request(BROKEN, SDP)) == 488
    assert refused(response(BROKEN, SDP)) == 488


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (MIXED, multipart(SDP_PART)),
        (MIXED, multipart(ISUP_PART, SDP_PART)),
        (MIXED, multipart(SDP_PART, ISUP_PART)),
        (MIXED, b"A preamble\r\n" + multipart(SDP_PART)),
        ('multipart/related; Boundary = "b1"', multipart(SDP_PART)),
        ('multipart/mixed; boundary="b 1"', multipart(SDP_PART, boundary=b"b 1")),
        (f"Multipart/Mixed; boundary={'b' * 70}", multipart(SDP_PART, boundary=b"b" * 70)),
        ("multipart/mixed; boundary=\udcff", multipart(SDP_PART, boundary=b"\xff")),
        (MIXED, multipart(b"c : Application/SDP;x=1\r\nContent-ID: <1>\r\n\r\n" + AUDIO)),
        (MIXED, multipart(b"Content-Length: 1\r\ncontent-type:application/sdp\r\n\r\n" + AUDIO)),
    ],
)  # fmt: skip
def test_the_description_among_several_parts_is_found(kind: str, body: bytes) -> None:
    content, session = read(request(body, kind))
    assert content == Content()
    assert session is not None
    assert [line.port for line in session.media] == [4000]


def test_of_two_descriptions_the_first_counts() -> None:
    second = SDP_PART.replace(b"4000", b"5000")
    _, session = read(request(multipart(SDP_PART, second), MIXED))
    assert session is not None
    assert session.media[0].port == 4000


def test_only_so_many_parts_are_looked_at() -> None:
    _, session = read(request(multipart(*[ISUP_PART] * 15, SDP_PART), MIXED))
    assert session is not None
    assert refused(request(multipart(*[ISUP_PART] * 16, SDP_PART), MIXED)) == 415


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/mixed", multipart(SDP_PART), 400),
        ("multipart/mixed; boundary=", multipart(SDP_PART), 400),
        ('multipart/mixed; boundary=""', multipart(SDP_PART), 400),
        (MIXED, multipart(b"Content-Type: application/sdp\r\n\r\n" + BROKEN), 488),
        (MIXED, multipart(ISUP_PART), 415),
        (MIXED, multipart(b"Content-Type: application/sdp-like\r\n\r\n" + AUDIO), 415),
        (MIXED, multipart(b"X-Content-Type: application/sdp\r\n\r\n" + AUDIO), 415),
        (MIXED, multipart(b"\r\nContent-Type: text/plain\r\n\r\n" + SDP_PART), 415),
        (MIXED, b"no part at all", 415),
        ("multipart/mixed; boundary=other", multipart(SDP_PART), 415),
    ],
)
def test_several_parts_without_a_description_in_them_are_refused(
    kind: str, body: bytes, status: int
) -> None:
    assert refused(request(body, kind)) == status


# --- what we do not know --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["application/isup", "application/cpl+xml", "text/html", "text/plainer", "nonsense"]
)
def test_a_body_of_an_unknown_type_is_refused(kind: str) -> None:
    assert refused(request(ISUP, kind)) == 415


@pytest.mark.parametrize("kind", ["application/isup", MIXED])
@pytest.mark.parametrize(
    "disposition",
    ["signal;handling=optional", "Signal ; Handling = Optional", "x;handling=optional"],
)
def test_an_optional_one_stays_behind(kind: str, disposition: str) -> None:
    message = request(ISUP, kind, ("Content-Disposition", disposition), ("Priority", "urgent"))
    assert read(message) == (Content((("Priority", "urgent"),)), None)


@pytest.mark.parametrize("disposition", ["signal", "signal;handling=required", "optional"])
def test_one_that_must_be_understood_is_refused(disposition: str) -> None:
    message = request(ISUP, "application/isup", ("Content-Disposition", disposition))
    assert refused(message) == 415


def test_an_answer_cannot_be_refused_so_its_unknown_body_stays_behind() -> None:
    message = response(ISUP, "application/isup", ("Retry-After", "5"))
    assert read(message) == (Content((("Retry-After", "5"),)), None)


# --- the types that cross -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["application/dtmf", "application/dtmf-relay"])
@pytest.mark.parametrize(
    "body",
    [
        b"5",
        b"#",
        b"*",
        b"D\r\n",
        b"Signal=5\r\nDuration=160\r\n",
        b"Signal= 5\r\nDuration= 160",
        b"Signal =d\nDuration = 160\n\n",
        b"Signal=!\r\n",  # hook flash
        b"1" * 32,
        b"S=1\r\n" * 4,
        b"A" * 16 + b"=" + b"1" * 32,
    ],
)
def test_digits_cross_as_they_are(kind: str, body: bytes) -> None:
    content, session = read(request(body, kind))
    assert (content, session) == (Content((), None, body, kind), None)
    assert (content.payload, content.payload_type) == (body, kind)


@pytest.mark.parametrize(
    "body",
    [
        b"e",
        b"Signal=",
        b"=5",
        b"Signal=host.example",
        b"Signal=5\r\nFrom=10.0.0.7;\r\n",
        b"Signal=5\0",
        b"1 2 3 4 5",
        b"S=1\r\n" * 5,
        b"A" * 17 + b"=1",
        b"S=" + b"1" * 33 + b"=1",
        b"\xff",
        b"1" * 129,
        b" 5",
    ],
)
def test_what_is_no_digit_does_not_cross_as_one(body: bytes) -> None:
    assert refused(request(body, "application/dtmf-relay")) == 400


@pytest.mark.parametrize(
    "body",
    [
        b"1" * 32_000,
        b"A" * 32_000,
        b"A=" * 16_000,
        (b"1" * 32 + b" " * 15_000) * 2 + b"!",
        b"1" * 32 + b"\r\n" * 15_000 + b"x",
    ],
    ids=range(5),
)
def test_a_hostile_body_does_not_keep_us_busy(body: bytes) -> None:
    with must_not_hang():
        assert refused(request(body, "application/dtmf-relay")) == 400


def test_a_request_for_a_picture_is_written_anew() -> None:
    content, _ = read(request(FAST_UPDATE, "application/media_control+xml"))
    assert content.content_type == "application/media_control+xml"
    assert content.body == (
        b'<?xml version="1.0" encoding="utf-8"?>\r\n<media_control><vc_primitive><to_encoder>'
        b"<picture_fast_update/></to_encoder></vc_primitive></media_control>\r\n"
    )


def test_other_media_control_does_not_cross() -> None:
    body = b"<media_control><general_error>10.0.0.7</general_error></media_control>"
    assert refused(request(body, "application/media_control+xml")) == 400


@pytest.mark.parametrize(
    ("body", "status_line"),
    [
        (b"SIP/2.0 200 OK\r\n", b"SIP/2.0 200 OK\r\n"),
        (b"SIP/2.0 100 Trying", b"SIP/2.0 100 Trying\r\n"),
        (b"SIP/2.0 486 At 10.0.0.7\r\nContact: <sip:10.0.0.7>\r\n", b"SIP/2.0 486 Busy Here\r\n"),
        (b"SIP/2.0 603\r\n", b"SIP/2.0 603 Decline\r\n"),
        (b"SIP/2.0 603\n", b"SIP/2.0 603 Decline\r\n"),
    ],
)  # fmt: skip
def test_of_a_fragment_only_the_status_crosses(body: bytes, status_line: bytes) -> None:
    content, _ = read(request(body, "message/sipfrag;version=2.0"))
    assert (content.body, content.content_type) == (status_line, "message/sipfrag")


@pytest.mark.parametrize(
    "body",
    [
        b"SIP/2.0 099 Low\r\n",
        b"SIP/2.0 700 High\r\n",
        b"SIP/2.0 2000 Long\r\n",
        b"SIP/3.0 200 OK\r\n",
        b"\r\nSIP/2.0 200 OK\r\n",
        b"INVITE sip:bob@10.0.0.7 SIP/2.0\r\n",
    ],
)
def test_a_fragment_without_a_status_line_is_refused(body: bytes) -> None:
    assert refused(request(body, "message/sipfrag")) == 400


def test_a_text_is_the_user_s_own_and_crosses_as_it_is() -> None:
    content, _ = read(request("Back at 5, Zoë".encode(), "text/plain;charset=utf-8"))
    assert (content.body, content.content_type) == ("Back at 5, Zoë".encode(), "text/plain")


def test_a_text_with_a_nul_is_none() -> None:
    assert refused(request(b"a\0b", "text/plain")) == 400


def test_what_we_say_we_accept_is_what_crosses() -> None:
    assert {SDP, *REBUILT} == set(TERMS.accept.split(", ")) == TERMS.body_types


# --- what cannot be refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (BROKEN, SDP),
        (b"nonsense", "application/dtmf"),
        (multipart(SDP_PART), "multipart/mixed"),
        (ISUP, "application/isup"),
    ],
)
def test_a_body_that_cannot_be_read_is_left_out_and_the_fields_stay(body: bytes, kind: str) -> None:
    left = (Content((("Retry-After", "5"),)), None)
    assert read_leniently(response(body, kind, ("Retry-After", "5"))) == left
    assert read_leniently(request(body, kind, ("Retry-After", "5"))) == left


def test_one_that_can_be_read_is_read_the_same_way() -> None:
    content, session = read_leniently(response(AUDIO, SDP, ("Priority", "urgent")))
    assert content == Content((("Priority", "urgent"),))
    assert session is not None
    assert session.encode() == AUDIO


KINDS = [SDP, MIXED, *sorted(TERMS.body_types), "application/isup", None]
PIECES = [
    b"--b1", b"--b1--", b"\r\n", b"\r\n\r\n", b"Content-Type: application/sdp", b"SIP/2.0 200 OK",
    b"10.0.0.7", b"Signal=5", b"<picture_fast_update/>", b"\0", b"\xff", b"v=0", AUDIO,
]  # fmt: skip


@given(
    st.sampled_from(KINDS),
    st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=12).map(b"".join),
    st.booleans(),
)
def test_whatever_comes_is_read_refused_or_left_behind(
    kind: str | None, body: bytes, answer: bool
) -> None:
    message = (response if answer else request)(body, kind)
    try:
        content, _ = read(message)
    except BadMessage as bad:
        status = bad.status
        content, _ = read_leniently(message)
    else:
        status = 0
    assert status in {0, 400, 415, 488}
    assert not status or content == EMPTY
    assert content.sdp is None
    assert content.content_type is None or content.content_type in TERMS.body_types
    assert content.content_type == "text/plain" or not re.search(rb"10\.0\.0\.7", content.body)


def test_a_boundary_within_a_line_or_in_a_longer_one_is_content() -> None:
    """RFC 2046 §5.1.1"""
    titled = AUDIO.replace(b"s=-", b"s=x--b1 y")
    part = b"Content-Type: application/sdp\r\n\r\n" + titled
    _, session = read(request(multipart(part), MIXED))
    assert session is not None
    assert session.encode() == titled
    longer = multipart(part).replace(b"--b1\r\n", b"--b1x\r\n")
    assert refused(request(longer, MIXED)) == 415
