"""A REGISTER storm, as after a power cut, or of somebody who wishes us ill: so much is looked at,
and the rest is told to come again later, each a little later than the other (RFC 3261 §21.5.4)."""

from config.model import Registers
from stun_turn.rate import Rates

BURST = 10.0
"""Times the rate of a source; and REGISTERs of one user at once."""
SOONEST, LATEST = 5, 30
"""Seconds of Retry-After."""
WORD = 1.0
"""Seconds between two lines in the log: a storm shall not go on there."""
MOST_SOURCES = 20_000
MOST_USERS = 100_000


class Storm:
    """Of one access group."""

    def __init__(self, limits: Registers) -> None:
        self.drops = limits.excess == "drop"
        self._sources = Rates(limits.per_source, BURST * limits.per_source, MOST_SOURCES)
        self._users = Rates(limits.per_user, max(BURST, limits.per_user), MOST_USERS)
        self._untold = 0
        self._told_at = float("-inf")

    def takes(self, source: str, now: float) -> bool:
        """One more, of whom we know nothing but the address."""
        return self._sources.allow(source, now)

    def takes_of(self, user: str, now: float) -> bool:
        return self._users.allow(user, now)

    def worth_a_word(self, now: float) -> int:
        """How many were too many since the last word about it; 0: it is too soon for another."""
        self._untold += 1
        if now - self._told_at < WORD:
            return 0
        self._told_at = now
        untold, self._untold = self._untold, 0
        return untold

    def remembered(self) -> int:
        """Sources and users; bounded."""
        return len(self._sources) + len(self._users)


def retry_after(random: int) -> tuple[str, str]:
    return ("Retry-After", str(SOONEST + random % (LATEST - SOONEST + 1)))
