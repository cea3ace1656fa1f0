"""Trunks as a table on a terminal: their calls, and what our registrations there have come to."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from sbc.operate.record import Record, number, part, text, whole
from sbc.operate.tables import NONE

_STYLES = {"registered": "green", "registering": "yellow", "waiting": "red"}


def trunk_table(trunks: Sequence[Record]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("Trunk", "Zone", "Calls", "Registration", "Expires in", "Endpoint", "Answer"):
        right = name in {"Calls", "Expires in"}
        table.add_column(name, no_wrap=True, justify="right" if right else "left")
    for trunk in trunks:
        table.add_row(*_cells(trunk))
    return table


def _cells(trunk: Record) -> Iterable[Text]:
    of = part(trunk, "registration")
    state = text(of, "state") or NONE
    failures = whole(of, "failures")
    yield Text(text(trunk, "trunk") or NONE)
    yield Text(text(trunk, "zone") or NONE)
    yield Text(str(whole(trunk, "calls")))
    yield Text(state, style=_STYLES.get(state, ""))
    yield Text(_time(number(of, "expires_in")))
    yield Text(text(of, "endpoint") or NONE)
    yield Text(_answer(number(of, "status"), failures))


def _time(seconds: float | None) -> str:
    if seconds is None:
        return NONE
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


def _answer(status: float | None, failures: int) -> str:
    if status is None:
        return NONE
    often = f" ({failures} failures)" if failures > 1 else ""
    return f"{status:.0f}{often}"
