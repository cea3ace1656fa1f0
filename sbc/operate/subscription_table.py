"""Subscriptions as a table on a terminal: who watches whom, what, and for how long still."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from sbc.operate.record import Record, number, text
from sbc.operate.tables import NONE

_COLUMNS = (
    ("From", "from"),
    ("Trunk", "from_trunk"),
    ("Watches", "to"),
    ("At", "to_trunk"),
    ("Event", "event"),
    ("State", "state"),
)


def subscription_table(subscriptions: Sequence[Record]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name, _ in _COLUMNS:
        table.add_column(name, no_wrap=True)
    for name in ("Told", "Age", "Expires in"):
        table.add_column(name, no_wrap=True, justify="right")
    for each in subscriptions:
        words = [Text(text(each, key) or NONE) for _, key in _COLUMNS]
        table.add_row(
            *words,
            Text(_whole(each, "notified")),
            Text(_whole(each, "age", " s")),
            Text(_whole(each, "expires_in", " s")),
        )
    return table


def _whole(record: Record, name: str, unit: str = "") -> str:
    value = number(record, name)
    return NONE if value is None else f"{int(value)}{unit}"
