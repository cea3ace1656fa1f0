"""All flows of one access group that are kept open, by binding and by flow (N5, N9)."""

from __future__ import annotations

from collections.abc import Callable

from config.model import Nat
from sbc.actions import Flow
from sbc.nat.keeper import Keeper
from sbc.nat.search import Bounds, Search
from sbc.registrar.binding import Binding
from sbc.upstream.registration import Line

MOST_PAST = 10_000
"""Phones that have gone and may come back; what was learned of them is worth keeping."""

Who = tuple[str, tuple[str, ...]]


class Keepers:
    def __init__(
        self, line: Line, group: str, nat: Nat, longest: float, aor: Callable[[str], str]
    ) -> None:
        """`longest`: seconds that a phone may be granted in any case. `aor`: of a user."""
        self._line = line
        self._group = group
        self._aor = aor
        self.asks = nat.keepalive != "none"
        """Else flows are only looked at."""
        most = nat.max_interval if nat.keepalive == "adaptive" else nat.min_interval
        self._bounds = Bounds(nat.min_interval, most)
        self.longest = max(longest, nat.max_interval) if self.asks else longest
        """Seconds that a phone may be granted."""
        self._of: dict[Who, Keeper] = {}
        self._on: dict[Flow, dict[Who, None]] = {}
        self._past: dict[Who, Keeper] = {}

    def __len__(self) -> int:
        return len(self._of)

    def allowed(self, binding: Binding, asked: float) -> float:
        """A REGISTER came, and will be granted: for how many seconds?"""
        who = (binding.user, binding.key)
        keeper = self._of.get(who) or self._past.pop(who, None)
        if keeper is None:
            keeper = self._made(binding)
        else:
            self._leave(who, keeper.flow)
        keeper.registers(binding.flow, binding.stated)
        self._of[who] = keeper
        self._on.setdefault(keeper.flow, {})[who] = None
        return keeper.allowed(asked)

    def granted(self, binding: Binding, now: float) -> tuple[float, float | None]:
        """So it was; what is known now of its NAT, to be kept with the binding."""
        keeper = self._of[binding.user, binding.key]
        keeper.granted(binding.expires - now, binding.uri, self._aor(binding.user))
        return keeper.search.safe, keeper.search.too_long

    def restored(self, binding: Binding, now: float) -> None:
        """After a restart: how long it has been silent, nobody knows."""
        self.allowed(binding, binding.expires - now)
        self.granted(binding, now)
        share = self._line.tokens.number(1000) / 1000
        keeper = self._of[binding.user, binding.key]
        keeper.ask_within(share * self._bounds.least)

    def heard(self, flow: Flow) -> None:
        for who in self._on.get(flow, ()):
            self._of[who].heard()

    def gone(self, binding: Binding, *, lost: bool = False) -> None:
        """`lost`: with its connection."""
        who = (binding.user, binding.key)
        keeper = self._of.pop(who, None)
        if keeper is None:
            return
        self._leave(who, keeper.flow)
        if lost:
            keeper.connection_lost()
        else:
            keeper.stop()
        self._past[who] = keeper
        if len(self._past) > MOST_PAST:
            del self._past[next(iter(self._past))]

    def shown(self, binding: Binding, now: float) -> dict[str, object] | None:
        keeper = self._of.get((binding.user, binding.key))
        return None if keeper is None else keeper.shown(now)

    def _made(self, binding: Binding) -> Keeper:
        safe, too_long = binding.life or (None, None)
        search = Search(self._bounds, safe, too_long)
        line, stated = self._line, binding.stated
        return Keeper(line, self._group, search, self.longest, binding.flow, stated, asks=self.asks)

    def _leave(self, who: Who, flow: Flow) -> None:
        there = self._on.get(flow)
        if there is not None:
            there.pop(who, None)
            if not there:
                del self._on[flow]
