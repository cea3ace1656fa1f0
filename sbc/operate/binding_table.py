"""Phones as a table on a terminal: who is registered, where, and for how long."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from sbc.operate.record import Record, field, number, parts, text
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
    table.add_column("NAT", no_wrap=True)
    table.add_column("Remembers", no_wrap=True, justify="right")
    for binding in bindings:
        table.add_row(*_cells(binding))
    return table


def _cells(binding: Record) -> Iterable[Text]:
    for _, key in _COLUMNS:
        yield Text(text(binding, key) or NONE)
    left = number(binding, "expires_in")
    yield Text(NONE if left is None else f"{max(0, int(left))} s")
    yield Text(_nat(binding))
    yield Text(_life(binding))


def _nat(binding: Record) -> str:
    kind = text(binding, "nat", "nat")
    if kind is None:
        return NONE
    return kind if field(binding, "nat", "reachable") is not False else f"{kind}, silent"


def _life(binding: Record) -> str:
    """How long its NAT remembers a flow, as far as it is known."""
    least = number(binding, "nat", "binding_life", "at_least")
    most = number(binding, "nat", "binding_life", "less_than")
    if least is None:
        return NONE
    return f"≥ {least:.0f} s" if most is None else f"{least:.0f}-{most:.0f} s"


def moves_table(bindings: Sequence[Record]) -> Table:
    """When a phone was last heard from another address, and from which."""
    table = Table(box=None, pad_edge=False)
    for name in ("Moved", "From", "To", "While reachable"):
        table.add_column(name, no_wrap=True)
    for binding in bindings:
        for move in parts(binding, "nat", "changes"):
            ago = number(move, "ago")
            when = NONE if ago is None else f"{ago:.0f} s ago"
            alive = "yes" if field(move, "alive") is True else "no"
            where = (text(move, name) or NONE for name in ("from", "to"))
            table.add_row(*(Text(each) for each in (when, *where, alive)))
    return table
