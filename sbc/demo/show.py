"""What the demo tells of its call: the ladder, what was hidden, where media latched, what was
measured.

Text only, from the call's record and from what the two phones saw; nothing here is invented.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sbc.operate.ladder import ladder
from sbc.operate.record import Record, address, loss_ratio, number, part, parts, text, whole


@dataclass(frozen=True, slots=True)
class Secret:
    """Something of one side which the other must not see."""

    what: str
    value: str
    seen: bool
    """It was found in a message that the other side got."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One direction: what was done to it, and what the far phone counted by itself."""

    name: str
    side: str
    """`a` or `b`: whose sending it is."""
    loss_put_in: float
    """Share, 0..1."""
    jitter_put_in_ms: float
    heard: int
    heard_lost: int
    tones: int


def story(
    record: Record, secrets: Sequence[Secret], directions: Sequence[Measured]
) -> RenderableType:
    return Group(
        _title("The call, both legs side by side"),
        *(Text(line, no_wrap=True, overflow="ellipsis") for line in ladder(record)),
        _title("What was hidden"),
        _hidden(secrets),
        _title("Where the media latched"),
        *_latched(record),
        _title("What was measured, against what was put in"),
        _measured(record, directions),
    )


def _title(text_: str) -> Text:
    return Text(f"\n{text_}\n", style="bold")


def _hidden(secrets: Sequence[Secret]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("Of one side", "Value", "Seen on the other side"):
        table.add_column(heading, no_wrap=True)
    for secret in secrets:
        seen = Text("YES: a leak", style="bold red") if secret.seen else Text("no", style="green")
        table.add_row(Text(secret.what), Text(secret.value), seen)
    return table


def _latched(record: Record) -> list[Text]:
    lines = []
    for stream in parts(record, "media"):
        for side, who in (("a", "The caller"), ("b", "The desk phone")):
            report = part(stream, side)
            said, found = address(report, "expected"), address(report, "latched")
            first = number(report, "first_packet_ms")
            after = f", {first:.0f} ms after the answer" if first is not None else ""
            where = f"latched to {found}{after}" if found else "no latch: sent where SDP said"
            mode = text(report, "latch_mode") or "none"
            lines.append(Text(f"{who}'s SDP said {said}; {where} (mode {mode})."))
    return lines


def _measured(record: Record, directions: Sequence[Measured]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    for direction in directions:
        table.add_column(direction.name, justify="right", no_wrap=True)
    stream = next(iter(parts(record, "media")), {})
    sides = [part(stream, direction.side) for direction in directions]
    totals = [part(side, "total") for side in sides]
    far = [part(side, "far_end") for side in _other_ends(stream, directions)]
    rows: list[tuple[str, list[str]]] = [
        ("packets", [str(whole(total, "packets")) for total in totals]),
        ("loss put in", [f"{100 * each.loss_put_in:.2f} %" for each in directions]),
        ("loss measured", [_loss(total) for total in totals]),
        ("jitter put in", [f"{each.jitter_put_in_ms:.2f} ms" for each in directions]),
        ("jitter measured", [_ms(number(total, "jitter_ms")) for total in totals]),
        ("longest gap", [_ms(number(total, "longest_gap_ms")) for total in totals]),
        ("receiver's own RTCP: lost", [str(whole(each, "lost")) if each else "–" for each in far]),
        ("receiver's own RTCP: jitter", [_ms(number(each, "jitter_ms")) for each in far]),
        ("receiver heard, of it the tone", [f"{d.heard}, {d.tones}" for d in directions]),
        ("MOS", [_mos(side) for side in sides]),
    ]
    for name, cells in rows:
        table.add_row(Text(name, style="dim"), *(Text(cell) for cell in cells))
    methods = {text(side, "mos_method") for side in sides} - {None}
    table.caption = f"MOS: {'; '.join(sorted(str(each) for each in methods))}"
    table.caption_justify = "left"
    return table


def _other_ends(stream: Record, directions: Sequence[Measured]) -> list[Record]:
    """Whoever hears a direction reports on it: its RTCP comes in on the other side."""
    return [part(stream, "b" if direction.side == "a" else "a") for direction in directions]


def _loss(total: Record) -> str:
    ratio = loss_ratio(total)
    return "–" if ratio is None else f"{100 * ratio:.2f} %"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} ms"


def _mos(side: Record) -> str:
    value = number(side, "mos")
    return "–" if value is None else f"{value:.2f}"
