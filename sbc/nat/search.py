"""How long a NAT remembers a flow on which nothing moves, found by trying (N5; RFC 5626 §4.4 and
RFC 6223 leave the number to guesswork).

A time that was survived is safe; one that was not is too long; in between it is halved. Steps up
are small, and a phone that is lost by one is soon heard again: so no call is lost meanwhile.
"""

from dataclasses import dataclass, replace

STEP = 16.0
"""Seconds that a trial goes beyond what is safe. A phone that it loses is unreachable for less than
that, and an INVITE is repeated for 32 s (RFC 3261 §17.1.1.2)."""
FINE = 4.0
"""Seconds: nearer than that it need not be known."""
MARGIN = 0.9
"""Part of the safe time after which a flow is used again: clocks differ, and packets get lost."""
DOUBTS = 2
"""Losses of what had been safe, in a row and without another sign, until it is no more."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds; of the zone."""

    least: float
    """Taken for safe without trying."""
    most: float


class Search:
    __slots__ = ("_doubts", "bounds", "safe", "too_long")

    def __init__(
        self, bounds: Bounds, safe: float | None = None, too_long: float | None = None
    ) -> None:
        """`safe`, `too_long`: as they were known before."""
        self.bounds = bounds
        self.safe = bounds.least if safe is None else min(safe, bounds.most)
        self.too_long = too_long
        """The shortest time that was not survived."""
        self._doubts = 0

    @property
    def found(self) -> bool:
        """There is nothing left to try."""
        if self.safe >= self.bounds.most:
            return True
        return self.too_long is not None and self.too_long - self.safe <= FINE

    @property
    def interval(self) -> float:
        """Seconds of silence until the flow is used again: to keep it, or to try how long it
        lasts."""
        if self.found:
            return max(self.safe * MARGIN, min(self.bounds.least, self.safe))
        if self.too_long is None:
            return min(self.safe + STEP, self.bounds.most)
        return min((self.safe + self.too_long) / 2, self.safe + STEP)

    def enough(self) -> None:
        """What is safe will do: the phone speaks for itself before anything longer is tried."""
        self.bounds = replace(self.bounds, most=self.safe)

    def survived(self, idle: float) -> None:
        """It was still there after so many seconds."""
        self._doubts = 0
        self.safe = min(max(self.safe, idle), self.bounds.most)
        if self.too_long is not None and self.safe >= self.too_long:
            self.too_long = None  # what we took for its end was something else

    def died(self, idle: float, *, certain: bool) -> None:
        """Nobody answered after so many seconds; `certain`: and then it came from another port.

        What was only being tried is too long at once. What had been safe may have been lost for
        another reason: a phone without power, a line that was down.
        """
        if idle > self.safe:
            self.too_long = min(idle, self.too_long or idle)
            return
        self._doubts += 1
        if certain or self._doubts >= DOUBTS:
            self._doubts = 0
            self.too_long = idle
            self.safe = min(self.bounds.least, idle / 2)

    def restart(self) -> None:
        """Another NAT, or another path: nothing is known any more."""
        self.safe, self.too_long, self._doubts = self.bounds.least, None, 0
