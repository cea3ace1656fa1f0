"""A guard against input that makes the reader work for ever, such as a regular expression that
tries everything. It is no measurement: what is linear takes a thousandth of what it allows."""

import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 2.0
"""Seconds of this process's own processor time."""


@contextmanager
def must_not_hang() -> Iterator[None]:
    """Raises TimeoutError in the middle of what takes that long."""

    def ring(*_: object) -> None:
        raise TimeoutError(f"at work for {PATIENCE} s")

    before = signal.signal(signal.SIGVTALRM, ring)
    gc.disable()  # or the heap of all other tests would be gone through on this one's account
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        gc.enable()
        signal.signal(signal.SIGVTALRM, before)
