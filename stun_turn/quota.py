"""How many allocations there may be: by user, by source, and in all (RFC 8656 §7.2, step 9)."""

from collections import Counter

from stun_turn.settings import Quotas


class Quota:
    __slots__ = ("_quotas", "_sources", "_total", "_users")

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas
        self._users: Counter[str] = Counter()
        self._sources: Counter[str] = Counter()
        self._total = 0

    @property
    def total(self) -> int:
        return self._total

    def users(self) -> dict[str, int]:
        """Who has how many."""
        return dict(self._users)

    def take(self, user: str, source: str) -> int:
        """0, or the error code of the refusal: 486 for what this client may mend, 508 for us."""
        quotas = self._quotas
        if self._total >= quotas.total:
            return 508
        if self._users[user] >= quotas.per_user or self._sources[source] >= quotas.per_source:
            return 486
        self._total += 1
        self._users[user] += 1
        self._sources[source] += 1
        return 0

    def give_back(self, user: str, source: str) -> None:
        self._total -= 1
        for counter, key in ((self._users, user), (self._sources, source)):
            counter[key] -= 1
            if not counter[key]:
                del counter[key]
