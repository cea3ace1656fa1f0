"""Addresses that have just failed: passed over while there is another (RFC 3263 §4.3, RFC 3261
§21.5.4).
"""

from collections.abc import Hashable, Iterable
from typing import TypeVar

MOST = 4096
LONGEST = 3600.0
"""Seconds; whatever a peer asks for in Retry-After."""

T = TypeVar("T", bound=Hashable)


class Cooldown:
    __slots__ = ("_until",)

    def __init__(self) -> None:
        self._until: dict[Hashable, float] = {}

    def failed(self, place: Hashable, seconds: float, now: float) -> bool:
        """`place` is left in peace for so long. Was it not so before?"""
        if seconds <= 0:
            return False
        before = self._until.pop(place, now)
        if len(self._until) >= MOST:
            del self._until[next(iter(self._until))]
        self._until[place] = max(before, now + min(seconds, LONGEST))
        return before <= now

    def worked(self, place: Hashable) -> None:
        self._until.pop(place, None)

    def cools(self, place: Hashable, now: float) -> bool:
        until = self._until.get(place)
        if until is None:
            return False
        if until <= now:
            del self._until[place]
            return False
        return True

    def count(self, now: float) -> int:
        return sum(until > now for until in self._until.values())

    def any(self) -> bool:
        return bool(self._until)


def last(items: Iterable[T], cooling: Iterable[bool]) -> list[T]:
    """The same, those that cool behind all others: nothing else may be left to try."""
    pairs = list(zip(items, cooling, strict=True))
    return [item for item, cools in pairs if not cools] + [item for item, cools in pairs if cools]
