"""What a receiver can say of one RTP stream: loss, order, jitter, gaps (RFC 3550 §6.4.1, App. A).

What the RFC leaves open, or a relay has to decide otherwise:

* Lost: expected less received over all segments, duplicates among the received (A.3), so that the
  figure agrees with what endpoints write into RTCP. `loss_fraction` leaves duplicates out: they
  repair nothing.
* A segment ends with its SSRC, or when the sequence restarts (A.1: two packets in a row outside of
  the window). What was sent between two segments is unknown, so no loss is invented. A packet alone
  outside of the window is counted as a packet, and takes no part in loss, order or jitter.
* A first packet that was overtaken lowers the base of its segment (in A.1 it would hide one loss).
* Jitter: kept in seconds, so that a change of clock needs only a new base (RFC 7160 §4). It is not
  measured on duplicates, telephone events (RFC 4733 §2.2: one timestamp an event), comfort noise,
  nor on a repeated timestamp (the later packets of a video frame); they leave the base alone. A
  step beyond `MAX_STEP` is a sender's new timestamp origin and not a path: a new base, no sample.
* Gap: between any two packets, except into a new segment, after `pause`, into or out of comfort
  noise, into a talkspurt (marker bit, RFC 3551 §4.1; at 90 kHz it ends a video frame instead), and
  where an unbroken sequence leaps in its timestamp: the sender was silent, nothing is missing.
* Bursts: runs of lost packets, however long, as the burst ratio of ITU-T G.107 §7.5 needs them. A
  late packet shortens a run, splits it or ends it, so that the count is always that of the holes
  which are there now.
* Unmapped: packets of a payload type that the description does not name.
"""

from collections.abc import Mapping

from media.control import Totals
from media.intervals import Counters, Peaks, totals
from media.rtp import FIXED, Datagram

MAX_DROPOUT = 3000
MAX_MISORDER = 100
MAX_STEP = 2.0
"""Seconds by which transit may change between two packets of one timestamp origin."""
MAX_PACKET_TIME = 0.2
"""Seconds of sound in one packet; a larger step of the timestamp is a silence."""

_WINDOW = (1 << MAX_MISORDER) - 1
_VIDEO_CLOCK = 90_000
_NOT_MEASURED = {"telephone-event", "cn"}
_NONE = -1
_unpack = FIXED.unpack_from

Codec = tuple[str, int]
"""Name and RTP clock in Hz."""


