"""What the relay knows of a stream, for signalling, operators and call records."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from media.control import Address, FarEnd, LoopLag, SideReport, StreamReport
from media.engine.flow import Local
from media.mos import burst_ratio, mos
from media.side import SideState
from media.stream import Stream
from media.value import Value
from media.verdict import Direction, Limits, Standing, judge, losses

_USUAL_CLOCK = 8000


class Probe:
    """What only an engine knows, and the core is made before it."""

    __slots__ = ("dropped_at", "lag", "overrun")

    def __init__(self) -> None:
        self.dropped_at: Callable[[Local], int] = _none
        """Packets for a port of ours that overran its socket."""
        self.overrun: Callable[[], Mapping[str, int]] = dict
        """The same of all ports, by interface, since the process began."""
        self.lag: Callable[[], LoopLag | None] = _unknown


def _none(_: Local) -> int:
    return 0


def _unknown() -> None:
    return None


class TurnPorts(Value, frozen=True):
    """Where clients of our TURN server are seen."""

    ips: frozenset[str]
    low: int
    high: int

    def has(self, address: Address | None) -> bool:
        return (
            address is not None and address[0] in self.ips and self.low <= address[1] <= self.high
        )


NO_TURN = TurnPorts(frozenset(), 0, 0)


class Measuring(Value, frozen=True):
    """How streams are measured and judged; the same for all of a relay."""

    interval: float
    """Seconds."""
    limits: Limits
    probe: Probe
    turn: TurnPorts = NO_TURN


class Begun(Value, frozen=True):
    opened_at: float
    supervised_at: float | None
    """None: it is not, or not yet."""


def stream_report(stream: Stream, begun: Begun, measuring: Measuring, now: float) -> StreamReport:
    a, b = (_far_end(side, stream.other(side)) for side in stream.sides)
    trip = None
    if a and b and a.round_trip_ms is not None and b.round_trip_ms is not None:
        trip = a.round_trip_ms + b.round_trip_ms
    one = _side_report(stream.a, a, trip, begun, measuring, now)
    two = _side_report(stream.b, b, trip, begun, measuring, now)
    here, there = _standing(stream.a, now), _standing(stream.b, now)
    limits = measuring.limits
    return StreamReport(
        stream.index,
        stream.kind,
        _judged(Direction(one, two, here, there, losses(one, two), limits)),
        _judged(Direction(two, one, there, here, losses(two, one), limits)),
    )


def _judged(way: Direction) -> SideReport:
    return replace(way.sender, losses=way.losses, verdict=judge(way))


def _standing(side: SideState, now: float) -> Standing:
    reception, counts = side.reception, side.counts
    waited = None
    if side.asked_at is not None and reception.first_at is not None:
        waited = max(0.0, reception.first_at - side.asked_at)
    return Standing(
        silent=side.watch.silence(reception.last_at, now),
        waited=waited,
        resting=reception.resting,
        refused=counts.refused_at - counts.refused_since,
    )


def _far_end(side: SideState, other: SideState) -> FarEnd | None:
    """It is about what `other` sent, so it counts by that clock."""
    heard = other.reception.heard_codec()
    rate = heard[1] if heard else _USUAL_CLOCK
    return None if side.reports is None else side.reports.far_end(rate)


def _side_report(
    side: SideState,
    far_end: FarEnd | None,
    trip: float | None,
    begun: Begun,
    measuring: Measuring,
    now: float,
) -> SideReport:
    reception, protection = side.reception, side.security.rtp
    codec = reception.heard_codec()
    total = reception.total(now)
    ratio = burst_ratio(total.expected, total.missing, total.bursts)
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
        unsent=side.counts.unsent,
        refused=side.counts.refused,
        kernel_drops=measuring.probe.dropped_at(side.local),
        unmapped=reception.unmapped(),
        unmapped_type=reception.unmapped_type,
        policed=side.counts.policed,
        worst=reception.worst,
        auth_failed=0 if protection is None else protection.auth_failed,
        srtp=None if protection is None else protection.suite,
        srtp_replayed=0 if protection is None else protection.replayed,
        turn=measuring.turn.has(side.rtp.source),
    )


def _first_packet_ms(first_at: float | None, begun: Begun) -> float | None:
    if first_at is None:
        return None
    since = begun.supervised_at
    if since is None or first_at < since:  # early media
        since = begun.opened_at
    return 1000 * (first_at - since)
