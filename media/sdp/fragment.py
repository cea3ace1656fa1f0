"""Candidates that come after the description (RFC 8838), and the fragments that carry them (RFC
8840 §9).

a=ice-ufrag:8hhY                 whose they are
m=audio 9 RTP/AVP 0              a line of the description, by its mid
a=mid:1
a=candidate:…
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from media.sdp.candidate import MOST
from media.sdp.describe import SideView
from media.sdp.session import BadSdp, Session

TYPE = "application/trickle-ice-sdpfrag"
PACKAGE = "trickle-ice"
MOST_BYTES = 16_384
_MOST_LINES = 400


@dataclass(frozen=True, slots=True)
class Part:
    """Of one m-line."""

    ufrag: str
    mid: str | None
    """None: of the only line, or all of them."""
    candidates: tuple[str, ...]


def parse(body: bytes) -> tuple[Part, ...]:
    """Raises BadSdp."""
    if len(body) > MOST_BYTES:
        raise BadSdp("fragment too large")
    lines = body.decode("utf-8", "surrogateescape").splitlines()
    if len(lines) > _MOST_LINES or any(line[1:2] != "=" for line in lines if line):
        raise BadSdp("no fragment of a description")
    head, *sections = _sections(lines)
    ufrag = _first(head, "a=ice-ufrag:")
    parts = [_part(section, ufrag) for section in sections or [head]]
    if any(not part.ufrag for part in parts):
        raise BadSdp("whose candidates these are is not said")
    return tuple(parts)


def _sections(lines: Sequence[str]) -> list[list[str]]:
    sections: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("m="):
            sections.append([])
        sections[-1].append(line)
    return sections


def _part(section: Sequence[str], ufrag: str) -> Part:
    start = "a=candidate:"
    candidates = [line[len(start) :] for line in section if line.startswith(start)]
    mid = _first(section, "a=mid:")
    return Part(_first(section, "a=ice-ufrag:") or ufrag, mid or None, tuple(candidates))


def _first(lines: Sequence[str], start: str) -> str:
    return next((line[len(start) :].strip(" ") for line in lines if line.startswith(start)), "")


def added(views: Sequence[SideView], said: Session, parts: Sequence[Part]) -> tuple[SideView, ...]:
    """What the peer has described, with the candidates that came later. `said`: its description.
    Those of another generation of ICE are old, or come too early, and are passed over (§4.3)."""
    return tuple(_with(view, said, parts) for view in views)


def _with(view: SideView, said: Session, parts: Sequence[Part]) -> SideView:
    ice = view.transport.ice
    if ice is None or view.index >= len(said.media):
        return view
    mid = said.media[view.index].attribute("mid")
    new = [
        candidate
        for part in parts
        if part.ufrag == ice.ufrag and part.mid in {None, mid}
        for candidate in part.candidates
    ]
    candidates = tuple(dict.fromkeys((*ice.candidates, *new)))[:MOST]
    if candidates == ice.candidates:
        return view
    ice = replace(ice, candidates=candidates)
    return replace(view, transport=replace(view.transport, ice=ice))
