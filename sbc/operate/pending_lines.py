"""Lines of the journal on their way to the disk: many threads, one bound."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    uid: str
    file: str
    """Name in the spool."""
    data: bytes


class PendingLines:
    """What is being written counts against the bound until it is done."""

    __slots__ = ("_bound", "_lines", "_lock", "dropped", "size")

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._lines: list[Line] = []
        self._lock = threading.Lock()
        self.size = 0
        """Bytes."""
        self.dropped = 0
        """Lines refused since the bound was reached."""

    def push(self, line: Line) -> None:
        """Takes a lock that is never held over I/O, so that it may be called on the event loop."""
        with self._lock:
            if self.size + len(line.data) > self._bound:
                self.dropped += 1
                return
            self.size += len(line.data)
            self._lines.append(line)

    def take(self) -> list[Line]:
        """All that waits. Every line taken is settled later."""
        with self._lock:
            taken, self._lines = self._lines, []
            return taken

    def settle(self, taken: list[Line], failed: list[Line]) -> None:
        """Those of `taken` that failed come first at the next `take`."""
        written = sum(len(line.data) for line in taken) - sum(len(line.data) for line in failed)
        with self._lock:
            self.size -= written
            self._lines[:0] = failed
