"""What one end's own RTCP says of the streams that we sent it (RFC 3550 §6.4.1, RFC 3611)."""

from collections.abc import Iterable
from typing import TypeVar

from media.control import ExtendedFigures, FarEnd
from media.rtcp import ExtendedReport, Packet, ReceiverReport, ReportBlock, SenderReport
from media.rtcp_xr import LastReference, Summary, VoipMetrics

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_MOST_SOURCES = 16
_MOST_REPORTS = 16
"""Sender reports remembered: over a minute of them, at the usual one in five seconds."""
_COARSE = 0.005
"""Seconds: how coarsely some ends count DLSR; so far below zero a round trip still is one."""


class FarEndReports:
    """One end. It hears the SRs of the other end through us, so LSR and DLSR give the way to us."""

    __slots__ = (
        "_blocks",
        "_by_reference",
        "_last",
        "_metrics",
        "_references",
        "_round_trip",
        "_sent",
        "_summary",
        "reports",
    )

    def __init__(self) -> None:
        self.reports = 0
        self._last: ReportBlock | None = None
        self._blocks: dict[int, ReportBlock] = {}
        self._sent: dict[tuple[int, int], float] = {}
        self._round_trip: float | None = None
        self._references: dict[tuple[int, int], float] = {}
        self._by_reference: float | None = None
        """The round trip as the reference times of extended reports tell it."""
        self._metrics: VoipMetrics | None = None
        self._summary: Summary | None = None

    def sent(self, packets: Iterable[Packet], now: float) -> None:
        """These went out to that end now."""
        for packet in packets:
            if isinstance(packet, SenderReport):
                _remember(
                    self._sent, (packet.ssrc, packet.ntp >> 16 & 0xFFFFFFFF), now, _MOST_REPORTS
                )
            elif isinstance(packet, ExtendedReport) and packet.reference is not None:
                key = packet.ssrc, packet.reference >> 16 & 0xFFFFFFFF
                _remember(self._references, key, now, _MOST_REPORTS)

    def received(self, packets: Iterable[Packet], now: float) -> None:
        """These came from that end now."""
        for packet in packets:
            if isinstance(packet, SenderReport | ReceiverReport):
                for block in packet.blocks:
                    self._note(block, now)
            elif isinstance(packet, ExtendedReport):
                self._note_extended(packet, now)

    def far_end(self, rate: int) -> FarEnd | None:
        """`rate`: the RTP clock of what we sent, in Hz. None before the first report."""
        if self._last is None:
            return None
        trip = self._by_reference if self._round_trip is None else self._round_trip
        return FarEnd(
            reports=self.reports,
            fraction_lost=self._last.fraction_lost,
            lost=sum(max(0, block.lost) for block in self._blocks.values()),
            jitter_ms=1000 * self._last.jitter / rate,
            round_trip_ms=None if trip is None else 1000 * trip,
            extended=self._extended(rate),
        )

    def _extended(self, rate: int) -> ExtendedFigures | None:
        metrics, summary = self._metrics, self._summary
        if metrics is None and summary is None:
            return None
        figures: dict[str, float | None] = {}
        if metrics is not None:
            figures = {name: getattr(metrics, name) for name in _METRICS}
        if summary is not None:
            figures |= {
                "duplicated": summary.duplicated,
                "jitter_mean_ms": _milliseconds(summary.jitter_mean, rate),
                "jitter_max_ms": _milliseconds(summary.jitter_max, rate),
                "jitter_deviation_ms": _milliseconds(summary.jitter_deviation, rate),
            }
        return ExtendedFigures(**figures)  # type: ignore[arg-type]  # each as its class has it

    def _note_extended(self, report: ExtendedReport, now: float) -> None:
        for metrics in report.metrics:
            self._metrics = metrics
        for summary in report.summaries:
            self._summary = summary
        for last in report.last_references:
            self._note_reference(last, now)

    def _note_reference(self, last: LastReference, now: float) -> None:
        sent_at = self._references.get((last.ssrc, last.lrr)) if last.lrr else None
        if sent_at is not None:
            trip = now - sent_at - last.dlrr / 65536
            if trip > -_COARSE:
                self._by_reference = max(0.0, trip)

    def _note(self, block: ReportBlock, now: float) -> None:
        self.reports += 1
        self._last = block
        _remember(self._blocks, block.ssrc, block, _MOST_SOURCES)
        sent_at = self._sent.get((block.ssrc, block.lsr)) if block.lsr else None
        if sent_at is not None:
            round_trip = now - sent_at - block.dlsr / 65536
            if round_trip > -_COARSE:
                self._round_trip = max(0.0, round_trip)


_METRICS = tuple(name for name in VoipMetrics.__dataclass_fields__ if name != "ssrc")


def _milliseconds(ticks: int | None, rate: int) -> float | None:
    return None if ticks is None else 1000 * ticks / rate


def _remember(memory: dict[_Key, _Value], key: _Key, value: _Value, most: int) -> None:
    """The newest `most` of them: what a peer sends must not grow without bound."""
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > most:
        del memory[next(iter(memory))]
