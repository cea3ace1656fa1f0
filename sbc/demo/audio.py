"""One end of an audio stream: a tone out, what comes in counted, and RTCP about both (RFC 3550).

It measures on its own, by the formulas of RFC 3550 appendix A, so that the border's figures have
something to be compared with.
"""

import struct

from sbc.demo.tone import FRAME, RATE, share_of_tone, tone_frame

PCMA = 8
PACE = 0.020
"""Seconds between packets."""
REPORT_EVERY = 1.0
_TO_NTP = 2_208_988_800
"""Seconds from the NTP era to the Unix epoch."""


class Audio:
    def __init__(self, ssrc: int, cname: str) -> None:
        self.ssrc = ssrc
        self.sent = 0
        self.heard = 0
        self.tones = 0
        """Heard packets which carried the tone."""
        self.jitter = 0.0
        """Timestamp units, of what is heard."""
        self.cname = cname
        self._frame = tone_frame()
        self._peer: int | None = None
        self._first = self._highest = 0
        self._transit: int | None = None
        self._last_report = (0, 0)

    def packet(self) -> bytes:
        """The next 20 ms."""
        marker = 0x80 if not self.sent else 0
        number = self.sent & 0xFFFF
        header = struct.pack("!BBHII", 0x80, marker | PCMA, number, self.sent * FRAME, self.ssrc)
        self.sent += 1
        return header + self._frame

    def receive(self, data: bytes, now: float) -> None:
        if len(data) < 12 or data[0] >> 6 != 2 or 192 <= data[1] <= 223:
            return
        number, timestamp, ssrc = struct.unpack_from("!HII", data, 2)
        if ssrc != self._peer:
            self._peer, self._first, self._highest = ssrc, number, number
        self._highest = max(self._highest, number)  # a demonstration ends before it wraps
        self.heard += 1
        self.tones += share_of_tone(data[12:]) > 0.9
        transit = round(now * RATE) - timestamp
        if self._transit is not None:
            self.jitter += (abs(transit - self._transit) - self.jitter) / 16
        self._transit = transit

    @property
    def lost(self) -> int:
        return max(self._expected - self.heard, 0)

    def report(self, wall: float) -> bytes:
        """A sender report about what we send and hear, and a CNAME. `wall`: Unix time in
        seconds."""
        seconds, fraction = divmod(wall + _TO_NTP, 1)
        blocks = self._block() if self._peer is not None else b""
        body = struct.pack(
            "!IIIIII",
            self.ssrc,
            int(seconds),
            int(fraction * 2**32),
            self.sent * FRAME & 0xFFFFFFFF,
            self.sent,
            self.sent * FRAME,
        )
        body += blocks
        sender = struct.pack("!BBH", 0x80 | bool(blocks), 200, len(body) // 4) + body
        item = struct.pack("!IBB", self.ssrc, 1, len(self.cname)) + self.cname.encode()
        item += bytes(4 - len(item) % 4)
        return sender + struct.pack("!BBH", 0x81, 202, len(item) // 4) + item

    @property
    def _expected(self) -> int:
        return self._highest - self._first + 1 if self._peer is not None else 0

    def _block(self) -> bytes:
        expected, heard = self._expected, self.heard
        lost_now = max((expected - self._last_report[0]) - (heard - self._last_report[1]), 0)
        expected_now = expected - self._last_report[0]
        self._last_report = (expected, heard)
        fraction = lost_now * 256 // expected_now if expected_now > 0 else 0
        return struct.pack(
            "!IIIIII",
            self._peer or 0,
            min(fraction, 255) << 24 | min(self.lost, 0x7FFFFF),
            self._highest,
            int(self.jitter),
            0,
            0,
        )
