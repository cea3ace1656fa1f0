"""The checks that a full agent sends (RFC 8445 §6.1.4, §7.2): which pair is next, what is repeated,
what an answer means, and which pair the controlling side nominates (§8.1.1).

Every transaction begins in a slot of its own, `TA` after the one before it. Nothing is sent again
faster than STUN does (RFC 8489 §6.2.1).
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from media.control import Address, IceCandidate
from media.ice.check import ROLE_CONFLICT, Credentials, Role, request
from media.ice.pair import HOST, PEER_REFLEXIVE, On, Pair, State, pair_priority, priority
from media.ports import Choose
from stun_turn.attributes import read_error_code
from stun_turn.message import BadStun, Class, Message
from stun_turn.registry import Attribute

TA = 0.05
"""Seconds between two transactions (§14.2)."""
RTO = 0.5
"""Seconds from a check to its first repetition (§14.3)."""
MOST_SENT = 7
LAST_WAIT = 16 * RTO
"""Rc and Rm of RFC 8489 §6.2.1."""
PATIENCE = 0.3
"""Seconds for which a valid pair waits for better ones, before it is nominated."""
MOST_PAIRS = 40
"""A peer may name as many places; we check no more (§6.1.2.5, §19.5.1)."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A datagram from our port of this component."""

    data: bytes
    component: int
    to: Address


class _Transaction:
    __slots__ = ("again_at", "data", "pair", "sent")

    def __init__(self, pair: Pair, data: bytes, now: float) -> None:
        self.pair = pair
        self.data = data
        self.sent = 1
        self.again_at = now + RTO


