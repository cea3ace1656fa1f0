"""What a message says to the other side: rebuilt fields, a session description or another allowed
body.

Bodies cross by an allow-list of types (Z6): what comes must be on that of its sender, and what goes
on that of whoever gets it. Each is rebuilt, so that it carries only what the type is for (`body`).
"""

from dataclasses import dataclass, replace

from config.effective import Terms
from media.sdp.session import BadSdp, Session
from media.sdp.session import parse as parse_sdp
from sbc.b2bua.body import multipart
from sbc.b2bua.body.kinds import REBUILT, SDP, marks
from sbc.b2bua.body.multipart import Multipart, Part
from sbc.b2bua.body.values import Translation
from sbc.b2bua.crossing import Field, crossing
from sbc.b2bua.identity import ANONYMOUS_HOST
from sbc.b2bua.privacy import NONE, Asserted, Claims, claims_of
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response

AS_IT_IS = Translation()


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
    marked: bool = False
    """Our own address is only marked in `body` yet: `towards` says how it is known."""
    multi: Multipart | None = None
    """Several parts; a description of our own becomes the first of them."""

    def with_sdp(self, sdp: Session | None) -> "Content":
        """The same with another description."""
        return Content(
            self.fields,
            sdp,
            self.body,
            self.content_type,
            self.claims,
            self.marked,
            self.multi,
        )

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
    def bare_type(self) -> str:
        """Of `body`, without parameters."""
        return (self.content_type or "").partition(";")[0].strip().lower()

    @property
    def bodied(self) -> bool:
        """It says something besides a description."""
        return bool(self.body) or self.multi is not None

    def fits(self, terms: Terms) -> bool:
        """May it go there at all? Parts and descriptions go without what may not."""
        if self.sdp is not None:
            return True
        if self.multi is not None:
            return self.multi.filtered(terms.body_types) is not None
        return not self.body or self.bare_type in terms.body_types

    def towards(self, terms: Terms, host: str) -> "Content":
        """As the peer with these terms gets it: without what it may not get, and with our own
        address as it knows us."""
        if not self.bodied:
            return self
        multi = None if self.multi is None else self.multi.filtered(terms.body_types)
        body = self.body if self.bare_type in terms.body_types else b""
        return replace(
            self,
            body=multipart.at(body, host, marked=self.marked),
            content_type=self.content_type if body else None,
            marked=False,
            multi=None if multi is None else multi.at(host),
        )

    @property
    def payload(self) -> bytes:
        if self.multi is not None:
            return self._several(self.multi)[0]
        if self.sdp is not None:
            return self.sdp.encode()
        return multipart.at(self.body, ANONYMOUS_HOST, marked=self.marked)

    @property
    def payload_type(self) -> str | None:
        if self.multi is not None:
            return self._several(self.multi)[1]
        return self.content_type if self.sdp is None else SDP

    def _several(self, parts: Multipart) -> tuple[bytes, str]:
        whole = parts.at(ANONYMOUS_HOST)
        if self.sdp is not None:
            whole = whole.with_first(Part(SDP, self.sdp.encode()))
        return whole.written()


EMPTY = Content()


def read(
    message: Request | Response, terms: Terms, translation: Translation = AS_IT_IS
) -> tuple[Content, Session | None]:
    """What of `message` may cross as it is, and the description that must be anchored first.

    Raises BadMessage: 415 for a body of an unknown type, 400 or 488 for one that is broken.
    """
    fields = crossing(message.headers)
    claims = claims_of(message.headers, terms)
    if not message.body:
        return (Content(fields, claims=claims) if fields or claims is not NONE else EMPTY), None
    kind = message.headers.content_type or SDP
    without = Content(fields, claims=claims)
    if kind == SDP:
        return without, _described(message.body)
    if kind.startswith("multipart/"):
        return _several(message, without, terms, translation)
    if kind not in terms.body_types:
        return _unknown(message, without), None
    rebuild = REBUILT.get(kind)
    rebuilt = message.body if rebuild is None else rebuild(message.body, translation)
    if rebuilt is None:
        raise BadMessage(400, f"Bad {kind} body")
    return replace(without, body=rebuilt, content_type=kind, marked=marks(kind)), None


def read_leniently(
    message: Request | Response, terms: Terms, translation: Translation = AS_IT_IS
) -> tuple[Content, Session | None]:
    """For what cannot be refused, such as a response: a body that cannot be read is left out."""
    try:
        return read(message, terms, translation)
    except BadMessage:
        return Content(crossing(message.headers)), None


def _several(
    message: Request | Response, without: Content, terms: Terms, translation: Translation
) -> tuple[Content, Session | None]:
    content_type = message.headers.get("content-type") or ""
    parts, sdp = multipart.read(message.body, content_type, terms.body_types, translation)
    if parts is None and sdp is None:
        return _unknown(message, without), None
    described = None if sdp is None else _described(sdp)
    return replace(without, multi=parts), described


def _described(body: bytes) -> Session:
    try:
        return parse_sdp(body)
    except BadSdp as error:
        raise BadMessage(488, f"Bad session description: {error}") from error


def _unknown(message: Request | Response, without: Content) -> Content:
    disposition = (message.headers.get("content-disposition") or "").lower()
    if isinstance(message, Response) or "handling=optional" in disposition.replace(" ", ""):
        return without
    raise BadMessage(415, "Unsupported Media Type")
