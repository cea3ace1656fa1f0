"""What one end's own RTCP says of the streams that we sent it (RFC 3550 §6.4.1)."""

from collections.abc import Iterable
from typing import TypeVar

from media.control import FarEnd
from media.rtcp import Packet, ReceiverReport, ReportBlock, SenderReport

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_MOST_SOURCES = 16
_MOST_REPORTS = 16
"""Sender reports remembered: over a minute of them, at the usual one in five seconds."""
_COARSE = 0.005
"""Seconds: how coarsely some ends count DLSR; so far below zero a round trip still is one."""


class FarEndReports:
    """One end. It hears the SRs of the other end through us, so LSR and DLSR give the way to us."""

    __slots__ = ("_blocks", "_last", "_round_trip", "_sent", "reports")

    def __init__(self) -> None:
        self.reports = 0
        self._last: ReportBlock | None = None
        self._blocks: dict[int, ReportBlock] = {}
        self._sent: dict[tuple[int, int], float] = {}
        self._round_trip: float | None = None

    def sent(self, packets: Iterable[Packet], now: float) -> None:
        """These went out to that end now."""
        for packet in packets:
            if isinstance(packet, SenderReport):
                _remember(
                    self._sent, (packet.ssrc, packet.ntp >> 16 & 0xFFFFFFFF), now, _MOST_REPORTS
                )

    def received(self, packets: Iterable[Packet], now: float) -> None:
        """These came from that end now."""
        for packet in packets:
            if isinstance(packet, SenderReport | ReceiverReport):
                for block in packet.blocks:
                    self._note(block, now)

    def far_end(self, rate: int) -> FarEnd | None:
        """`rate`: the RTP clock of what we sent, in Hz. None before the first report."""
        if self._last is None:
            return None
        return FarEnd(
            reports=self.reports,
            fraction_lost=self._last.fraction_lost,
            lost=sum(max(0, block.lost) for block in self._blocks.values()),
            jitter_ms=1000 * self._last.jitter / rate,
            round_trip_ms=None if self._round_trip is None else 1000 * self._round_trip,
        )

    def _note(self, block: ReportBlock, now: float) -> None:
        self.reports += 1
        self._last = block
        _remember(self._blocks, block.ssrc, block, _MOST_SOURCES)
        sent_at = self._sent.get((block.ssrc, block.lsr)) if block.lsr else None
        if sent_at is not None:
            round_trip = now - sent_at - block.dlsr / 65536
            if round_trip > -_COARSE:
                self._round_trip = max(0.0, round_trip)


def _remember(memory: dict[_Key, _Value], key: _Key, value: _Value, most: int) -> None:
    """The newest `most` of them: what a peer sends must not grow without bound."""
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > most:
        del memory[next(iter(memory))]
