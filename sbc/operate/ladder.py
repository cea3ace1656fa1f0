"""The ladder of one call: every message of both legs, in the order in which they passed.

Text alone. An arrow stands on the side of its leg and points as the message went:

      caller                       sbc                      callee
   0.000 │─── INVITE ──────────────►│                          │  sdp
   0.002 │                          │─── INVITE ──────────────►│  sdp
   0.200 │                          │◄───────── 180 Ringing ───│
"""

from collections.abc import Iterator

from sbc.operate.record import Record, number, parts, text

WIDTH = 26
"""Characters between two lifelines."""
_TIME = 9
_HEAD = 3


def ladder(record: Record) -> list[str]:
    """Empty if the record has no trace."""
    trace = parts(record, "trace")
    return [*_heading(record), *(_line(entry) for entry in trace)] if trace else []


def _heading(record: Record) -> Iterator[str]:
    yield _columns("caller", text(record, "node") or "border", "callee")
    ends = [text(record, "legs", side, "remote") or "" for side in ("a", "b")]
    yield _columns(ends[0], "", ends[1])
    zones = [text(record, "legs", side, "zone") or "" for side in ("a", "b")]
    yield _columns(zones[0], "", zones[1])


def _columns(left: str, middle: str, right: str) -> str:
    """Each centred on its lifeline, as far as its neighbours let it."""
    line = " " * (_TIME + 2 * WIDTH + 2 + len(right))
    for at, name in ((0, left), (WIDTH + 1, middle), (2 * WIDTH + 2, right)):
        start = max(0, _TIME + at - len(name) // 2)
        line = line[:start] + name + line[start + len(name) :]
    return line.rstrip()


def _line(entry: Record) -> str:
    at = number(entry, "at")
    time = f"{at:>{_TIME - 1}.3f} " if at is not None else " " * _TIME
    label = text(entry, "line") or ""
    inward = text(entry, "direction") == "in"
    on_a = text(entry, "leg") != "b"
    arrow = _arrow(label, rightward=inward if on_a else not inward)
    rungs = f"│{arrow}│{' ' * WIDTH}│" if on_a else f"│{' ' * WIDTH}│{arrow}│"
    return f"{time}{rungs}  {text(entry, 'note') or ''}".rstrip()


def _arrow(label: str, *, rightward: bool) -> str:
    """`── INVITE ──►`: at least three strokes, and the label cut to what is left."""
    room = WIDTH - 2 * _HEAD - 2
    shown = label if len(label) <= room else f"{label[: room - 1]}…"
    strokes = WIDTH - len(shown) - 3
    if rightward:
        return f"{'─' * _HEAD} {shown} {'─' * (strokes - _HEAD)}►"
    return f"◄{'─' * (strokes - _HEAD)} {shown} {'─' * _HEAD}"
