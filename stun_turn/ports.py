"""Relay ports of one address (RFC 8656 §7.2): random, even where that is asked for, and the next
one kept for who was promised it."""

from collections import deque
from collections.abc import Callable

Choose = Callable[[int], int]
"""A random number from 0 up to, and without, its argument."""

QUARANTINE = 120.0
"""Seconds before a port is given to another client: packets for the last one may still come."""


class PortPool:
    __slots__ = ("_choose", "_free", "_place", "_resting")

    def __init__(self, low: int, high: int, choose: Choose) -> None:
        self._free = list(range(low, high + 1))
        self._place = {port: at for at, port in enumerate(self._free)}
        self._resting: deque[tuple[float, int]] = deque()
        self._choose = choose

    def __len__(self) -> int:
        return len(self._free)

    def take(self, now: float) -> int | None:
        """Any port; None: there is none."""
        self._wake(now)
        return self._remove(self._choose(len(self._free))) if self._free else None

    def take_even(self, now: float, *, pair: bool) -> int | None:
        """An even port; with `pair` the next one is taken too."""
        self._wake(now)
        free = self._free
        start = self._choose(len(free)) if free else 0
        for step in range(len(free)):
            port = free[(start + step) % len(free)]
            if port % 2 == 0 and (not pair or port + 1 in self._place):
                self._remove(self._place[port])
                if pair:
                    self._remove(self._place[port + 1])
                return port
        return None

    def release(self, port: int, now: float) -> None:
        self._resting.append((now + QUARANTINE, port))

    def _remove(self, at: int) -> int:
        free = self._free
        port, last = free[at], free[-1]
        free[at] = last
        self._place[last] = at
        free.pop()
        del self._place[port]
        return port

    def _wake(self, now: float) -> None:
        while self._resting and self._resting[0][0] <= now:
            _, port = self._resting.popleft()
            self._place[port] = len(self._free)
            self._free.append(port)
