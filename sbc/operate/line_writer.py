"""Writes lines to a descriptor whose reader may have stopped: what it does not take is lost.

A pipe or a terminal that nobody reads is soon full, and whoever then writes waits for as long as it
takes. The log is written on the event loop, on which every call hangs.
"""

import os
from select import PIPE_BUF, POLLOUT, poll


class LineWriter:
    """As far as a text stream is written to."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ready = poll()
        self._ready.register(descriptor, POLLOUT)
        self._torn = False
        """The last line was cut off."""

    def write(self, text: str) -> int:
        """Raises OSError, BlockingIOError among them, when the text is lost, or the end of it."""
        data = text.encode(errors="backslashreplace")
        if self._torn:
            data = b"\n" + data
        for begin in range(0, len(data), PIPE_BUF):
            # Where a descriptor is ready, it takes so much without waiting (poll(2), pipe(7)).
            if not self._ready.poll(0):
                self._torn = self._torn or begin > 0
                raise BlockingIOError
            os.write(self._descriptor, data[begin : begin + PIPE_BUF])
        self._torn = False
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""
