"""How late an event loop is: what it was to do at a moment, it did so much later.

The loop says when it was to wake and when it did; so long does a packet wait that comes meanwhile.
"""

from bisect import bisect_left

from media.measured import LAG_BOUNDS, LoopLag

EVERY = 0.25
"""Seconds between two looks."""


class LagMeter:
    __slots__ = ("_counts", "_longest", "_sum", "due")

    def __init__(self, now: float) -> None:
        self.due = now + EVERY
        """When to look next."""
        self._counts = [0] * (len(LAG_BOUNDS) + 1)
        self._sum = self._longest = 0.0

    def look(self, now: float) -> None:
        """At `due`, or as soon after it as the loop comes to it."""
        lag = max(0.0, now - self.due)
        self._counts[bisect_left(LAG_BOUNDS, lag)] += 1
        self._sum += lag
        self._longest = max(self._longest, lag)
        self.due = now + EVERY

    def told(self) -> LoopLag:
        return LoopLag(tuple(self._counts), self._sum, self._longest)
