"""How many log lines an event may make: a flood of strange packets must not become one of lines."""

BURST = 20
"""Lines of one event at once."""
RATE = 5.0
"""Lines of one event a second, over a longer time."""
MOST_EVENTS = 1000


class LogLimit:
    """A token bucket for each name."""

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float, int]] = {}

    def allow(self, event: str, now: float) -> int | None:
        """None: write nothing. Else how many lines of it were left out since the last one."""
        if event not in self._buckets and len(self._buckets) >= MOST_EVENTS:
            event = ""
        tokens, then, left_out = self._buckets.get(event, (float(BURST), now, 0))
        tokens = min(BURST, tokens + (now - then) * RATE)
        if tokens < 1:
            self._buckets[event] = (tokens, now, left_out + 1)
            return None
        self._buckets[event] = (tokens - 1, now, 0)
        return left_out
