"""Telephone events (RFC 4733 §2.3): the payload of four octets, and what a stream of them says."""

from dataclasses import dataclass
from struct import Struct

KEYS = "0123456789*#ABCD"
"""By event code (RFC 4733 §3.2)."""

_PAYLOAD = Struct("!BBH")
PAYLOAD_SIZE = _PAYLOAD.size
_END, _RESERVED, _VOLUME = 0x80, 0x40, 0x3F
LONGEST = 0xFFFF
"""Of one segment, in ticks; a longer event goes on in another one (§2.5.1.3)."""


@dataclass(frozen=True, slots=True)
class Event:
    code: int
    end: bool
    volume: int
    """dBm0 below zero, 0..63."""
    duration: int
    """Ticks of the event's clock since its timestamp."""

    @property
    def key(self) -> str | None:
        return KEYS[self.code] if self.code < len(KEYS) else None

    def encode(self) -> bytes:
        flags = (_END if self.end else 0) | self.volume
        return _PAYLOAD.pack(self.code, flags, self.duration)


def parse(payload: bytes) -> Event | None:
    """The first event of a payload; None if there is none."""
    if len(payload) < PAYLOAD_SIZE:
        return None
    code, flags, duration = _PAYLOAD.unpack_from(payload)
    return Event(code, bool(flags & _END), flags & _VOLUME, duration)


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key that has been let go."""

    key: str
    milliseconds: int


class EventReader:
    """One direction of one stream. Says each key once, whatever was repeated or lost on the way.

    All packets of an event have its timestamp, and the last one comes three times (§2.5.1.4). If
    all three are lost, the next event, or `expire`, ends the one before.
    """

    __slots__ = ("_before", "_code", "_done", "_duration", "_rate", "_timestamp")

    def __init__(self) -> None:
        self._timestamp: int | None = None
        """Of the event that lasts, or was last."""
        self._code = 0
        self._duration = 0
        self._before = 0
        """Ticks of the segments before this one."""
        self._rate = 8000
        self._done = True

    @property
    def lasting(self) -> bool:
        return not self._done

    def packet(self, timestamp: int, rate: int, event: Event) -> list[Pressed]:
        pressed: list[Pressed] = []
        if timestamp != self._timestamp:
            behind = self._timestamp is not None and (self._timestamp - timestamp) % 2**32 < 2**31
            if behind:
                return []  # of an event that is over: it was overtaken
            if self._goes_on(timestamp, event):
                self._before += self._duration
            else:
                pressed = self._end()
                self._before = 0
            self._timestamp, self._code, self._rate = timestamp, event.code, rate
            self._duration, self._done = 0, False
        elif event.code != self._code:
            return []
        if self._done:
            return pressed
        self._duration = max(self._duration, event.duration)
        return [*pressed, *self._end()] if event.end else pressed

    def _goes_on(self, timestamp: int, event: Event) -> bool:
        """Another segment of a long event begins where the last one ended."""
        assert self._timestamp is None or timestamp != self._timestamp
        last = self._timestamp
        return (
            not self._done
            and last is not None
            and event.code == self._code
            and (timestamp - last) % 2**32 == self._duration == LONGEST
        )

    def expire(self) -> list[Pressed]:
        """Its end has not come, and will not."""
        return self._end()

    def _end(self) -> list[Pressed]:
        if self._done:
            return []
        self._done = True
        if self._code >= len(KEYS):
            return []
        ticks = self._before + self._duration
        return [Pressed(KEYS[self._code], round(1000 * ticks / self._rate))]
