"""Policing: a stream that sends more than its description allows is cut down to that (M8).

Nothing is done for a packet of a stream that keeps to it: once a second somebody looks how much has
come. Only then, and until it has kept to it for a while, each packet takes its bytes from a bucket,
as a transform of its flow.
"""

from media.engine.flow import Counts
from media.quality import Reception

EVERY = 1.0
"""Seconds between two looks."""
PAROLE = 5
"""Looks in a row that must find nothing, after which packets are not weighed any more."""


class Policer:
    """Of what one end sends. Equal only to itself, so that its flow stays as it is."""

    __slots__ = (
        "_at",
        "_counts",
        "_good",
        "_left",
        "_octets",
        "_reception",
        "due",
        "engaged",
        "rate",
    )

    def __init__(self, rate: float, reception: Reception, counts: Counts, now: float) -> None:
        self.rate = rate
        """Bytes a second, of RTP with its header."""
        self.engaged = False
        """Packets must pass here."""
        self.due = now + EVERY
        """When to look next."""
        self._reception = reception
        self._counts = counts
        self._octets = reception.octets
        self._at = now
        self._left = 0.0
        self._good = 0

    def __call__(self, data: bytes) -> bytes | None:
        """A packet that the reception has just counted; None: there is no more room for it."""
        now = self._reception.last_at or self._at
        self._left = min(self.rate, self._left + (now - self._at) * self.rate)
        self._at = now
        if self._left < len(data):
            self._counts.policed += 1
            return None
        self._left -= len(data)
        return data

    def look(self, now: float) -> bool:
        """How much has come since the last look? True: packets must pass here from now on, or need
        not any more."""
        seconds = now - self.due + EVERY
        came, self._octets = self._reception.octets - self._octets, self._reception.octets
        self.due = now + EVERY
        before = self.engaged
        if came > self.rate * seconds:
            if not before:
                self._at, self._left = now, self.rate
            self.engaged, self._good = True, 0
        elif before:
            self._good += 1
            self.engaged = self._good < PAROLE
        return self.engaged is not before
