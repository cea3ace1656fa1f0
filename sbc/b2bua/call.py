"""One call: two legs, the media between them, and the state that says what may happen next.

Here lies the data; what each event does lies in `setup`, `within` and `teardown`, and which may
happen when in `figure`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from config.effective import Terms
from config.model import Config, Failover
from media.control import Close, Command, SessionReport, Side
from media.sdp.session import Session
from sbc.actions import AskRelay, Journal
from sbc.b2bua.callee import Callee
from sbc.b2bua.caller import Caller
from sbc.b2bua.causes import Cause
from sbc.b2bua.content import Content
from sbc.b2bua.events import Allocated, Answered, Progressed, Requested, Responded
from sbc.b2bua.identity import Parties
from sbc.b2bua.leg import Peer
from sbc.b2bua.media import MediaPlan
from sbc.b2bua.redirect import Redirects
from sbc.b2bua.rivals import Rivals
from sbc.b2bua.session_id import SessionId
from sbc.b2bua.trace import Trace
from sbc.b2bua.usage import Usage
from sbc.b2bua.wire import Wire
from sbc.policy.chain import Reject
from sbc.registrar.phones import Told
from sbc.routing.targets import Target, Targets
from sbc.transaction.events import Key

if TYPE_CHECKING:
    from sbc.b2bua.direct import Direct
    from sbc.b2bua.moving import Moving
    from sbc.b2bua.remaining import Remaining
    from sbc.b2bua.transferee import Transferee


class State(Enum):
    ALLOCATING = "waits for media ports"
    INVITING = "the called side was invited"
    RINGING = "the called side said something"
    ANSWERED = "answered; the caller's ACK is due"
    UP = "both sides have acknowledged"
    ENDING = "over; the relay's last report is due"
    ENDED = "nothing is due any more"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Facts:
    """What admission found out; it does not change."""

    uid: str
    route: str
    caller: Peer
    parties: Parties
    max_forwards: int


@dataclass(slots=True)
class Times:
    """Seconds on the core's clock; None: has not happened."""

    invite: float
    ringing: float | None = None
    answered: float | None = None
    ended: float | None = None


@dataclass(slots=True)
class Attempt:
    """One target that was tried."""

    trunk: str
    endpoint: str
    status: int | None = None
    """Its final answer; None: it gave none, or none was waited for."""


Waiting = Allocated | Progressed | Answered | Requested | Responded
"""Events whose offer must have ports before they can go on."""

ANSWERS_WITHIN = 5.0
"""Seconds for the relay's answer to a question; after that it will not come."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a route leads."""

    route: str
    targets: list[Target]
    """At least one, best first."""


def write_record(call: Call) -> None:
    call.wire.actions.append(Journal("cdr", call.uid, call.record))


@dataclass(slots=True)
class Shared:
    """What all calls use: the wire, the configuration they began with, and who asked the relay
    what."""

    wire: Wire
    config: Config
    terms: Mapping[str, Terms]
    """What holds for each peer, by its name."""
    targets: Targets
    failover: Mapping[str, Failover]
    """Of each route, by its name."""
    epoch: float
    """Wall clock, in seconds, at 0 of the core's clock."""
    relay_up: bool = False
    draining: bool = False
    """No new calls are taken."""
    left: list[str] = field(default_factory=list)
    """Sessions that a relay may still hold, though their calls ended when its link was lost."""
    asks: dict[int, tuple[Call, Command]] = field(default_factory=dict)
    serial: int = 0
    reach: Callable[[str, str, str], Reached | None] = lambda *_: None
    """Where a call may go, by the zone and name of who makes it, and the number."""
    admit: Callable[[Peer, str, int], Reached | Reject] = lambda *_: Reject(403, "nobody admits it")
    """The same, if all policies let that peer call the number with so many hops left."""
    adopt: Callable[[Call], None] = lambda _: None
    """Begins a call that another call has made."""
    ending: Callable[[Call], None] = lambda _: None
    """A call has begun to end: its dialogs are going."""
    close: Callable[[Call], None] = write_record
    """A call is over, and its record is made."""

    def ask(self, call: Call, command: Command) -> int:
        """Ask the relay; the reply comes back to `call`, or word that there will be none."""
        self.tell(command)
        self.asks[self.serial] = (call, command)
        self.wire.timer(("ask", self.serial), ANSWERS_WITHIN)
        return self.serial

    def tell(self, command: Command) -> None:
        """Ask the relay for something whose success is taken for granted."""
        self.serial += 1
        self.wire.actions.append(AskRelay(self.serial, command))

    def close_left(self) -> None:
        """The relay can be spoken to again. If it is another one, it knows none of them."""
        left, self.left = self.left, []
        for session in left:
            self.tell(Close(session))

    def answered(self, serial: int) -> tuple[Call, Command] | None:
        """Who asked this, and what; they wait no longer."""
        self.wire.timers.clear(("ask", serial))
        return self.asks.pop(serial, None)

    def forget_asks(self) -> None:
        for serial in list(self.asks):
            self.answered(serial)


