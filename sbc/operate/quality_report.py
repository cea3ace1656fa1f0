"""What the streams of many calls sounded like: rows by zone, trunk and codec, from CDRs.

One direction of one stream is one sample. It belongs to the zone and trunk that *sent* it, since
what we measure is the way from there to us.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC
from typing import Literal

from sbc.operate.labels import VERDICTS
from sbc.operate.record import (
    Record,
    directions,
    expected_packets,
    loss_ratio,
    moment,
    number,
    part,
    text,
    whole,
)

Key = Literal["hour", "zone", "trunk", "codec"]
KEYS: tuple[Key, ...] = ("hour", "zone", "trunk", "codec")
USUAL: tuple[Key, ...] = ("zone", "trunk", "codec")
"""Where nothing else is asked for."""

PERCENTILES = "nearest-rank"
"""The smallest value of the samples that at least p percent of them do not exceed: always one that
was measured, never a mean of two."""


@dataclass(frozen=True, slots=True)
class Sample:
    keys: Mapping[Key, str]
    packets: int
    worst_loss_percent: float | None
    """In the worst interval."""
    loss_percent: float | None
    """None, as all the figures: the direction carried nothing."""
    jitter_ms: float | None
    longest_gap_ms: float | None
    mos: float | None
    mos_method: str | None
    late: int
    duplicated: int
    kernel_drops: int
    lost_after_percent: float | None
    """Behind us, of what was expected. None also: the receiving end has sent no RTCP."""
    round_trip_ms: float | None
    first_packet_ms: float | None
    verdict: str | None


@dataclass(frozen=True, slots=True)
class Row:
    hour: str | None
    """In which the calls ended, UTC. None, as of each key: not one of this report."""
    zone: str | None
    trunk: str | None
    codec: str | None
    streams: int
    """Directions of streams."""
    silent: int
    """Those of them that carried no packet; they are in no percentile."""
    packets: int
    loss_percent_p50: float | None
    loss_percent_p95: float | None
    loss_percent_p99: float | None
    worst_loss_percent_p95: float | None
    jitter_ms_p50: float | None
    jitter_ms_p95: float | None
    jitter_ms_p99: float | None
    longest_gap_ms_p95: float | None
    mos_p5: float | None
    mos_p50: float | None
    late: int
    """Packets out of order."""
    duplicated: int
    kernel_drops: int
    lost_after_percent_p95: float | None
    round_trip_ms_p50: float | None
    round_trip_ms_p95: float | None
    first_packet_ms_p95: float | None
    verdicts: Mapping[str, int]
    """How often each was said; those that were not are left out."""


@dataclass(frozen=True, slots=True)
class Report:
    by: tuple[Key, ...]
    percentiles: str
    mos_methods: tuple[str, ...]
    calls: int
    """With media of which something is known."""
    rows: tuple[Row, ...]


@dataclass(slots=True)
class _Group:
    streams: int = 0
    silent: int = 0
    packets: int = 0
    loss: list[float] = field(default_factory=list)
    worst_loss: list[float] = field(default_factory=list)
    jitter: list[float] = field(default_factory=list)
    gap: list[float] = field(default_factory=list)
    mos: list[float] = field(default_factory=list)
    late: int = 0
    duplicated: int = 0
    kernel_drops: int = 0
    lost_after: list[float] = field(default_factory=list)
    round_trip: list[float] = field(default_factory=list)
    first_packet: list[float] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)

    def add(self, sample: Sample) -> None:
        self.streams += 1
        self.packets += sample.packets
        self.silent += sample.packets == 0
        self.late += sample.late
        self.duplicated += sample.duplicated
        self.kernel_drops += sample.kernel_drops
        if sample.verdict is not None:
            self.verdicts[sample.verdict] += 1
        for values, value in (
            (self.loss, sample.loss_percent),
            (self.worst_loss, sample.worst_loss_percent),
            (self.jitter, sample.jitter_ms),
            (self.gap, sample.longest_gap_ms),
            (self.mos, sample.mos),
            (self.lost_after, sample.lost_after_percent),
            (self.round_trip, sample.round_trip_ms),
            (self.first_packet, sample.first_packet_ms),
        ):
            if value is not None:
                values.append(value)


def report(cdrs: Iterable[Record], by: Sequence[Key] = USUAL, trunk: str | None = None) -> Report:
    """Of the streams that `trunk` sent, or of all."""
    keys = tuple(key for key in KEYS if key in by)
    groups: dict[tuple[str, ...], _Group] = {}
    methods: set[str] = set()
    calls = 0
    for cdr in cdrs:
        wanted = [each for each in samples(cdr) if trunk in (None, each.keys["trunk"])]
        calls += bool(wanted)
        for sample in wanted:
            group = groups.setdefault(tuple(sample.keys[key] for key in keys), _Group())
            group.add(sample)
            if sample.mos_method is not None:
                methods.add(sample.mos_method)
    rows = tuple(_row(dict(zip(keys, name, strict=True)), groups[name]) for name in sorted(groups))
    return Report(keys, PERCENTILES, tuple(sorted(methods)), calls, rows)


def samples(cdr: Record) -> list[Sample]:
    hour = _hour(cdr)
    return [_sample(hour, leg, side) for _, leg, side in directions(cdr)]


def _hour(cdr: Record) -> str:
    ended = moment(cdr, "times", "ended")
    return "-" if ended is None else f"{ended.astimezone(UTC):%Y-%m-%d %H:00}"


def percentile(values: Sequence[float], percent: int) -> float | None:
    """Nearest rank, of values in any order."""
    if not values:
        return None
    rank = -(-len(values) * percent // 100)  # the ceiling, in whole numbers: no rounding error
    return sorted(values)[max(rank, 1) - 1]


def to_dict(made: Report) -> dict[str, object]:
    return asdict(made)


def to_csv(made: Report) -> str:
    """A column for each verdict that there is, so that the columns are always the same."""
    columns = [name for name in Row.__dataclass_fields__ if name not in KEYS or name in made.by]
    columns = [name for name in columns if name != "verdicts"] + [f"verdict_{v}" for v in VERDICTS]
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in made.rows:
        counts = {f"verdict_{name}": row.verdicts.get(name, 0) for name in VERDICTS}
        writer.writerow({name: _cell(value) for name, value in asdict(row).items()} | counts)
    return file.getvalue()


def _sample(hour: str, leg: Record, side: Record) -> Sample:
    total = part(side, "total")
    packets = whole(total, "packets")
    heard = packets > 0
    loss = loss_ratio(total)
    method = text(side, "mos_method")
    return Sample(
        keys={
            "hour": hour,
            "zone": text(leg, "zone") or "-",
            "trunk": text(leg, "trunk") or "-",
            "codec": text(side, "codec") or "-",
        },
        packets=packets,
        worst_loss_percent=_worst_loss(side),
        loss_percent=None if loss is None else 100 * loss,
        jitter_ms=number(total, "jitter_ms") if heard else None,
        longest_gap_ms=number(total, "longest_gap_ms") if heard else None,
        mos=number(side, "mos"),
        # The codec and the delay that follow the name of the method differ from stream to stream.
        mos_method=method.partition(",")[0] if method else None,
        late=whole(total, "late"),
        duplicated=whole(total, "duplicated"),
        kernel_drops=whole(side, "kernel_drops"),
        lost_after_percent=_lost_after(side, total),
        round_trip_ms=number(side, "far_end", "round_trip_ms"),
        first_packet_ms=number(side, "first_packet_ms"),
        verdict=_verdict(side),
    )


def _worst_loss(side: Record) -> float | None:
    loss = loss_ratio(part(side, "worst"))
    return None if loss is None else 100 * loss


def _verdict(side: Record) -> str | None:
    name = text(side, "verdict", "name")
    return name if name in VERDICTS else None


def _lost_after(side: Record, total: Record) -> float | None:
    lost = number(side, "losses", "after")
    expected = expected_packets(total)
    return None if lost is None or expected <= 0 else 100 * lost / expected


def _row(keys: Mapping[Key, str], group: _Group) -> Row:
    return Row(
        hour=keys.get("hour"),
        zone=keys.get("zone"),
        trunk=keys.get("trunk"),
        codec=keys.get("codec"),
        streams=group.streams,
        silent=group.silent,
        packets=group.packets,
        loss_percent_p50=_rounded(group.loss, 50),
        loss_percent_p95=_rounded(group.loss, 95),
        loss_percent_p99=_rounded(group.loss, 99),
        worst_loss_percent_p95=_rounded(group.worst_loss, 95),
        jitter_ms_p50=_rounded(group.jitter, 50),
        jitter_ms_p95=_rounded(group.jitter, 95),
        jitter_ms_p99=_rounded(group.jitter, 99),
        longest_gap_ms_p95=_rounded(group.gap, 95),
        mos_p5=_rounded(group.mos, 5),
        mos_p50=_rounded(group.mos, 50),
        late=group.late,
        duplicated=group.duplicated,
        kernel_drops=group.kernel_drops,
        lost_after_percent_p95=_rounded(group.lost_after, 95),
        round_trip_ms_p50=_rounded(group.round_trip, 50),
        round_trip_ms_p95=_rounded(group.round_trip, 95),
        first_packet_ms_p95=_rounded(group.first_packet, 95),
        verdicts=dict(group.verdicts),
    )


def _rounded(values: Sequence[float], percent: int) -> float | None:
    value = percentile(values, percent)
    return None if value is None else round(value, 3)


def _cell(value: object) -> object:
    """A codec's name comes from a peer: a spreadsheet must not take it for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) and value != "-":
        return f"'{value}"
    return value
