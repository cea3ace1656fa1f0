"""A token bucket for each source, bounded in number: what strangers may ask of us in a second."""


class Rates:
    __slots__ = ("_buckets", "_burst", "_most", "_rate", "_swept")

    def __init__(self, rate: float, burst: float, most: int = 20_000) -> None:
        """`rate`: a second. `most`: sources that are remembered; beyond them all others share one
        bucket, so that a flood of forged sources costs no memory and pays for itself."""
        self._rate = rate
        self._burst = burst
        self._most = most
        self._buckets: dict[str, tuple[float, float]] = {}
        self._swept = float("-inf")

    def __len__(self) -> int:
        return len(self._buckets)

    def allow(self, source: str, now: float) -> bool:
        if source not in self._buckets and len(self._buckets) >= self._most:
            self._forget(now)
            if len(self._buckets) >= self._most:
                source = ""
        left, at = self._buckets.get(source, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        allowed = left >= 1.0
        self._buckets[source] = (left - allowed, now)
        return allowed

    def _forget(self, now: float) -> None:
        """Those whose bucket is full again. Seldom, or a flood would pay for nothing but that."""
        full = self._burst / self._rate
        if now - self._swept < full / 2:
            return
        self._swept = now
        self._buckets = {
            source: (left, at) for source, (left, at) in self._buckets.items() if now - at < full
        }
