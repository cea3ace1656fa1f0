"""The transport of an m-line: what ours says of us, and what a peer's says of it (RFC 3264).

How packets travel (in clear or as SRTP, by which keys, over which candidates) is agreed anew on
each side. So of these lines nothing crosses: the peer's are read into `Said`, ours are written as a
`Face`, and both are facts of one side only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from media.sdp.media_description import Media


@dataclass(frozen=True, slots=True)
class Face:
    """What one m-line of ours says of its own transport; its codecs are the other side's."""

    protocol: str | None = None
    """The <proto>. None: that of the line it stands for, which must be plain RTP."""
    lines: tuple[str, ...] = field(default=(), repr=False)
    """a= lines behind all others. They may hold keys."""
    refused: bool = False
    """The line cannot be taken; it keeps its protocol."""

    def also(self, *lines: str) -> "Face":
        return replace(self, lines=(*self.lines, *lines))


@dataclass(frozen=True, slots=True)
class Faces:
    """All of one description."""

    media: tuple[Face | None, ...] = ()
    """By index. None: that line cannot be taken, and is refused. Missing: plain RTP as it came."""
    head: tuple[str, ...] = ()
    """a= lines for the whole session: ice-lite, group …"""

    def of(self, index: int) -> Face | None:
        return self.media[index] if index < len(self.media) else PLAIN


PLAIN = Face()
UNCHANGED = Faces()
"""Plain RTP on both sides."""


@dataclass(frozen=True, slots=True)
class IceSaid:
    """RFC 8839 §5"""

    ufrag: str
    pwd: str = field(repr=False)
    lite: bool = False
    options: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    """Values of a=candidate, as written."""
    end_of_candidates: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a peer's m-line says of its transport."""

    protocol: str = "RTP/AVP"
    crypto: tuple[str, ...] = field(default=(), repr=False)
    """Values of a=crypto (RFC 4568): they hold keys."""
    fingerprints: tuple[str, ...] = ()
    """Values of a=fingerprint (RFC 8122)."""
    setup: str | None = None
    """RFC 4145 §4, RFC 8842 §5.3"""
    tls_id: str | None = None
    """RFC 8842 §4"""
    ice: IceSaid | None = None
    mux: bool = False
    """a=rtcp-mux (RFC 5761)"""


_MARKS = (
    *("a=crypto:", "a=fingerprint:", "a=setup:", "a=tls-id:", "a=rtcp-mux"),
    *("a=ice-", "a=candidate:", "a=end-of-candidates"),
)
_OF_SESSION = ("a=fingerprint:", "a=setup:", "a=tls-id:", "a=ice-")
"""These may stand for all m-lines at once."""

SAID_NOTHING = Said()
_SAID_NOTHING = {"RTP/AVP": SAID_NOTHING, "RTP/AVPF": Said("RTP/AVPF")}


def session_marks(lines: Sequence[str]) -> tuple[str, ...]:
    """Lines of the session part that hold for each m-line which does not say otherwise."""
    return tuple(line for line in lines if line.startswith(_OF_SESSION))


def said(media: Media, session: tuple[str, ...] = ()) -> Said:
    """`session`: what `session_marks` found."""
    own = [line for line in media.lines if line.startswith(_MARKS)]
    if not own and not session:
        return _SAID_NOTHING.get(media.protocol) or Said(media.protocol)
    return Said(
        media.protocol,
        _values(own, "crypto"),
        _values(own, "fingerprint") or _values(session, "fingerprint"),
        _first(own, "setup") or _first(session, "setup"),
        _first(own, "tls-id") or _first(session, "tls-id"),
        _ice(own, session),
        "a=rtcp-mux" in own,
    )


def _ice(own: Sequence[str], session: Sequence[str]) -> IceSaid | None:
    ufrag = _first(own, "ice-ufrag") or _first(session, "ice-ufrag")
    pwd = _first(own, "ice-pwd") or _first(session, "ice-pwd")
    if ufrag is None or pwd is None:
        return None
    options = _first(own, "ice-options") or _first(session, "ice-options") or ""
    return IceSaid(
        ufrag,
        pwd,
        "a=ice-lite" in session,
        tuple(options.split()),
        _values(own, "candidate"),
        "a=end-of-candidates" in own,
    )


def _values(lines: Sequence[str], name: str) -> tuple[str, ...]:
    start = f"a={name}:"
    return tuple(line[len(start) :].strip(" ") for line in lines if line.startswith(start))


def _first(lines: Sequence[str], name: str) -> str | None:
    return next(iter(_values(lines, name)), None)
