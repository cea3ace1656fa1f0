"""The figures of one interval of a stream, and how intervals make up the whole."""

from dataclasses import dataclass

from media.control import Totals


@dataclass(frozen=True, slots=True)
class Counters:
    """Everything that is a count, at one moment."""

    packets: int = 0
    octets: int = 0
    missing: int = 0
    late: int = 0
    duplicated: int = 0
    bursts: int = 0

    def less(self, earlier: "Counters") -> "Counters":
        return Counters(
            self.packets - earlier.packets,
            self.octets - earlier.octets,
            self.missing - earlier.missing,
            self.late - earlier.late,
            self.duplicated - earlier.duplicated,
            self.bursts - earlier.bursts,
        )


@dataclass(frozen=True, slots=True)
class Peaks:
    """Everything that is a mean or a maximum, over some time; in seconds."""

    jitter_sum: float = 0.0
    samples: int = 0
    jitter_max: float = 0.0
    gap: float = 0.0

    def joined(self, other: "Peaks") -> "Peaks":
        return Peaks(
            self.jitter_sum + other.jitter_sum,
            self.samples + other.samples,
            max(self.jitter_max, other.jitter_max),
            max(self.gap, other.gap),
        )


def totals(counters: Counters, peaks: Peaks, seconds: float) -> Totals:
    return Totals(
        packets=counters.packets,
        bytes=counters.octets,
        lost=max(0, counters.missing),
        late=counters.late,
        duplicated=counters.duplicated,
        jitter_ms=1000 * peaks.jitter_sum / peaks.samples if peaks.samples else 0.0,
        jitter_max_ms=1000 * peaks.jitter_max,
        longest_gap_ms=1000 * peaks.gap,
        seconds=seconds,
        bursts=max(0, counters.bursts),
        missing=max(0, counters.missing + counters.duplicated),
    )
