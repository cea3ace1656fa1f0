"""Phones as a table on a terminal: who is registered, where, and for how long."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from sbc.operate.record import Record, number, text
from sbc.operate.tables import NONE

_COLUMNS = (
    ("User", "user"),
    ("Access", "access"),
    ("Source", "source"),
    ("By", "transport"),
    ("Contact", "contact"),
    ("Phone", "user_agent"),
    ("Upstream", "upstream"),
)


def binding_table(bindings: Sequence[Record]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name, _ in _COLUMNS:
        table.add_column(name, no_wrap=True)
    table.add_column("Expires in", no_wrap=True, justify="right")
    for binding in bindings:
        table.add_row(*_cells(binding))
    return table


def _cells(binding: Record) -> Iterable[Text]:
    for _, key in _COLUMNS:
        yield Text(text(binding, key) or NONE)
    left = number(binding, "expires_in")
    yield Text(NONE if left is None else f"{max(0, int(left))} s")