class Checklist:
    __slots__ = (
        "_choose",
        "_credentials",
        "_next_at",
        "_open",
        "_pairs",
        "_queue",
        "_tie_breaker",
        "_valid_at",
        "role",
    )

    def __init__(
        self, credentials: Credentials, role: Role, tie_breaker: int, choose: Choose, now: float
    ) -> None:
        self._credentials = credentials
        self.role = role
        self._tie_breaker = tie_breaker
        self._choose = choose
        self._pairs: dict[tuple[int, Address], Pair] = {}
        self._queue: deque[Pair] = deque()
        """Triggered checks and nominations, which come before the others (§6.1.4.1)."""
        self._open: dict[bytes, _Transaction] = {}
        self._next_at = now
        self._valid_at: dict[int, float] = {}
        """By component: when its first pair was found valid."""

    # --- which pairs there are --------------------------------------------------------------------

    def add(self, candidates: Iterable[IceCandidate]) -> None:
        for each in candidates:
            self._pair(each.component, each.address, each.priority)

    def _pair(self, component: int, remote: Address, remote_priority: int) -> Pair | None:
        pair = self._pairs.get((component, remote))
        if pair is None and len(self._pairs) < MOST_PAIRS:
            ours = priority(HOST, component)
            roles = (ours, remote_priority)
            if self.role is Role.CONTROLLED:
                roles = (remote_priority, ours)
            pair = Pair(component, remote, pair_priority(*roles))
            self._pairs[component, remote] = pair
        return pair

    def trigger(self, component: int, remote: Address, remote_priority: int) -> Pair | None:
        """The peer has checked this pair, so it is worth a check at once (§7.3.1.4)."""
        pair = self._pair(component, remote, remote_priority)
        if pair is not None and self._may_check(pair):
            pair.happens(On.TRIGGER)
            if pair.state is State.WAITING and pair not in self._queue:
                self._queue.append(pair)
        return pair

    def _may_check(self, pair: Pair) -> bool:
        """Without a password of the peer nothing can be asked of it."""
        return bool(self._credentials.peer_pwd) and pair.state is not State.SUCCEEDED

    def switch(self, role: Role) -> None:
        self.role = role
        for pair in self._pairs.values():
            pair.nominating = False

    def failed(self, component: int) -> bool:
        """Nothing is left to be tried."""
        pairs = [pair for pair in self._pairs.values() if pair.component == component]
        return bool(pairs) and all(pair.state is State.FAILED for pair in pairs)

    def conclude(self, component: int) -> None:
        """A pair is selected: the checks of the others end (§8.1.2)."""
        self._queue = deque(pair for pair in self._queue if pair.component != component)
        self._open = {
            key: each for key, each in self._open.items() if each.pair.component != component
        }
        self._pairs = {
            key: pair
            for key, pair in self._pairs.items()
            if pair.component != component or pair.state is State.SUCCEEDED
        }
        self._valid_at[component] = inf

    # --- what is sent -----------------------------------------------------------------------------

    @property
    def due(self) -> float:
        again = min((each.again_at for each in self._open.values()), default=inf)
        new = self._next_at if self._next() is not None else inf
        patience = (at + PATIENCE for at in self._valid_at.values())
        nominate = min(patience, default=inf) if self.role is Role.CONTROLLING else inf
        return min(again, new, nominate)

    def tick(self, now: float) -> list[Outgoing]:
        for component in [key for key, at in self._valid_at.items() if at + PATIENCE <= now]:
            self._valid_at[component] = inf
            self._consider(component, patient=False)
        outgoing = self._repeated(now)
        pair = self._next()
        if pair is not None and self._next_at <= now:
            self._next_at = now + TA
            if self._queue and self._queue[0] is pair:
                self._queue.popleft()
            outgoing.append(self._check(pair, now))
        return outgoing

    def _next(self) -> Pair | None:
        if self._queue:
            return self._queue[0]
        waiting = (pair for pair in self._pairs.values() if pair.state is State.WAITING)
        return max(waiting, key=lambda pair: pair.priority, default=None)

    def _check(self, pair: Pair, now: float) -> Outgoing:
        pair.happens(On.SENT)
        transaction_id = self._choose(1 << 96).to_bytes(12, "big")
        data = request(
            self._credentials,
            transaction_id,
            self.role,
            self._tie_breaker,
            priority(PEER_REFLEXIVE, pair.component),
            nominates=pair.nominating,
        )
        self._open[transaction_id] = _Transaction(pair, data, now)
        return Outgoing(data, pair.component, pair.remote)

    def _repeated(self, now: float) -> list[Outgoing]:
        outgoing = []
        for key, each in list(self._open.items()):
            if each.again_at > now:
                continue
            if each.sent == MOST_SENT:
                del self._open[key]
                self._lost(each.pair)
                continue
            each.sent += 1
            wait = LAST_WAIT if each.sent == MOST_SENT else RTO * (1 << (each.sent - 1))
            each.again_at = now + wait
            outgoing.append(Outgoing(each.data, each.pair.component, each.pair.remote))
        return outgoing

    def _lost(self, pair: Pair) -> None:
        if not any(each.pair is pair for each in self._open.values()):
            pair.happens(On.FAILURE)
            pair.nominating = False
            self._consider(pair.component, patient=False)

    def drop(self, component: int, remote: Address) -> None:
        """It answers no more: another one may be nominated in its place."""
        self._pairs.pop((component, remote), None)

    # --- what is answered -------------------------------------------------------------------------

    def answered(
        self, message: Message, component: int, source: Address, now: float
    ) -> Pair | None:
        """A pair that is now valid, by an authentic answer to a check of ours; None: no news."""
        transaction = self._open.pop(message.transaction_id, None)
        if transaction is None:
            return None
        pair = transaction.pair
        if (pair.component, pair.remote) != (component, source):  # §7.2.5.2.1: not symmetric
            self._lost(pair)
            return None
        if message.kind is Class.ERROR:
            self._refused(pair, message)
            return None
        if pair.happens(On.RESPONSE) and pair in self._queue:
            self._queue.remove(pair)  # a triggered check of it is not needed any more
        if self.role is Role.CONTROLLING:
            if pair.nominating:
                pair.nominated = True
            else:
                self._valid_at.setdefault(component, now)
                self._consider(component, patient=self._valid_at[component] < inf)
        return pair

    def owns(self, transaction_id: bytes) -> bool:
        return transaction_id in self._open

    def _refused(self, pair: Pair, message: Message) -> None:
        if _code(message) != ROLE_CONFLICT:
            self._lost(pair)
            return
        self.switch(self.role.other)  # §7.2.5.1
        if pair.happens(On.CONFLICT):
            self._queue.append(pair)

    def _consider(self, component: int, *, patient: bool) -> None:
        """Nominates the best valid pair, unless a better one may still be found."""
        pairs = [pair for pair in self._pairs.values() if pair.component == component]
        valid = [pair for pair in pairs if pair.state is State.SUCCEEDED]
        if self.role is not Role.CONTROLLING or not valid or any(p.nominating for p in pairs):
            return
        best = max(valid, key=lambda pair: pair.priority)
        open_states = (State.WAITING, State.IN_PROGRESS)
        better = any(p.priority > best.priority and p.state in open_states for p in pairs)
        if better and patient:
            return
        self._valid_at[component] = inf
        best.nominating = True
        self._queue.append(best)


def _code(message: Message) -> int:
    value = message.get(Attribute.ERROR_CODE)
    try:
        return read_error_code(value or b"")[0]
    except BadStun:
        return 0
