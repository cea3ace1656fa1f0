"""Two ends of a call and what is between them: one session of the relay. A fork has several."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from media.control import Side
from media.ng.facing import Travel
from media.ng.wishes import Wishes
from media.sdp.describe import SideView
from media.sdp.session import Session

OTHER: Mapping[Side, Side] = {"a": "b", "b": "a"}


@dataclass(slots=True)
class SentOrigin:
    """What the other end was told in o= and s=, for flags that keep it."""

    user: str
    session_id: int
    version: int
    address: str
    ip_version: int
    name: str
    content: str = ""


@dataclass(slots=True)
class End:
    """One party (rtpengine: a monologue)."""

    created: float
    travel: Travel
    tag: str | None = None
    branch: str | None = None
    label: str | None = None
    interface: str | None = None
    family: str | None = None
    """Of our address towards it."""
    said: Session | None = None
    """Its last description."""
    views: tuple[SideView, ...] = ()
    epoch: int = 0
    sent: SentOrigin | None = None
    address: str | None = None
    """Where it is instead of what its descriptions say."""
    asymmetric: bool = False
    blocked: bool = False
    silenced: bool = False

    def hears(self, session: Session, views: tuple[SideView, ...]) -> None:
        self.said, self.views = session, views
        self.epoch += 1


@dataclass(slots=True)
class Talk:
    session: str
    """Its name at the relay."""
    call_id: str
    ends: dict[Side, End]
    created: float
    signalled_at: float
    offerer: Side = "a"
    wishes: Wishes = field(default_factory=Wishes)
    """Of the last message: clients repeat them in each."""
    learning: str = "heuristic"
    ports: dict[int, dict[Side, int]] = field(default_factory=dict)
    asked: Wishes = field(default_factory=Wishes)
    """Of the last offer."""
    answered: bool = False
    final: bool = False
    """A final answer has fixed the to-tag."""
    delete_at: float | None = None
    heard: int = -1
    """Packets at the last look."""
    look_at: float = 0.0

    @property
    def a(self) -> End:
        return self.ends["a"]

    @property
    def b(self) -> End:
        return self.ends["b"]

    def side_of(self, tag: str | None) -> Side | None:
        if tag is None:
            return None
        return next((side for side, end in self.ends.items() if end.tag == tag), None)

    def ports_of(self, side: Side) -> dict[int, int]:
        return {index: ports[side] for index, ports in self.ports.items()}
