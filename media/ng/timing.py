"""When to look at a talk again: a heap of alarms, of which only the last set for a talk counts."""

from heapq import heappop, heappush

from media.ng.talk import Talk

UNANSWERED = 3600.0
"""Seconds that an offer waits for an answer."""
QUIET = 3600.0
"""Seconds without a packet, after which a held call is given up; others the relay calls dead."""


class Timing:
    __slots__ = ("_heap",)

    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []

    def set(self, talk: Talk, now: float) -> None:
        """After each message: its deletion, else the end of our patience."""
        patience = QUIET if talk.answered else UNANSWERED
        talk.look_at = now + patience if talk.delete_at is None else talk.delete_at
        heappush(self._heap, (talk.look_at, talk.session))

    def next(self) -> float | None:
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> tuple[float, str] | None:
        """An alarm that has come: when it was for, and the session."""
        if self._heap and self._heap[0][0] <= now:
            return heappop(self._heap)
        return None
