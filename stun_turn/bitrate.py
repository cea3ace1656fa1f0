"""How many bytes may pass in one direction of an allocation: its bit rate, and a second's worth at
once."""


class Bucket:
    __slots__ = ("_at", "_left", "_rate")

    def __init__(self, bitrate: float | None) -> None:
        """`bitrate`: bits a second; None: any."""
        self._rate = None if bitrate is None else bitrate / 8
        self._left = 0.0 if bitrate is None else bitrate / 8
        self._at = 0.0

    def take(self, size: int, now: float) -> bool:
        rate = self._rate
        if rate is None:
            return True
        self._left = min(rate, self._left + (now - self._at) * rate)
        self._at = now
        if size > self._left:
            return False
        self._left -= size
        return True
