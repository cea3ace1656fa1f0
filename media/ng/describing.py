"""Descriptions for the other end: the anchoring of the border, with the faces that a client wants.

An offer goes on as an offer of ours, an answer as our answer to the offerer's own offer: its
m-lines, their order and their protocol are restored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from media.ng.origin import named, passed, stamped
from media.ng.talk import End
from media.ng.wishes import Wishes
from media.sdp.address import family
from media.sdp.allowlist import Rules
from media.sdp.anchor import anchored, answered, wanted_streams
from media.sdp.face import PLAIN, Face, Faces
from media.sdp.media_description import Media, is_rtp
from media.sdp.passing import Passing
from media.sdp.session import Session

_PLAIN = frozenset({"RTP/AVP", "RTP/AVPF"})
CARRIED = Rules(
    kinds=frozenset({"audio", "video", "text"}),
    protocols=_PLAIN,
    datagrams=frozenset({"t38", "bfcp", "unknown"}),
)
"""What the relay carries; other m-lines are refused."""


@dataclass(frozen=True, slots=True)
class Toward:
    """The end that a description goes to, and what of ours is there."""

    end: End
    address: str
    """Ours, as it is told."""
    ports: Mapping[int, int]


def rules_for(wishes: Wishes) -> Rules:
    passing = Passing(
        zero_address="zero-address" in wishes.replace,
        own_direction=wishes.has("original-sendrecv"),
    )
    return replace(CARRIED, passing=passing)


def wanted(session: Session, wishes: Wishes) -> list[tuple[int, str]]:
    """Index and kind of the m-lines of an offer that need ports."""
    nowhere = Toward(End(0.0), "", {})
    faces = Faces(
        tuple(
            _face(line, wishes.protocol, index, nowhere, wishes)
            for index, line in enumerate(session.media)
        )
    )
    return wanted_streams(session, rules=rules_for(wishes), faces=faces)


def offer_for(session: Session, to: Toward, wishes: Wishes) -> Session:
    session = named(_with_mids(session, wishes), to.end, wishes.replace)
    faces = Faces(
        tuple(
            _face(line, wishes.protocol, index, to, wishes)
            for index, line in enumerate(session.media)
        )
    )
    origin = passed(session, to.end, to.address, wishes.replace)
    ours = anchored(session, origin, to.ports, rules=rules_for(wishes), faces=faces)
    return stamped(ours, to.end, wishes.replace)


def answer_for(answer: Session, offer: Session, to: Toward, wishes: Wishes) -> Session:
    """`offer`: the offerer's own. Raises BadAnswer."""
    answer = named(answer, to.end, wishes.replace)
    faces = Faces(
        tuple(
            _face(line, _restored(offered, wishes), index, to, wishes, offered)
            for index, (line, offered) in enumerate(zip(answer.media, offer.media, strict=True))
        )
    )
    origin = passed(answer, to.end, to.address, wishes.replace)
    ours = answered(offer, answer, origin, to.ports, rules=rules_for(wishes), faces=faces)
    return stamped(ours, to.end, wishes.replace)


def fitted(answer: Session, offer: Session) -> Session:
    """As many m-lines as the offer has: what the answer leaves out is refused."""
    media = list(answer.media[: len(offer.media)])
    for line in offer.media[len(media) :]:
        media.append(
            Media(line.kind, 0, line.protocol, line.formats, (), connection_ip=line.connection_ip)
        )
    return Session(answer.lines, media, answer.connection_ip)


def _restored(offered: Media, wishes: Wishes) -> str:
    wanted = wishes.protocol
    return wanted if wanted and wanted.lower() != "accept" else offered.protocol


def _face(
    line: Media,
    protocol: str | None,
    index: int,
    to: Toward,
    wishes: Wishes,
    offered: Media | None = None,
) -> Face | None:
    """None where we cannot speak the protocol."""
    if not is_rtp(line.protocol):
        return PLAIN
    wanted = protocol or line.protocol
    if wanted not in _PLAIN or line.protocol not in _PLAIN:
        return None
    lines = _rtcp(to.ports.get(index, 0) + 1, to.address, wishes)
    ptime = line.attribute("ptime") or (offered.attribute("ptime") if offered else None)
    if ptime:
        lines.append(f"a=ptime:{ptime}")
    return Face(wanted, tuple(lines))


def _rtcp(port: int, address: str, wishes: Wishes) -> list[str]:
    """RFC 3605"""
    if wishes.has("no-rtcp-attribute"):
        return []
    full = f" IN {family(address)} {address}" if wishes.has("full-rtcp-attribute") else ""
    return [f"a=rtcp:{port}{full}"]


def _with_mids(session: Session, wishes: Wishes) -> Session:
    if not wishes.has("generate-mid"):
        return session
    media = []
    for index, line in enumerate(session.media):
        if line.attribute("mid") is None:
            line = _with(line, f"a=mid:{index + 1}")  # noqa: PLW2901 - the same line, completed
        media.append(line)
    return Session(session.lines, media, session.connection_ip)


def _with(line: Media, *more: str) -> Media:
    return Media(
        line.kind,
        line.port,
        line.protocol,
        line.formats,
        (*line.lines, *more),
        connection_ip=line.connection_ip,
        session_direction=line.session_direction,
        port_count=line.port_count,
    )
