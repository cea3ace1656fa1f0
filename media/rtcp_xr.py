"""RTCP extended reports (RFC 3611) as ends send them: VoIP metrics, statistics, reference times."""

from dataclasses import dataclass
from struct import Struct

REFERENCE, DLRR, SUMMARY, VOIP_METRICS = range(4, 8)

_WORD = Struct("!I")
_DLRR = Struct("!III")
_SUMMARY = Struct("!IHHIIIIII4x")
_VOIP = Struct("!I4B4H4xBx2B2xH4x")
_UNAVAILABLE = 127
"""RFC 3611 §4.7: levels, R factors and MOS that the end does not know."""


class BadRtcp(Exception):
    """The peer's fault; it is dropped and counted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class VoipMetrics:
    """RFC 3611 §4.7. Rates and densities 0..1, durations and delays ms; None: unavailable."""

    ssrc: int
    loss_rate: float
    discard_rate: float
    burst_density: float
    gap_density: float
    burst_ms: int
    gap_ms: int
    round_trip_ms: int
    end_system_ms: int
    r_factor: int | None
    mos_lq: float | None
    mos_cq: float | None
    jitter_buffer_ms: int
    """Its nominal delay."""


@dataclass(frozen=True, slots=True)
class Summary:
    """RFC 3611 §4.6. Figures that the end did not measure are None; jitter in timestamp units."""

    ssrc: int
    lost: int | None
    duplicated: int | None
    jitter_min: int | None
    jitter_max: int | None
    jitter_mean: int | None
    jitter_deviation: int | None


@dataclass(frozen=True, slots=True)
class LastReference:
    """RFC 3611 §4.5: what SR's LSR and DLSR are, for ends which do not send media."""

    ssrc: int
    lrr: int
    """Middle 32 bits of the last reference time of `ssrc`; 0: none came."""
    dlrr: int
    """1/65536 s since then."""


@dataclass(frozen=True, slots=True)
class ExtendedReport:
    ssrc: int
    metrics: tuple[VoipMetrics, ...]
    others: tuple[int, ...]
    """Types of the blocks which are not read."""
    summaries: tuple[Summary, ...] = ()
    reference: int | None = None
    """NTP time, 64 bits (§4.4)."""
    last_references: tuple[LastReference, ...] = ()


def read_extended(body: bytes) -> ExtendedReport:
    """`body`: all behind the first word of the packet. Raises BadRtcp."""
    if len(body) < 4:
        raise BadRtcp("a packet is cut short")
    (ssrc,) = _WORD.unpack_from(body)
    metrics: list[VoipMetrics] = []
    summaries: list[Summary] = []
    lasts: list[LastReference] = []
    others: list[int] = []
    reference = None
    for kind, flags, block in _blocks(body):
        match kind:
            case 4:
                reference = _reference(block)
            case 5:
                lasts += _last_references(block)
            case 6:
                summaries.append(_summary(flags, block))
            case 7:
                metrics.append(_voip(block))
            case _:
                others.append(kind)
    return ExtendedReport(
        ssrc, tuple(metrics), tuple(others), tuple(summaries), reference, tuple(lasts)
    )


def _blocks(body: bytes) -> list[tuple[int, int, bytes]]:
    """Type, type-specific octet and contents of each."""
    found, position = [], 4
    while position < len(body):
        if position + 4 > len(body):
            raise BadRtcp("a packet is cut short")
        (head,) = _WORD.unpack_from(body, position)
        end = position + 4 + 4 * (head & 0xFFFF)
        if end > len(body):
            raise BadRtcp("a report block is cut short")
        found.append((head >> 24, head >> 16 & 0xFF, body[position + 4 : end]))
        position = end
    return found


def _reference(block: bytes) -> int:
    if len(block) != 8:
        raise BadRtcp("a reference time is not 8 octets")
    return int.from_bytes(block, "big")


def _last_references(block: bytes) -> list[LastReference]:
    if len(block) % _DLRR.size:
        raise BadRtcp("a DLRR block is cut short")
    return [LastReference(*each) for each in _DLRR.iter_unpack(block)]


def _summary(flags: int, block: bytes) -> Summary:
    if len(block) != _SUMMARY.size:
        raise BadRtcp("a statistics summary is not 36 octets")
    ssrc, _, _, lost, duplicated, low, high, mean, deviation = _SUMMARY.unpack(block)
    loss, copies, jitter = flags & 0x80, flags & 0x40, flags & 0x20
    return Summary(
        ssrc=ssrc,
        lost=lost if loss else None,
        duplicated=duplicated if copies else None,
        jitter_min=low if jitter else None,
        jitter_max=high if jitter else None,
        jitter_mean=mean if jitter else None,
        jitter_deviation=deviation if jitter else None,
    )


def _voip(block: bytes) -> VoipMetrics:
    if len(block) != _VOIP.size:
        raise BadRtcp("VoIP metrics are not 32 octets")
    ssrc, *rates, burst, gap, trip, system, r, lq, cq, nominal = _VOIP.unpack(block)
    loss_rate, discard_rate, burst_density, gap_density = (rate / 256 for rate in rates)
    return VoipMetrics(
        ssrc=ssrc,
        loss_rate=loss_rate,
        discard_rate=discard_rate,
        burst_density=burst_density,
        gap_density=gap_density,
        burst_ms=burst,
        gap_ms=gap,
        round_trip_ms=trip,
        end_system_ms=system,
        r_factor=None if r == _UNAVAILABLE else r,
        mos_lq=None if lq == _UNAVAILABLE else lq / 10,
        mos_cq=None if cq == _UNAVAILABLE else cq / 10,
        jitter_buffer_ms=nominal,
    )
