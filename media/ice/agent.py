"""The ICE agent of one side of a stream (RFC 8445): it answers checks, knows from where the peer
may send, and where it is answered.

A lite agent (§2.5) only answers, and lets the peer nominate; a full one has a `Checklist` beside.
Both ask for consent on the pair that is in use. Whatever is not authentic is dropped and counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Literal

from media.control import Address, IcePlan
from media.ice.check import (
    ROLE_CONFLICT,
    UNKNOWN_ATTRIBUTE,
    Check,
    Credentials,
    Role,
    is_for,
    read_check,
    refusal,
    request,
    success,
)
from media.ice.checklist import Checklist, Outgoing
from media.ice.consent import Consent
from media.ice.pair import PEER_REFLEXIVE, State, priority
from media.ports import Choose
from stun_turn.message import BadStun, Class, Message, parse
from stun_turn.rate import Rates
from stun_turn.registry import Method

STRANGE_CHECKS = 20.0
"""A second, and at once, of one address that has not passed a check: more are not looked at."""
_MOST_STRANGERS = 64
MOST_KNOWN = 32
"""Sources of the peer which are remembered, of all components."""
STALE = 5.0
"""Seconds without a check, after which a nominated pair gives way to a lesser one."""

Standing = Literal["checking", "connected", "failed", "expired"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one datagram."""

    outgoing: tuple[Outgoing, ...] = ()
    dropped: str | None = None
    """Why it went nowhere."""


_NOTHING = Outcome()


@dataclass(slots=True)
class _Known:
    """A source of authentic checks."""

    priority: int
    """As the peer says it."""
    at: float
    """Of its last check."""


