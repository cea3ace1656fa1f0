"""Waiting for what must happen, with a deadline: the test goes on as soon as it has."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LOOK = 0.02
"""Seconds between two looks."""


def eventually(
    what: str, ask: Callable[[], T | None], within: float = 5.0, look: float = LOOK
) -> T:
    """The first answer that is true. Fails with `what` when there is none in time."""
    deadline = time.monotonic() + within
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what} (last seen: {answer!r})")
        time.sleep(look)
