"""What a message says to the other side: rebuilt fields, a session description or another allowed
body.

Bodies cross by an allow-list of types (Z6); each is checked or rebuilt, so that it carries only
what the type is for.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from config.effective import Terms
from media.sdp.session import BadSdp, Session
from media.sdp.session import parse as parse_sdp
from sbc.b2bua.crossing import Field, crossing
from sbc.b2bua.privacy import NONE, Asserted, Claims, claims_of
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response
from sbc.sip.phrases import reason_phrase

SDP = "application/sdp"
# Possessive throughout: a hostile body must not make it try every way to cut the same digits up.
_DTMF = re.compile(
    rb"(?:[A-Za-z]{1,16}+ ?+= ?+[0-9A-Da-d*#!.]{1,32}+\s*+|[0-9A-D*#]{1,32}+\s*+){1,4}+"
)
_FAST_UPDATE = (
    b'<?xml version="1.0" encoding="utf-8"?>\r\n<media_control><vc_primitive><to_encoder>'
    b"<picture_fast_update/></to_encoder></vc_primitive></media_control>\r\n"
)
_SIPFRAG = re.compile(rb"SIP/2\.0 ([1-6]\d\d)[ \r\n]")
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.I)
_MOST_PARTS = 16


@dataclass(frozen=True, slots=True)
class Content:
    """What a message of ours says beyond its protocol fields."""

    fields: tuple[Field, ...] = ()
    sdp: Session | None = None
    """A description of our own. None that was read ever stands here: `read` hands it out apart."""
    body: bytes = b""
    """Of another type than SDP; empty beside an `sdp`."""
    content_type: str | None = None
    claims: Claims = NONE

    def with_sdp(self, sdp: Session | None) -> "Content":
        """The same with another description."""
        return Content(self.fields, sdp, self.body, self.content_type, self.claims)

    def with_fields(self, fields: tuple[Field, ...]) -> "Content":
        """The same with other header fields."""
        return replace(self, fields=fields)

    def proved(self, user: str | None) -> "Content":
        """What was proved here holds before what anybody asserts. None: nothing was proved."""
        if user is None:
            return self
        claims = replace(self.claims, asserted=(Asserted("", user, tel=False),), referrer="")
        return replace(self, claims=claims)

    @property
    def payload(self) -> bytes:
        return self.body if self.sdp is None else self.sdp.encode()

    @property
    def payload_type(self) -> str | None:
        return self.content_type if self.sdp is None else SDP


EMPTY = Content()


def read(message: Request | Response, terms: Terms) -> tuple[Content, Session | None]:
    """What of `message` may cross as it is, and the description that must be anchored first.

    Raises BadMessage: 415 for a body of an unknown type, 400 or 488 for one that is broken.
    """
    fields = crossing(message.headers)
    claims = claims_of(message.headers, terms)
    if not message.body:
        return (Content(fields, claims=claims) if fields or claims is not NONE else EMPTY), None
    kind = message.headers.content_type or SDP
    body = message.body
    if kind.startswith("multipart/"):
        kind, body = _sdp_part(message, body)
    if kind == SDP:
        try:
            return Content(fields, claims=claims), parse_sdp(body)
        except BadSdp as error:
            raise BadMessage(488, f"Bad session description: {error}") from error
    rebuild = _BODIES.get(kind)
    if rebuild is None:
        return _unknown(message, Content(fields, claims=claims)), None
    rebuilt = rebuild(body)
    if rebuilt is None:
        raise BadMessage(400, f"Bad {kind} body")
    return Content(fields, body=rebuilt, content_type=kind, claims=claims), None


def read_leniently(message: Request | Response, terms: Terms) -> tuple[Content, Session | None]:
    """For what cannot be refused, such as a response: a body that cannot be read is left out."""
    try:
        return read(message, terms)
    except BadMessage:
        return Content(crossing(message.headers)), None


def _unknown(message: Request | Response, without: Content) -> Content:
    disposition = (message.headers.get("content-disposition") or "").lower()
    if isinstance(message, Response) or "handling=optional" in disposition.replace(" ", ""):
        return without
    raise BadMessage(415, "Unsupported Media Type")


def _sdp_part(message: Request | Response, body: bytes) -> tuple[str, bytes]:
    """The session description among the parts (RFC 5621); the other parts stay behind."""
    found = _BOUNDARY.search(message.headers.get("content-type") or "")
    if found is None:
        raise BadMessage(400, "Multipart body without a boundary")
    boundary = re.escape((found[1] or found[2]).encode("utf-8", "surrogateescape"))
    # A line of its own (RFC 2046 §5.1.1): the same within a line is content.
    delimiter = re.compile(rb"(?:\A|\r?\n)--" + boundary + rb"(?:--)?[ \t]*+(?=\r?\n|\Z)")
    for part in delimiter.split(body, _MOST_PARTS + 1)[1 : _MOST_PARTS + 1]:
        head, _, inside = part.lstrip(b"\r\n").partition(b"\r\n\r\n")
        if re.search(rb"(?im)^(content-type|c)\s*:\s*application/sdp\s*(;|$)", head):
            return SDP, inside
    return "multipart/mixed", b""


def _dtmf(body: bytes) -> bytes | None:
    return body if _DTMF.fullmatch(body) else None


def _picture_request(body: bytes) -> bytes | None:
    return _FAST_UPDATE if b"picture_fast_update" in body else None


def _sipfrag(body: bytes) -> bytes | None:
    """RFC 3515 §2.4.5 asks for the status line only; more would show the other side."""
    found = _SIPFRAG.match(body)
    if found is None:
        return None
    status = int(found[1])
    return f"SIP/2.0 {status} {reason_phrase(status)}\r\n".encode()


def _text(body: bytes) -> bytes | None:
    return body if b"\0" not in body else None


_BODIES: Mapping[str, Callable[[bytes], bytes | None]] = {
    "application/dtmf": _dtmf,
    "application/dtmf-relay": _dtmf,
    "application/media_control+xml": _picture_request,
    "message/sipfrag": _sipfrag,
    "text/plain": _text,
}

ACCEPT = ", ".join([SDP, *_BODIES])
"""For OPTIONS and 415 (RFC 3261 §20.1)."""
