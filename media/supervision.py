"""Is the end that should be sending still heard? One watch for each direction of each stream.

Nothing is done for a packet: whoever looks brings along when the end was last heard.
"""

from math import inf

from media.control import Phase
from media.value import Value


class Patience(Value, frozen=True):
    """Seconds; 0 waits for ever."""

    initial: float
    subsequent: float

    def of(self, phase: Phase) -> float:
        seconds = self.initial if phase == "initial" else self.subsequent
        return seconds if seconds > 0 else inf


class Watch:
    __slots__ = ("_said_at", "_since", "due", "phase")

    def __init__(self) -> None:
        self._since: float | None = None
        self._said_at: float | None = None
        self.phase: Phase = "initial"
        """Of the last silence."""
        self.due = inf
        """When to look next."""

    @property
    def expecting(self) -> bool:
        return self._since is not None

    def silence(self, last_at: float | None, now: float) -> float | None:
        """Seconds since it was heard or expected, whichever is later. None: nothing is expected."""
        if self._since is None:
            return None
        return max(0.0, now - max(self._since, last_at or self._since))

    @property
    def silent(self) -> bool:
        return self._said_at is not None

    def expect(self, expected: bool, patience: Patience, now: float) -> None:
        """A hold ends the watch; where it begins (again), its time begins anew."""
        if not expected:
            self._since, self._said_at, self.due = None, None, inf
        elif self._since is None:
            self._since = now
            self.due = now + patience.of("initial")

    def look(self, last_at: float | None, patience: Patience, now: float) -> Phase | None:
        """The phase of a silence that begins now: it is said once, until the end speaks again."""
        if self._since is None:
            return None
        if self._said_at is not None and (last_at is None or last_at <= self._said_at):
            self.due = now + patience.of("subsequent")
            return None
        self._said_at = None
        heard = last_at is not None and last_at >= self._since
        phase: Phase = "subsequent" if heard else "initial"
        begun = last_at if heard and last_at is not None else self._since
        self.due = begun + patience.of(phase)
        if now < self.due:
            return None
        self._said_at, self.phase = now, phase
        self.due = now + patience.of("subsequent")
        return phase
