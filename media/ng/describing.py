"""Descriptions for the other end: the anchoring of the border, with the faces that a client wants.

An offer goes on as an offer of ours, an answer as our answer to the offerer's own offer: its
m-lines, their order and their protocol are restored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from media.ng import facing
from media.ng.origin import named, passed, stamped
from media.ng.talk import End
from media.ng.wishes import Wishes
from media.sdp.allowlist import Rules
from media.sdp.anchor import anchored, answered, wanted_streams
from media.sdp.describe import SideView
from media.sdp.face import Face, Faces
from media.sdp.media_description import Media
from media.sdp.passing import Passing
from media.sdp.session import Session

Views = Sequence[SideView]

CARRIED = Rules(
    kinds=frozenset({"audio", "video", "text"}),
    protocols=frozenset(),
    datagrams=frozenset({"t38", "bfcp", "unknown"}),
)
"""What the relay carries; other m-lines are refused. Of RTP the faces say it."""


@dataclass(frozen=True, slots=True)
class Toward:
    """The end that a description goes to, and what of ours is there."""

    end: End
    address: str
    """Ours, as it is told."""
    ports: Mapping[int, int]

    @property
    def ours(self) -> facing.Ours:
        return facing.Ours(self.end.travel, self.address, self.ports)


def rules_for(wishes: Wishes) -> Rules:
    passing = Passing(
        zero_address="zero-address" in wishes.replace,
        own_direction=wishes.has("original-sendrecv"),
    )
    return replace(CARRIED, passing=passing)


def wanted(session: Session, views: Views, wishes: Wishes) -> list[tuple[int, str]]:
    """Index and kind of the m-lines of an offer that need ports."""
    faces = Faces(
        tuple(
            Face(view.transport.protocol) if facing.speaks(view, wishes) else None for view in views
        )
    )
    return wanted_streams(session, rules=rules_for(wishes), faces=faces)


def offer_for(session: Session, views: Views, by: End, to: Toward, wishes: Wishes) -> Session:
    """`by` has made it, and `views` are what it says."""
    session = named(_with_mids(session, wishes), to.end, wishes.replace)
    faces = facing.offered(session, views, by.travel, to.ours, wishes)
    origin = passed(session, to.end, to.address, wishes.replace)
    ours = anchored(session, origin, to.ports, rules=rules_for(wishes), faces=faces)
    return stamped(ours, to.end, wishes.replace)


def answer_for(
    answer: Session,
    views: Views,
    by: End,
    offer: Session,
    to: Toward,
    asked: Wishes,
    wishes: Wishes,
) -> Session:
    """`offer`: the offerer's own, and `asked` what it came with. Raises BadAnswer."""
    answer = named(answer, to.end, wishes.replace)
    faces = facing.answered(offer, to.end.views, answer, views, by.travel, to.ours, asked, wishes)
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
