"""One direction of a call whose ends press keys in different forms: RTP in, RTP out.

Events for a receiver of events change their payload type and their clock, packet by packet. Every
other key is heard first, and taken out; then it is told (for SIP INFO), or played in front of the
stream, whose own packets wait unheard for so long.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Literal

from media.dtmf.event import KEYS, LONGEST, Event, EventReader, Pressed, parse
from media.dtmf.g711 import SILENCE, Law, decode, encode
from media.dtmf.splice import Splice
from media.dtmf.tones import ToneReader, tone
from media.rtp import FIXED, payload_bounds

Form = Literal["rfc4733", "info", "inband"]
Transform = Callable[[bytes], bytes]

PACE = 0.02
"""Seconds between packets of a key that we play."""
PAUSE = 0.05
"""Seconds between two such keys (Q.24 table A-1 asks for 30 ms at least)."""
LOST_END = 0.2
"""Seconds without a packet after which an event or a tone is over."""
SHORTEST, MOST = 40, 8000
"""Milliseconds of a key that we play."""
MOST_WAITING = 64
"""Keys to be played; whoever presses more has to wait."""
_ENDS = 3
"""RFC 4733 §2.5.1.4"""
_VOLUME = 10
_TICKS = 8000


@dataclass(frozen=True, slots=True)
class End:
    """What an end sends, or takes, by its own payload types."""

    form: Form
    events: Mapping[int, int] = field(default_factory=dict)
    """Payload types of telephone-events, and their clocks in Hz."""
    voices: Mapping[int, Law] = field(default_factory=dict)
    """Payload types in which tones can be heard and made."""
    rate: int = 8000
    """RTP clock of its sound in Hz."""

    @property
    def event(self) -> tuple[int, int] | None:
        """Payload type and clock of events: with the clock of the sound, if there is such a one."""
        fitting = ((number, rate) for number, rate in self.events.items() if rate == self.rate)
        return next(fitting, next(iter(self.events.items()), None))

    @property
    def voice(self) -> tuple[int, Law] | None:
        return next(iter(self.voices.items()), None)

    @property
    def can_be_played_to(self) -> bool:
        return (self.event if self.form == "rfc4733" else self.voice) is not None


@dataclass(slots=True)
class _Playing:
    key: str
    seconds: float
    timestamp: int
    """RTP, of its first packet."""
    next_at: float
    sent: float = 0.0
    """Seconds of it that have gone out."""


class Way:
    __slots__ = (
        "_at",
        "_events",
        "_playing",
        "_resume_at",
        "_rtp",
        "_silent_at",
        "_source",
        "_splice",
        "_target",
        "_told",
        "_tones",
        "_waiting",
    )

    def __init__(self, source: End, target: End, ssrc: int, sequence: int, timestamp: int) -> None:
        """The numbers are random: for keys before the source has said anything (RFC 3550 §5.1)."""
        self._source, self._target = source, target
        self._rtp = ssrc, timestamp
        """SSRC, and the timestamp of the last packet that came."""
        self._at: float | None = None
        """When that was; or when we began to speak, if that was earlier."""
        self._splice = Splice(sequence)
        self._events, self._tones = EventReader(), ToneReader()
        self._silent_at = inf
        """When what is heard is over, if nothing more comes."""
        self._waiting: deque[tuple[str, int]] = deque()
        self._playing: _Playing | None = None
        self._resume_at = -inf
        """Not before then is another key played."""
        self._told: list[Pressed] = []

    def agree(self, source: End, target: End) -> None:
        """New descriptions; a key that sounds goes on."""
        self._source, self._target = source, target

    def told(self) -> list[Pressed]:
        """Keys for INFO, since this was last asked."""
        told, self._told = self._told, []
        return told

    def press(self, pressed: Pressed) -> bool:
        """Let the target have this key. False: it cannot be, or too many wait."""
        if len(pressed.key) != 1 or pressed.key not in KEYS:
            return False
        if self._target.form == "info":
            self._told.append(pressed)
            return True
        if not self._target.can_be_played_to or len(self._waiting) >= MOST_WAITING:
            return False
        self._waiting.append((pressed.key, min(MOST, max(SHORTEST, pressed.milliseconds))))
        return True

    # --- what comes -------------------------------------------------------------------------------

    def packet(self, data: bytes, renumber: Transform | None, now: float) -> list[bytes]:
        """What goes on in place of this packet. `renumber`: for what passes as it is."""
        _, second, sequence, timestamp, ssrc = FIXED.unpack_from(data)
        if self._at is None or ssrc != self._rtp[0]:
            self._splice = Splice(sequence)
        self._rtp, self._at = (ssrc, timestamp), now
        rate = self._source.events.get(second & 127)
        if rate is not None:
            return self._event(data, sequence, rate, now)
        if self._playing is not None:
            self._splice.take_out(sequence)
            return []
        law = self._source.voices.get(second & 127)
        if self._source.form == "inband" and law is not None:
            data = self._listened_to(data, law, now)
        if renumber is not None:
            data = renumber(data)
        return [_numbered(data, self._splice.follow(sequence))]

    def _event(self, data: bytes, sequence: int, rate: int, now: float) -> list[bytes]:
        start, end = payload_bounds(data, len(data)) or (0, 0)
        event = parse(data[start:end])
        wanted = self._target.event if self._target.form == "rfc4733" else None
        if event is not None and wanted is not None:
            number, other = wanted
            ticks = min(LONGEST, event.duration * other // rate)
            again = Event(event.code, event.end, event.volume, ticks).encode()
            head = bytes((data[0] & ~0x20, data[1] & 128 | number))
            return [_numbered(head + data[2:start] + again, self._splice.follow(sequence))]
        self._splice.take_out(sequence)
        if event is not None:
            for pressed in self._events.packet(self._rtp[1], rate, event):
                self.press(pressed)
            self._silent_at = now + LOST_END if self._events.lasting else inf
        return []

    def _listened_to(self, data: bytes, law: Law, now: float) -> bytes:
        """The packet, or silence in its place while a key sounds."""
        start, end = payload_bounds(data, len(data)) or (0, 0)
        sounding = self._tones.samples(decode(data[start:end], law))
        for key, milliseconds in sounding.ended:
            self.press(Pressed(key, milliseconds))
        self._silent_at = now + LOST_END if sounding.key is not None else inf
        if sounding.key is None:
            return data
        return data[:start] + bytes([SILENCE[law]]) * (end - start) + data[end:]

    # --- time -------------------------------------------------------------------------------------

    @property
    def due(self) -> float:
        """When `tick` is wanted."""
        if self._playing is not None:
            return min(self._silent_at, self._playing.next_at)
        return min(self._silent_at, self._resume_at if self._waiting else inf)

    def tick(self, now: float) -> list[bytes]:
        """Packets of keys that are played, under the payload types of the target."""
        if now >= self._silent_at:
            self._silent_at = inf
            for pressed in self._events.expire():
                self.press(pressed)
            for key, milliseconds in self._tones.end():
                self.press(Pressed(key, milliseconds))
        if self._playing is None and self._waiting and now >= self._resume_at:
            key, milliseconds = self._waiting.popleft()
            self._playing = _Playing(key, milliseconds / 1000, self._timestamp_at(now), now)
        if self._playing is None or now < self._playing.next_at:
            return []
        return self._played(self._playing, now)

    def _timestamp_at(self, now: float) -> int:
        if self._at is None:
            self._at = now
        since = now - self._at
        return self._rtp[1] + round(since * self._target.rate) & 0xFFFFFFFF

    def _played(self, playing: _Playing, now: float) -> list[bytes]:
        first = not playing.sent
        step = min(PACE, playing.seconds - playing.sent)
        begun, playing.sent = playing.sent, playing.sent + step
        playing.next_at += PACE
        over = playing.sent >= playing.seconds - 1e-9
        if over:
            self._playing, self._resume_at = None, now + PACE + PAUSE
        if self._target.form == "inband":
            return self._tone_packet(playing, begun, step, first)
        return self._event_packets(playing, first, over)

    def _event_packets(self, playing: _Playing, first: bool, over: bool) -> list[bytes]:
        if self._target.event is None:  # a new description has taken them away
            return []
        number, rate = self._target.event
        ticks = min(LONGEST, round(playing.sent * rate))
        payload = Event(KEYS.index(playing.key), over, _VOLUME, ticks).encode()
        return [
            self._made(number, playing.timestamp, payload, marker=first)
            for _ in range(_ENDS if over else 1)
        ]

    def _tone_packet(
        self, playing: _Playing, begun: float, step: float, first: bool
    ) -> list[bytes]:
        if self._target.voice is None:
            return []
        number, law = self._target.voice
        start, count = round(begun * _TICKS), round(step * _TICKS)
        payload = encode(tone(playing.key, start, count), law)
        return [self._made(number, playing.timestamp + start, payload, marker=first)]

    def _made(self, number: int, timestamp: int, payload: bytes, *, marker: bool) -> bytes:
        second = number | (128 if marker else 0)
        sequence, stamp = self._splice.put_in(), timestamp & 0xFFFFFFFF
        return FIXED.pack(0x80, second, sequence, stamp, self._rtp[0]) + payload


def _numbered(data: bytes, sequence: int) -> bytes:
    return b"%b%b%b" % (data[:2], sequence.to_bytes(2, "big"), data[4:])