class Call:
    __slots__ = (
        "attempts",
        "called",
        "callee",
        "caller",
        "cause",
        "content",
        "direct",
        "ended_by",
        "facts",
        "goes_on",
        "inserted",
        "linked",
        "offer",
        "own_offer",
        "parked",
        "plan",
        "previews",
        "record",
        "redirects",
        "refreshes",
        "relayed",
        "report",
        "reports",
        "rivals",
        "session",
        "shared",
        "state",
        "target",
        "targets",
        "times",
        "told",
        "trace",
        "transfer",
    )

    caller: Caller | Transferee
    """Set as soon as the call exists; a leg needs its call first."""
    target: Target
    plan: MediaPlan
    """Both belong to the target being tried, and are set when the first one is."""

    def __init__(
        self,
        shared: Shared,
        facts: Facts,
        session: SessionId,
        content: Content,
        offer: Session | None,
    ) -> None:
        self.shared = shared
        self.facts = facts
        self.session = session
        self.content = content
        self.offer = offer
        """What the INVITE brought; both go to each target that is tried."""
        self.state = State.ALLOCATING
        self.callee: Callee | Remaining | None = None
        self.rivals: Rivals | None = None
        """Who rings beside it; None: nobody does."""
        self.called = facts.parties.called
        """The number that is being called; a redirect may change it."""
        self.redirects = Redirects(self.called)
        self.targets: list[Target] = []
        """Not tried yet."""
        self.attempts: list[Attempt] = []
        self.times = Times(shared.wire.now)
        self.trace = Trace(shared.wire.now)
        self.parked: dict[int, Waiting] = {}
        """What goes on when the relay has answered an `Open`."""
        self.relayed: dict[Key, tuple[Usage, Key]] = {}
        """Our request on one leg → the request on the other that it stands for."""
        self.refreshes: set[Key] = set()
        """INVITEs of ours that only refresh a session."""
        self.own_offer: Session | None = None
        """What a transferred party said last, which is offered to the target in its name."""
        self.goes_on: dict[Side, tuple[MediaPlan, Side]] = {}
        """The plan and side in whose numbering the descriptions of a side go on."""
        self.told: Told | None = None
        """For the registrar behind the caller alone."""
        self.direct: Direct | None = None
        """Of a call whose media may leave us."""
        self.transfer: Moving | None = None
        """Of one party of this call to another call."""
        self.linked: str | None = None
        """The call that this one came out of, or that goes on with one of its parties."""
        self.inserted: Session | None = None
        """Our own offer, to a target that refuses an INVITE without one."""
        self.previews: dict[Usage, Session] = {}
        """Answers to that offer in provisionals: with the 2xx they become offers to the caller."""
        self.cause: Cause | None = None
        self.ended_by = "border"
        self.report: SessionReport | None = None
        self.reports: list[dict[str, object]] = []
        """What phones have published of it (RFC 6035)."""
        self.record: dict[str, object] = {}
        """As it was journaled, when the call is over."""

    @property
    def uid(self) -> str:
        return self.facts.uid

    @property
    def failover(self) -> Failover:
        """What its route says of it."""
        return self.shared.failover[self.facts.route]

    @property
    def wire(self) -> Wire:
        return self.shared.wire

    def tried(self, status: int) -> None:
        """The target at hand has given its final answer."""
        self.attempts[-1].status = status

    def asked_again(self, key: Key, again: Key) -> None:
        """A request that stands for another was challenged, and went out once more."""
        if key in self.relayed:
            self.relayed[again] = self.relayed.pop(key)

    def labels(self) -> dict[str, str]:
        """Bounded labels for notes of this call."""
        return {
            "zone": self.facts.caller.zone,
            "trunk": self.facts.caller.trunk,
            "to_trunk": self.target.trunk,
        }