class Agent:
    __slots__ = (
        "_checklist",
        "_choose",
        "_consents",
        "_credentials",
        "_expired",
        "_known",
        "_plan",
        "_rates",
        "_tie_breaker",
        "due",
        "role",
    )

    def __init__(self, plan: IcePlan, choose: Choose, now: float) -> None:
        self._choose = choose
        self._tie_breaker = choose(1 << 64)
        self._rates = Rates(STRANGE_CHECKS, STRANGE_CHECKS, _MOST_STRANGERS)
        self._known: dict[tuple[int, Address], _Known] = {}
        self._consents: dict[int, Consent] = {}
        """By component, of the pair that is selected."""
        self._expired: set[int] = set()
        self.due = inf
        """When to call `tick`."""
        self._begin(plan, now)

    def _begin(self, plan: IcePlan, now: float) -> None:
        self._plan = plan
        self._credentials = Credentials(plan.ufrag, plan.pwd, plan.peer_ufrag, plan.peer_pwd)
        self.role = Role.CONTROLLING if plan.controlling and not plan.lite else Role.CONTROLLED
        self._checklist: Checklist | None = None
        if not plan.lite:
            self._checklist = Checklist(
                self._credentials, self.role, self._tie_breaker, self._choose, now
            )
            self._checklist.add(plan.candidates)
        self._set_due()

    def agree(self, plan: IcePlan, now: float) -> None:
        """A plan of today. New credentials restart ICE, while media goes on as before (§9)."""
        before, self._plan = self._plan, plan
        if _identity(before) != _identity(plan):
            self._known.clear()
            for component, consent in self._consents.items():
                self._known[component, consent.remote] = _Known(0, now - STALE)
                self._consents[component] = Consent(consent.remote, self._choose, now)
            self._expired.clear()
            self._begin(plan, now)
        elif self._checklist is not None:
            self._checklist.add(plan.candidates)
            self._set_due()

    # --- what the relay asks ----------------------------------------------------------------------

    def permits(self, component: int, source: Address) -> bool:
        """May it send media? It has shown that it knows our password."""
        return (component, source) in self._known

    def selected(self, component: int) -> Address | None:
        """Where the peer is sent its media; None: nowhere, or nowhere any more."""
        consent = self._consents.get(component)
        return None if consent is None else consent.remote

    @property
    def standing(self) -> Standing:
        """Of RTP."""
        if 1 in self._consents:
            return "connected"
        if 1 in self._expired:
            return "expired"
        checks = self._checklist
        return "failed" if checks is not None and checks.failed(1) else "checking"

    # --- what the network brings ------------------------------------------------------------------

    def receive(self, data: bytes, component: int, source: Address, now: float) -> Outcome:
        try:
            message = parse(data)
            outcome = self._received(message, component, source, now)
        except BadStun:
            return Outcome(dropped="stun_malformed")
        self._set_due()
        if any(len(answer.data) > len(data) for answer in outcome.outgoing):
            return Outcome(dropped="stun_small")
        return outcome

    def _received(self, message: Message, component: int, source: Address, now: float) -> Outcome:
        if message.method != Method.BINDING:
            return Outcome(dropped="stun")
        match message.kind:
            case Class.REQUEST:
                return self._requested(message, component, source, now)
            case Class.INDICATION:  # keeps a NAT open (§11), and says nothing
                return _NOTHING
            case _:
                return self._answered(message, component, source, now)

    def _requested(self, message: Message, component: int, source: Address, now: float) -> Outcome:
        if not self.permits(component, source) and not self._rates.allow(source[0], now):
            return Outcome(dropped="stun_rate")
        if not source[1] or not is_for(message, self._credentials):
            return Outcome(dropped="stun_unauthentic")
        check = read_check(message)
        code = UNKNOWN_ATTRIBUTE if check.unknown else self._conflict(check)
        if code is not None:
            return Outcome((Outgoing(refusal(check, code, self._credentials), component, source),))
        self._checked(check, component, source, now)
        answer = success(check, source, self._credentials)
        return Outcome((Outgoing(answer, component, source),))

    def _conflict(self, check: Check) -> int | None:
        """Both in one role: the higher tie-breaker controls (§7.3.1.1). A lite agent never does."""
        if check.role is not self.role:
            return None
        checks = self._checklist
        if checks is None:
            return ROLE_CONFLICT
        ours_is_higher = self._tie_breaker >= check.tie_breaker
        if ours_is_higher is (self.role is Role.CONTROLLING):
            return ROLE_CONFLICT
        self.role = self.role.other
        checks.switch(self.role)
        return None

    def _checked(self, check: Check, component: int, source: Address, now: float) -> None:
        if not self._remember(check, component, source, now):
            return
        nominated = check.nominates and self.role is Role.CONTROLLED
        checks = self._checklist
        if checks is None:
            if nominated:
                self._nominated(component, source, now)
            return
        pair = checks.trigger(component, source, check.priority)
        if pair is not None and nominated:
            pair.nominated = True
            if pair.state is State.SUCCEEDED:
                self._select(component, source, now)

    def _remember(self, check: Check, component: int, source: Address, now: float) -> bool:
        known = self._known.get((component, source))
        if known is not None:
            known.at = now
            known.priority = check.priority
            return True
        if len(self._known) >= MOST_KNOWN and not self._forget_one():
            return False
        self._known[component, source] = _Known(check.priority, now)
        return True

    def _forget_one(self) -> bool:
        """The one that has been silent longest, and is not in use."""
        idle = [key for key in self._known if self.selected(key[0]) != key[1]]
        if not idle:
            return False
        del self._known[min(idle, key=lambda key: self._known[key].at)]
        return True

    def _nominated(self, component: int, source: Address, now: float) -> None:
        """By the peer. One that nominates all its pairs means the best (RFC 5245 §8.1.1.2)."""
        selected = self.selected(component)
        if selected is not None and selected != source:
            before, new = self._known.get((component, selected)), self._known[component, source]
            if before and new.priority < before.priority and now - before.at < STALE:
                return
        self._select(component, source, now)

    def _select(self, component: int, source: Address, now: float) -> None:
        self._expired.discard(component)
        self._known.setdefault((component, source), _Known(0, now))
        if self.selected(component) != source:
            self._consents[component] = Consent(source, self._choose, now)
        if self._checklist is not None:
            self._checklist.conclude(component)

    def _answered(self, message: Message, component: int, source: Address, now: float) -> Outcome:
        consent, checks = self._consents.get(component), self._checklist
        asked = consent is not None and consent.owns(message.transaction_id)
        if not asked and not (checks is not None and checks.owns(message.transaction_id)):
            return Outcome(dropped="stun_unasked")
        if not message.is_authentic(self._credentials.peer_key):
            return Outcome(dropped="stun_unauthentic")
        if consent is not None and asked:
            if message.kind is Class.SUCCESS and source == consent.remote:
                consent.answered(message.transaction_id, now)
        elif checks is not None:
            pair = checks.answered(message, component, source, now)
            self.role = checks.role
            if pair is not None and pair.nominated:
                self._select(component, source, now)
        return _NOTHING

    # --- time -------------------------------------------------------------------------------------

    def tick(self, now: float) -> list[Outgoing]:
        outgoing = list(self._consent_checks(now))
        if self._checklist is not None and self._checklist.due <= now:
            outgoing += self._checklist.tick(now)
        self._set_due()
        return outgoing

    def _consent_checks(self, now: float) -> Iterator[Outgoing]:
        for component, consent in list(self._consents.items()):
            if consent.expired(now):
                del self._consents[component]
                self._known.pop((component, consent.remote), None)
                self._expired.add(component)
                if self._checklist is not None:
                    self._checklist.drop(component, consent.remote)
            elif consent.wants_check(now):
                transaction_id = self._choose(1 << 96).to_bytes(12, "big")
                consent.asked(transaction_id, now)
                yield Outgoing(
                    self._consent_check(component, transaction_id), component, consent.remote
                )

    def _consent_check(self, component: int, transaction_id: bytes) -> bytes:
        return request(
            self._credentials,
            transaction_id,
            self.role,
            self._tie_breaker,
            priority(PEER_REFLEXIVE, component),
        )

    def _set_due(self) -> None:
        consents = min((each.due for each in self._consents.values()), default=inf)
        checks = self._checklist.due if self._checklist is not None else inf
        self.due = min(consents, checks)


def _identity(plan: IcePlan) -> tuple[str, str, str, str, bool]:
    return plan.ufrag, plan.pwd, plan.peer_ufrag, plan.peer_pwd, plan.lite
