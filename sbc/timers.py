"""Timers by name on one heap: the core's only notion of later. No clock: `now` comes in."""

from collections.abc import Hashable
from heapq import heapify, heappop, heappush

SLACK = 64
"""Dead entries that are not worth a sweep."""


class Timers:
    """Each key has at most one deadline.

    A cleared or moved timer leaves a dead entry on the heap; when the dead outnumber the living,
    the heap is swept, so that it stays within twice the number of live timers.
    """

    __slots__ = ("_heap", "_live", "_serial")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Hashable]] = []
        self._live: dict[Hashable, int] = {}  # key -> serial of its one entry that counts
        self._serial = 0

    def __len__(self) -> int:
        return len(self._live)

    def set(self, key: Hashable, at: float) -> None:
        """Fire `key` at `at`; an earlier deadline of the same key is forgotten."""
        self._serial = serial = self._serial + 1
        self._live[key] = serial
        heappush(self._heap, (at, serial, key))
        if len(self._heap) > 2 * len(self._live) + SLACK:
            self._sweep()

    def clear(self, key: Hashable) -> None:
        if self._live.pop(key, None) and len(self._heap) > 2 * len(self._live) + SLACK:
            self._sweep()

    def pop_due(self, now: float) -> list[Hashable]:
        """The keys whose time has come, in order of time; of equal times, the one set first.

        All are taken off at once: a key which the handling of an earlier one would have cleared is
        still in the list, so the receiver must be able to ignore it.
        """
        due: list[Hashable] = []
        heap, live = self._heap, self._live
        while heap and heap[0][0] <= now:
            _, serial, key = heappop(heap)
            if live.get(key) == serial:
                del live[key]
                due.append(key)
        return due

    def next(self) -> float | None:
        """When the next timer fires."""
        heap, live = self._heap, self._live
        while heap:
            at, serial, key = heap[0]
            if live.get(key) == serial:
                return at
            heappop(heap)
        return None

    def _sweep(self) -> None:
        live = self._live
        self._heap = [entry for entry in self._heap if live.get(entry[2]) == entry[1]]
        heapify(self._heap)
