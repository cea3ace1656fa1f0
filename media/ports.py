"""The media ports of one interface: even for RTP, the next for RTCP (RFC 3550 §11).

Handed out in random order, so that nobody can tell where the next call will listen, and not again
before a rest, so that the last packets of one call do not fall into another.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

Choose = Callable[[int], int]
"""A random number from 0 up to, and without, its argument."""


@dataclass(frozen=True, slots=True)
class MediaInterface:
    """What the relay has to know of one interface."""

    addresses: tuple[str, ...]
    """Where peers may reach it, as bound and as advertised."""
    low: int
    high: int
    """First and last port, both included."""
    quarantine: float
    """Seconds of rest between two calls on one port."""


@dataclass(frozen=True, slots=True)
class PortCounts:
    """In pairs."""

    free: int
    used: int
    quarantined: int


class PortPool:
    __slots__ = ("_choose", "_free", "_quarantine", "_resting", "_used")

    def __init__(self, low: int, high: int, quarantine: float, choose: Choose) -> None:
        self._free = list(range(low + low % 2, high, 2))
        self._used: set[int] = set()
        self._resting: deque[tuple[float, int]] = deque()
        self._quarantine = quarantine
        self._choose = choose

    def take(self, now: float) -> int | None:
        """An RTP port of which the RTCP port is ours too; None: there is none left."""
        self._wake(now)
        free = self._free
        if not free:
            return None
        at = self._choose(len(free))
        free[at], free[-1] = free[-1], free[at]
        port = free.pop()
        self._used.add(port)
        return port

    def release(self, port: int, now: float) -> None:
        """It rests from now on. So does one that could not be bound: somebody else has it."""
        self._used.remove(port)
        self._resting.append((now + self._quarantine, port))

    def give_back(self, port: int) -> None:
        """It was taken, but nobody has been told of it."""
        self._used.remove(port)
        self._free.append(port)

    def counts(self, now: float) -> PortCounts:
        self._wake(now)
        return PortCounts(len(self._free), len(self._used), len(self._resting))

    def _wake(self, now: float) -> None:
        resting = self._resting
        while resting and resting[0][0] <= now:
            self._free.append(resting.popleft()[1])
