"""Our own media ports as peers of clients (I5): reached inside, without a way out and back.

A client that falls back to TURN sends to the address that our descriptions show. It is taken to
where those ports are bound; what comes from there is from the address that was shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from stun_turn.attributes import Address


@dataclass(frozen=True, slots=True)
class MediaRange:
    shown: str
    bind: str
    low: int
    high: int


class OwnMedia:
    __slots__ = ("_by_bind", "_by_shown")

    def __init__(self, ranges: Iterable[MediaRange] = ()) -> None:
        """Ranges of interfaces whose zone is the clients' own."""
        self._by_shown = {each.shown: each for each in ranges}
        self._by_bind = {each.bind: each for each in self._by_shown.values()}

    def bound_at(self, shown: Address) -> Address | None:
        """Where a media port is that is shown there; None: it is none."""
        found = self._by_shown.get(shown[0])
        if found is None or not found.low <= shown[1] <= found.high:
            return None
        return found.bind, shown[1]

    def shown_at(self, bound: Address) -> Address | None:
        found = self._by_bind.get(bound[0])
        if found is None or not found.low <= bound[1] <= found.high:
            return None
        return found.shown, bound[1]
