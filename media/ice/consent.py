"""Consent freshness (RFC 7675 §5.1): who no longer answers our checks gets no more media.

Only an answer to a check of ours is consent. A request of the peer is none: its source may be
forged by one who knows the password, to have a third party flooded.
"""

from media.control import Address
from media.ports import Choose

INTERVAL = 5.0
"""Seconds between checks, on average; each is 0.8 to 1.2 of it."""
LIFETIME = 30.0
"""Seconds without an answer, after which the pair may not be used."""
_STEPS = 4001
"""Of the random part, in ten-thousandths of the interval."""
_MOST_OPEN = 8
"""Checks whose answers may still come within `LIFETIME`."""


class Consent:
    """Of the selected pair of one component."""

    __slots__ = ("_choose", "_fresh_at", "_next_at", "_open", "remote")

    def __init__(self, remote: Address, choose: Choose, now: float) -> None:
        self.remote = remote
        self._choose = choose
        self._fresh_at = now
        self._next_at = now
        self._open: dict[bytes, None] = {}

    @property
    def due(self) -> float:
        """When to look again."""
        return min(self._next_at, self._fresh_at + LIFETIME)

    def expired(self, now: float) -> bool:
        return now >= self._fresh_at + LIFETIME

    def wants_check(self, now: float) -> bool:
        return now >= self._next_at

    def asked(self, transaction_id: bytes, now: float) -> None:
        """It is not sent again (§5.1): the next one is soon enough."""
        self._open[transaction_id] = None
        if len(self._open) > _MOST_OPEN:
            del self._open[next(iter(self._open))]
        self._next_at = now + INTERVAL * (0.8 + self._choose(_STEPS) / 10_000)

    def answered(self, transaction_id: bytes, now: float) -> bool:
        """False if that is no answer to any check of ours."""
        if transaction_id not in self._open:
            return False
        self._open.clear()
        self._fresh_at = now
        return True

    def owns(self, transaction_id: bytes) -> bool:
        return transaction_id in self._open
