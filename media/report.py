"""What the relay knows of a stream, for signalling, operators and call records."""

from dataclasses import dataclass

from media.control import FarEnd, SideReport, StreamReport
from media.mos import burst_ratio, mos
from media.side import SideState
from media.stream import Stream

_USUAL_CLOCK = 8000


@dataclass(frozen=True, slots=True)
class Begun:
    opened_at: float
    supervised_at: float | None
    """None: it is not, or not yet."""


def stream_report(stream: Stream, begun: Begun, now: float) -> StreamReport:
    a, b = (_far_end(side, stream.other(side)) for side in stream.sides)
    trip = None
    if a and b and a.round_trip_ms is not None and b.round_trip_ms is not None:
        trip = a.round_trip_ms + b.round_trip_ms
    return StreamReport(
        stream.index,
        stream.kind,
        _side_report(stream.a, a, trip, begun, now),
        _side_report(stream.b, b, trip, begun, now),
    )


def _far_end(side: SideState, other: SideState) -> FarEnd | None:
    """It is about what `other` sent, so it counts by that clock."""
    heard = other.reception.heard_codec()
    rate = heard[1] if heard else _USUAL_CLOCK
    return None if side.reports is None else side.reports.far_end(rate)


def _side_report(
    side: SideState, far_end: FarEnd | None, trip: float | None, begun: Begun, now: float
) -> SideReport:
    reception = side.reception
    codec = reception.heard_codec()
    total = reception.total(now)
    ratio = burst_ratio(total.packets + total.lost, total.lost, total.bursts)
    score = mos(codec and codec[0], reception.loss_fraction(now), total.jitter_ms, trip, ratio)
    return SideReport(
        interface=side.local[0],
        port=side.local[1],
        expected=side.rtp.expected,
        latched=side.rtp.latched,
        latch_mode=side.rtp.mode,
        rejected=side.rejected,
        rejected_sources=side.rejected_sources,
        codec=f"{codec[0]}/{codec[1]}" if codec else None,
        ssrc=reception.ssrc,
        first_packet_ms=_first_packet_ms(reception.first_at, begun),
        total=total,
        interval=reception.interval(),
        forwarded=side.counts.forwarded,
        held=side.counts.held,
        far_end=far_end,
        mos=score and score[0],
        mos_method=score and score[1],
        ice=None if side.ice is None else side.ice.standing,
    )


def _first_packet_ms(first_at: float | None, begun: Begun) -> float | None:
    if first_at is None:
        return None
    since = begun.supervised_at
    if since is None or first_at < since:  # early media
        since = begun.opened_at
    return 1000 * (first_at - since)
