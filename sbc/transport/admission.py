"""Who may connect, and how many connections each source may have open. Pure."""

from collections import Counter
from collections.abc import Callable
from ipaddress import IPv6Address

SUBSCRIBER = 64
"""Prefix length. One subscriber has a whole IPv6 /64, so that is one source."""


def everybody(_: str) -> bool:
    return True


class Admission:
    def __init__(
        self, per_source: int, total: int, welcome: Callable[[str], bool] = everybody
    ) -> None:
        """`welcome`: may anybody come from this address?"""
        self.refused = 0
        self._welcome = welcome
        self._per_source = per_source
        self._most = total
        self._total = 0
        self._by_source: Counter[str] = Counter()

    def admit(self, address: str) -> bool:
        """Whether one more may come from `address`; if so, it is counted until it leaves."""
        source = source_of(address)
        full = self._total >= self._most or self._by_source.get(source, 0) >= self._per_source
        if full or not self._welcome(address):
            self.refused += 1
            return False
        self._total += 1
        self._by_source[source] += 1
        return True

    def scarce(self, address: str) -> bool:
        """Whether one who comes from `address` is refused, or many have come from everywhere."""
        taken = self._by_source.get(source_of(address), 0)
        return taken >= self._per_source or 2 * self._total >= self._most

    def leave(self, address: str) -> None:
        source = source_of(address)
        self._total -= 1
        self._by_source[source] -= 1
        if not self._by_source[source]:
            del self._by_source[source]

    def sources(self) -> int:
        return len(self._by_source)


def source_of(address: str) -> str:
    if ":" not in address:
        return address
    packed = IPv6Address(address).packed
    return packed[: SUBSCRIBER // 8].hex()