class Reception:
    """One direction of one stream. Feed it packets which `is_rtp` has passed."""

    __slots__ = (
        "_apart",
        "_at",
        "_base",
        "_before",
        "_bursts",
        "_clocks",
        "_codec",
        "_earlier",
        "_expected",
        "_extended",
        "_gap",
        "_heard",
        "_heard_from",
        "_holes",
        "_interval",
        "_jitter",
        "_jitter_max",
        "_jitter_sum",
        "_measured",
        "_noise",
        "_outside",
        "_payload_type",
        "_period",
        "_plain",
        "_rebase",
        "_restart",
        "_rolled_at",
        "_samples",
        "_timestamp",
        "_transit",
        "_unmapped",
        "duplicated",
        "first_at",
        "late",
        "octets",
        "packets",
        "ssrc",
        "unmapped_type",
        "worst",
    )

    def __init__(self, clocks: Mapping[int, Codec]) -> None:
        self.ssrc: int | None = None
        self.first_at: float | None = None
        self.packets = self.octets = self.late = self.duplicated = 0
        self._at = 0.0
        # Sequence. `_holes` has bit k set while `_extended - k` has not come.
        self._base, self._extended, self._holes = 0, -1, 0
        self._expected = self._outside = self._bursts = 0
        self._restart = _NONE
        # Time, in seconds.
        self._transit = self._period = 0.0
        self._timestamp = _NONE
        self._jitter = self._jitter_sum = self._jitter_max = self._gap = 0.0
        self._samples = 0
        self._rebase = True
        self._apart = True
        # Payload type. `_plain` is the second octet of a common packet: the same type, no marker.
        self._clocks = dict(clocks)
        self._payload_type = self._plain = _NONE
        self._codec: Codec | None = None
        self._measured = self._noise = False
        self._heard: dict[Codec, int] = {}
        self._heard_from = self._unmapped = 0
        self.unmapped_type: int | None = None
        """The last payload type that no description named."""
        # Reports.
        self._before = Counters()
        self._rolled_at: float | None = None
        self._earlier = Peaks()
        self._interval: Totals | None = None
        self.worst: Totals | None = None
        """Of the whole intervals the one with the greatest part missing; the first of such."""

    @property
    def last_at(self) -> float | None:
        return self._at if self.packets else None

    def packet(self, buffer: Datagram, size: int, now: float) -> None:
        """The common packet is done with here; `_uncommon` decides about every other."""
        _, second, sequence, timestamp, ssrc = _unpack(buffer)
        self.packets += 1
        self.octets += size
        if (
            second != self._plain
            or ssrc != self.ssrc
            or (sequence - self._extended) & 0xFFFF != 1
            or timestamp == self._timestamp
        ):
            self._uncommon(second, sequence, timestamp, ssrc, now)
            return
        self._extended += 1
        if self._holes:
            self._holes = self._holes << 1 & _WINDOW
        if now - self._at > self._gap:
            self._widen_gap(now, timestamp, 1)
        self._at = now
        self._timestamp = timestamp
        transit = now - timestamp * self._period
        step = transit - self._transit
        self._transit = transit
        if step < 0:
            step = -step
        if step > MAX_STEP:
            self._leap(step)
            return
        self._jitter = jitter = self._jitter + (step - self._jitter) / 16  # A.8
        self._jitter_sum += jitter
        self._samples += 1
        if jitter > self._jitter_max:  # noqa: PLR1730 - a call of max() costs as much as all above
            self._jitter_max = jitter

    def datagram(self, size: int, now: float) -> None:
        """Of a stream that is not RTP: it is counted, and takes no part in anything else."""
        if self.first_at is None:
            self.first_at = now
        self.packets += 1
        self.octets += size
        self._outside += 1
        self._at = now
        self.pause()

    def pause(self) -> None:
        """Hold, or a new description: the next packet is not measured against the last one."""
        self._apart = self._rebase = True
        self._plain = _NONE

    def set_clocks(self, clocks: Mapping[int, Codec]) -> None:
        self._credit(self.packets)
        self._clocks = dict(clocks)
        self._payload_type = self._plain = _NONE

    # --- reports ----------------------------------------------------------------------------------

    def roll(self, now: float) -> None:
        """Ends an interval and begins the next."""
        counters, peaks = self._counters(), self._peaks()
        began = self.first_at if self._rolled_at is None else self._rolled_at
        seconds = 0.0 if began is None else now - began
        self._interval = totals(counters.less(self._before), peaks, seconds)
        if self._interval.expected and (
            self.worst is None or self._interval.missing_part > self.worst.missing_part
        ):
            self.worst = self._interval
        self._before, self._rolled_at = counters, now
        self._earlier = self._earlier.joined(peaks)
        self._jitter_sum = self._jitter_max = self._gap = 0.0
        self._samples = 0

    def interval(self) -> Totals | None:
        """The last whole interval."""
        return self._interval

    def total(self, now: float) -> Totals:
        seconds = 0.0 if self.first_at is None else now - self.first_at
        return totals(self._counters(), self._earlier.joined(self._peaks()), seconds)

    def loss_fraction(self, now: float) -> float:  # noqa: ARG002 - asked like `total`
        """0..1: the part of what was expected that never came."""
        expected = self._all_expected()
        if not expected:
            return 0.0
        return max(0, self._counters().missing + self.duplicated) / expected

    def heard_codec(self) -> Codec | None:
        """The one which most packets carried; comfort noise and events are none."""
        self._credit(self.packets)
        return max(self._heard, key=self._heard.__getitem__, default=None)

    def unmapped(self) -> int:
        """Packets of payload types that the description does not name."""
        self._credit(self.packets)
        return self._unmapped

    @property
    def resting(self) -> bool:
        """The last packet was comfort noise: no other need follow (RFC 3389 §4)."""
        return self._noise

    def _all_expected(self) -> int:
        return self._expected + self._extended - self._base + 1

    def _counters(self) -> Counters:
        missing = self._all_expected() - (self.packets - self._outside)
        return Counters(
            self.packets, self.octets, missing, self.late, self.duplicated, self._bursts
        )

    def _peaks(self) -> Peaks:
        return Peaks(self._jitter_sum, self._samples, self._jitter_max, self._gap)

    # --- the packets that are not common ----------------------------------------------------------

    def _uncommon(self, second: int, sequence: int, timestamp: int, ssrc: int, now: float) -> None:
        if ssrc != self.ssrc:
            self._new_source(ssrc, sequence, now)
            ahead = 1
        else:
            ahead = self._place(sequence)
        after_media = self._measured
        after_noise = self._noise
        if second & 0x7F != self._payload_type:
            self._turn_to(second & 0x7F)
        talkspurt = second > 127 and self._codec is not None and self._codec[1] != _VIDEO_CLOCK
        belongs = not (self._apart or talkspurt or after_noise or self._noise)
        if belongs and now - self._at > self._gap:
            self._widen_gap(now, timestamp, ahead if after_media and self._measured else 0)
        self._apart = False
        self._at = now
        if self._measured and ahead:
            self._time(timestamp, now)

    def _new_source(self, ssrc: int, sequence: int, now: float) -> None:
        if self.ssrc is None:
            self.first_at = now
        self.ssrc = ssrc
        self._jitter = 0.0
        self._begin_segment(sequence, sequence)

    def _begin_segment(self, base: int, sequence: int) -> None:
        self._expected += self._extended - self._base + 1
        self._base, self._extended = base, sequence
        self._holes = _WINDOW - (1 << sequence - base + 1) + 1
        self._restart = _NONE
        self.pause()

    def _place(self, sequence: int) -> int:
        """RFC 3550 A.1. Steps ahead of the highest; negative: late; 0: it takes no further part."""
        ahead = (sequence - self._extended) & 0xFFFF
        if 0 < ahead < MAX_DROPOUT:
            self._extended += ahead
            self._bursts += ahead > 1
            reach = min(ahead, MAX_MISORDER)
            self._holes = (self._holes << reach | (1 << reach) - 2) & _WINDOW
            return ahead
        behind = -ahead & 0xFFFF
        if behind < MAX_MISORDER:
            if not self._holes >> behind & 1:
                self.duplicated += 1
                return 0
            self._fill(behind)
            self.late += 1
            self._base = min(self._base, self._extended - behind)
            return -behind
        if sequence == self._restart:  # the second in a row: the other side restarted
            self._outside -= 1
            self._begin_segment(sequence - 1, sequence)
            return 1
        self._outside += 1
        self._restart = (sequence + 1) & 0xFFFF
        return 0

    def _fill(self, behind: int) -> None:
        """A late packet ends a run of lost ones, takes from it, or makes two of one."""
        self._holes -= 1 << behind
        self._bursts += (self._holes >> behind - 1 & 1) + (self._holes >> behind + 1 & 1) - 1

    def _turn_to(self, payload_type: int) -> None:
        self._credit(self.packets - 1)
        self._payload_type = payload_type
        self._plain = _NONE
        self._codec = codec = self._clocks.get(payload_type)
        if codec is None:
            self.unmapped_type = payload_type
        name = codec[0].lower() if codec else ""
        self._noise = name == "cn"
        self._measured = codec is not None and codec[1] > 0 and name not in _NOT_MEASURED
        if codec and self._measured and self._period != 1 / codec[1]:
            self._period = 1 / codec[1]
            self._rebase = True

    def _credit(self, packets: int) -> None:
        """The packets since the last change of payload type were this codec's."""
        if self._codec and self._measured:
            self._heard[self._codec] = self._heard.get(self._codec, 0) + packets - self._heard_from
        elif self._codec is None and self._payload_type != _NONE:
            self._unmapped += packets - self._heard_from
        self._heard_from = packets

    def _widen_gap(self, now: float, timestamp: int, ahead: int) -> None:
        advance = (timestamp - self._timestamp) & 0xFFFFFFFF
        if ahead != 1 or advance * self._period <= MAX_PACKET_TIME:
            self._gap = now - self._at

    def _time(self, timestamp: int, now: float) -> None:
        self._plain = self._payload_type
        if timestamp == self._timestamp and not self._rebase:
            return
        self._timestamp = timestamp
        transit = now - timestamp * self._period
        step = abs(transit - self._transit)
        self._transit = transit
        if self._rebase:
            self._rebase = False
        elif step > MAX_STEP:
            self._leap(step)
        else:
            self._sample(step)

    def _leap(self, step: float) -> None:
        """The timestamp wrapped, or the sender has chosen a new origin."""
        step = abs(step - 2**32 * self._period)
        if step <= MAX_STEP:
            self._sample(step)

    def _sample(self, step: float) -> None:
        self._jitter += (step - self._jitter) / 16
        self._jitter_sum += self._jitter
        self._samples += 1
        self._jitter_max = max(self._jitter_max, self._jitter)
