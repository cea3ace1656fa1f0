"""Call records and reports as tables on a terminal.

What a peer wrote is data and never markup: every cell is a `Text`, and control characters are gone
since `record.text` read it.
"""

from collections.abc import Callable, Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from sbc.operate.ladder import ladder
from sbc.operate.quality_report import Report, Row
from sbc.operate.record import (
    SIDES,
    Record,
    address,
    loss_ratio,
    number,
    part,
    parts,
    printable,
    text,
    whole,
)

PIPE_WIDTH = 240
"""Columns when nobody looks at a terminal, so that `grep` finds whole cells."""
NONE = "–"

Figures = Sequence[tuple[str, Callable[[Record], str]]]
"""Lines of a table: what it is, and how one side of the record tells it."""

_STATE_STYLES = {"up": "green", "ringing": "yellow", "trying": "yellow", "ending": "dim"}


def show(*renderables: RenderableType) -> None:
    """On stdout. Colours and widths only for a terminal."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    console.print(*renderables, sep="\n")


def calls_table(calls: Sequence[Record]) -> Table:
    """Two lines a call: what the caller sends, and below it what the callee sends."""
    table = _table("Call", "State", "Time", "From / to", "Trunk", "Codec")
    for name in ("Loss", "Jitter"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Verdict", no_wrap=True)
    table.add_column("Media from", no_wrap=True)
    for call in sorted(calls, key=lambda each: text(each, "times", "invite") or ""):
        table.add_row(*_call_cells(call))
    table.caption = f"calls: {len(calls)}"
    return table


def call_detail(call: Record) -> Group:
    rungs = ladder(call)
    streams = parts(call, "media")
    return Group(
        Text(f"Call {_uid(call)}", style="bold"),
        _facts(call),
        _legs(call),
        *(_stream(stream) for stream in streams),
        *([Text("no media report", style="dim")] if not streams else []),
        *_reports(call),
        *([Text("\nLadder", style="bold")] if rungs else []),
        *(Text(rung, no_wrap=True, overflow="ellipsis") for rung in rungs),
    )


def quality_table(report: Report, title: str) -> Table:
    table = _table(*(key.capitalize() for key in report.by), title=title)
    for heading in (
        *("Streams", "Silent", "Packets", "Loss %\np50", "\np95", "\np99", "Jitter ms\np50"),
        *("\np95", "\np99", "Gap ms\np95", "MOS\np5", "\np50", "Trip ms\np95"),
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Verdicts", no_wrap=True)
    for row in report.rows:
        table.add_row(*(Text(getattr(row, key) or NONE) for key in report.by), *_quality_cells(row))
    table.caption = "\n".join(
        (
            f"Calls: {report.calls}. A stream is one direction, by its sender.",
            f"Percentiles: {report.percentiles}. MOS: {'; '.join(report.mos_methods) or 'none'}.",
        )
    )
    return table


def _table(*columns: str, title: str | None = None) -> Table:
    table = Table(title=title, box=None, pad_edge=False, title_justify="left")
    table.caption_justify = "left"
    for name in columns:
        table.add_column(name, no_wrap=True)
    return table


def _call_cells(call: Record) -> Iterable[Text]:
    stream = _main_stream(call)
    sides = [part(stream, side) for side in SIDES]
    recent = [part(side, "interval") or part(side, "total") for side in sides]
    state = text(call, "state") or NONE
    yield Text(_uid(call))
    yield Text(state, style=_STATE_STYLES.get(state, ""))
    yield Text(_duration(number(call, "duration_s")))
    yield _stacked([text(call, "from") or NONE, f"→ {text(call, 'to') or NONE}"])
    yield _stacked([text(call, "legs", side, "trunk") or NONE for side in SIDES])
    yield _stacked([_codec(side) for side in sides])
    yield _stacked([_percent(loss_ratio(each)) for each in recent])
    yield _stacked([_milliseconds(number(each, "jitter_ms")) for each in recent])
    yield Text("\n").join(_verdict(side) for side in sides)
    yield _stacked([_source(side) for side in sides])


def _main_stream(call: Record) -> Record:
    streams = parts(call, "media")
    audio = [stream for stream in streams if text(stream, "kind") == "audio"]
    return next(iter([*audio, *streams]), {})


def _facts(call: Record) -> Table:
    times, cause = part(call, "times"), part(call, "cause")
    attempts = [
        f"{text(each, 'trunk') or NONE} {text(each, 'endpoint') or NONE}: "
        f"{_plain(number(each, 'status'))}"
        for each in parts(call, "attempts")
    ]
    ending = [text(call, "ended_by"), _plain(number(cause, "sip")), text(cause, "text")]
    rows = [
        ("State", text(call, "state")),
        ("From", text(call, "from")),
        ("To", text(call, "to")),
        ("Route", text(call, "route")),
        ("INVITE", text(times, "invite")),
        ("Ringing", text(times, "ringing")),
        ("Answered", text(times, "answered")),
        ("Ended", text(times, "ended")),
        ("Setup", _seconds(number(call, "setup_s"))),
        ("Duration", _seconds(number(call, "duration_s"))),
        ("Ended by", " · ".join(each for each in ending if each and each != NONE)),
        ("Q.850", _plain(number(cause, "q850"))),
        ("Tried", "\n".join(attempts)),
        ("Session-ID", text(call, "session_id")),
        ("Node", text(call, "node")),
    ]
    return _pairs(rows)


def _legs(call: Record) -> Table:
    table = _table("", "Caller", "Callee", title="\nLegs")
    for label, name in (
        ("Zone", "zone"),
        ("Trunk", "trunk"),
        ("Interface", "interface"),
        ("Transport", "transport"),
        ("Remote", "remote"),
        ("Call-ID", "call_id"),
        ("Our tag", "local_tag"),
        ("Its tag", "remote_tag"),
        ("User agent", "user_agent"),
    ):
        cells = [text(call, "legs", side, name) or NONE for side in SIDES]
        table.add_row(Text(label, style="dim"), *(Text(cell) for cell in cells))
    return table


def _stream(stream: Record) -> Table:
    sides = [part(stream, side) for side in SIDES]
    kind = text(stream, "kind") or "media"
    title = f"\nStream {whole(stream, 'index')}: {kind}"
    table = _table("", "From the caller", "From the callee", title=title)
    table.add_row(Text("Verdict", style="bold"), *(_verdict(side) for side in sides))
    evidence = [text(side, "verdict", "evidence") or "" for side in sides]
    if any(evidence):
        table.add_row(Text("  evidence", style="dim"), *(Text(each) for each in evidence))
    _rows(table, "", _MEDIA, sides)
    _rows(table, "Whole stream", _TOTALS, [part(side, "total") for side in sides])
    intervals = [part(side, "interval") for side in sides]
    if any(intervals):
        _rows(table, "Last interval", _TOTALS, intervals)
    worst = [part(side, "worst") for side in sides]
    if any(whole(each, "missing") for each in worst):
        _rows(table, "Worst interval", _WORST, worst)
    far_ends = [part(side, "far_end") for side in sides]
    _rows(table, "Its own RTCP on what we sent it", _FAR_END, far_ends)
    table.add_row(Text("MOS", style="bold"), *(Text(_plain(number(s, "mos"))) for s in sides))
    table.add_row(
        Text("  method", style="dim"), *(Text(text(side, "mos_method") or NONE) for side in sides)
    )
    return table


def _reports(call: Record) -> Iterable[RenderableType]:
    """What phones published of the call (RFC 6035)."""
    told = parts(call, "reports")
    if told:
        yield Text("\nReports of phones", style="bold")
    for each in told:
        who = {"a": "caller", "b": "callee"}.get(text(each, "leg") or "", NONE)
        for side in ("local", "remote"):
            figures = (f"{name} {_said(value)}" for name, value in part(each, side).items())
            if line := ", ".join(figures):
                head = f"{who}, {text(each, 'kind') or NONE}, {side}: "
                yield Text(printable(head + line))


def _said(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _rows(
    table: Table,
    heading: str,
    rows: Figures,
    of: Sequence[Record],
) -> None:
    """One line a figure; a side of which nothing is known has dashes."""
    if heading:
        table.add_row(Text(heading, style="bold"))
    indent = "  " if heading else ""
    for label, figure in rows:
        cells = [Text(figure(each) if each else NONE) for each in of]
        table.add_row(Text(f"{indent}{label}", style="dim"), *cells)


def _pairs(rows: Iterable[tuple[str, str | None]]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for label, value in rows:
        if value:
            table.add_row(Text(label, style="dim"), Text(value))
    return table


def _quality_cells(row: Row) -> Iterable[Text]:
    for value in (row.streams, row.silent, row.packets):
        yield Text(str(value))
    for name in _REPORTED:
        value = getattr(row, name)
        yield Text(NONE if value is None else f"{value:.2f}")
    told = sorted(row.verdicts.items(), key=lambda each: (-each[1], each[0]))
    yield _stacked([f"{name} {count}" for name, count in told] or [NONE])


def _uid(call: Record) -> str:
    return text(call, "uid") or NONE


def _stacked(lines: Sequence[str]) -> Text:
    return Text("\n".join(printable(line) for line in lines))


def _codec(side: Record) -> str:
    return text(side, "codec") or NONE


def _source(side: Record) -> str:
    """Where the media comes from, and whether that is where its SDP said."""
    latched, expected = address(side, "latched"), address(side, "expected")
    if latched is None:
        return f"({expected})" if expected else NONE
    return latched if latched == expected else f"{latched} ≠ SDP"


def _verdict(side: Record) -> Text:
    name, where = text(side, "verdict", "name"), text(side, "verdict", "where")
    if name is None:
        return Text(NONE)
    style = "green" if name == "ok" else "red" if where else ""
    return Text(f"{name} ({where})" if where else name, style=style)


def _losses(side: Record) -> str:
    lost = part(side, "losses")
    if not lost:
        return NONE
    return " / ".join(_plain(number(lost, place)) for place in ("before", "at", "after"))


def _missing(totals: Record) -> int:
    return whole(totals, "lost" if number(totals, "missing") is None else "missing")


def _unmapped(side: Record) -> str:
    count = whole(side, "unmapped")
    return f"{count} (last {whole(side, 'unmapped_type')})" if count else "0"


def _rejected(side: Record) -> str:
    sources = side.get("rejected_sources")
    named = [str(each) for each in sources] if isinstance(sources, (list, tuple)) else []
    count = str(whole(side, "rejected"))
    return f"{count} ({printable(', '.join(named))})" if named else count


def _plain(value: float | None) -> str:
    return NONE if value is None else f"{value:g}" if value % 1 else f"{value:.0f}"


def _percent(ratio: float | None) -> str:
    return NONE if ratio is None else f"{100 * ratio:.2f} %"


def _milliseconds(value: float | None) -> str:
    return NONE if value is None else f"{value:.1f} ms"


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f} s"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return NONE
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


_REPORTED = (
    *("loss_percent_p50", "loss_percent_p95", "loss_percent_p99"),
    *("jitter_ms_p50", "jitter_ms_p95", "jitter_ms_p99"),
    *("longest_gap_ms_p95", "mos_p5", "mos_p50", "round_trip_ms_p95"),
)
"""The percentiles for which a terminal has room; JSON and CSV have them all."""
_MEDIA: Figures = (
    ("Our port", lambda side: f"{text(side, 'interface')}:{whole(side, 'port')}"),
    ("Expected from", lambda side: address(side, "expected") or NONE),
    ("Latched to", lambda side: address(side, "latched") or NONE),
    ("Latching", lambda side: text(side, "latch_mode") or NONE),
    ("Rejected packets", _rejected),
    ("Codec", _codec),
    ("SSRC", lambda side: _plain(number(side, "ssrc"))),
    ("First packet after", lambda side: _milliseconds(number(side, "first_packet_ms"))),
    ("Forwarded / held", lambda side: f"{whole(side, 'forwarded')} / {whole(side, 'held')}"),
    ("Not sent / policed", lambda side: f"{whole(side, 'unsent')} / {whole(side, 'policed')}"),
    ("Lost before / at / after us", _losses),
    ("Dropped by our kernel", lambda side: _plain(number(side, "kernel_drops"))),
    ("Refused by it (ICMP)", lambda side: _plain(number(side, "refused"))),
    ("Unknown payload types", _unmapped),
    ("Protected by", lambda side: text(side, "srtp") or NONE),
    ("SRTP not authentic", lambda side: _plain(number(side, "auth_failed"))),
    ("SRTP repeated", lambda side: _plain(number(side, "srtp_replayed"))),
)
_TOTALS: Figures = (
    ("Packets", lambda of: _plain(number(of, "packets"))),
    ("Bytes", lambda of: _plain(number(of, "bytes"))),
    ("Missing", lambda of: f"{_missing(of)} ({_percent(loss_ratio(of))})"),
    ("Lost (RFC 3550)", lambda of: _plain(number(of, "lost"))),
    ("  in bursts", lambda of: _plain(number(of, "bursts"))),
    ("Late (out of order)", lambda of: _plain(number(of, "late"))),
    ("Duplicated", lambda of: _plain(number(of, "duplicated"))),
    ("Jitter", lambda of: _milliseconds(number(of, "jitter_ms"))),
    ("Jitter, highest", lambda of: _milliseconds(number(of, "jitter_max_ms"))),
    ("Longest gap", lambda of: _milliseconds(number(of, "longest_gap_ms"))),
    ("Over", lambda of: _seconds(number(of, "seconds")) or NONE),
)
_WORST: Figures = (
    ("Missing", lambda of: f"{_missing(of)} ({_percent(loss_ratio(of))})"),
    ("Jitter", lambda of: _milliseconds(number(of, "jitter_ms"))),
    ("Longest gap", lambda of: _milliseconds(number(of, "longest_gap_ms"))),
)
_FAR_END: Figures = (
    ("Reports", lambda of: _plain(number(of, "reports"))),
    ("Lost, last report", lambda of: _percent(number(of, "fraction_lost"))),
    ("Lost, all", lambda of: _plain(number(of, "lost"))),
    ("Jitter", lambda of: _milliseconds(number(of, "jitter_ms"))),
    ("Round trip", lambda of: _milliseconds(number(of, "round_trip_ms"))),
    ("Discarded (XR)", lambda of: _percent(number(of, "extended", "discard_rate"))),
    ("Heard MOS (XR)", lambda of: _plain(number(of, "extended", "mos_cq"))),
)
