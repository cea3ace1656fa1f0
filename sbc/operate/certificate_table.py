"""Certificates as a table on a terminal: whose they are, and how long they still are good."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from sbc.operate.record import Record, number, text, texts
from sbc.operate.tables import NONE

SOON, VERY_SOON = 30, 7
"""Days."""


def certificate_table(certificates: Sequence[Record]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("Certificate", "Days left", "Names", "File", "Trouble"):
        table.add_column(name, justify="right" if name == "Days left" else "left")
    for certificate in certificates:
        table.add_row(*_cells(certificate))
    return table


def _cells(certificate: Record) -> Iterable[Text]:
    days = number(certificate, "days_left")
    trouble = text(certificate, "not_used")
    yield Text(text(certificate, "name") or NONE)
    yield Text(NONE if days is None else f"{days:.0f}", style=_style(days))
    yield Text(", ".join(texts(certificate, "names")) or NONE)
    yield Text(text(certificate, "chain") or NONE)
    yield Text(f"new files not used: {trouble}" if trouble else NONE, style="red")


def _style(days: float | None) -> str:
    if days is None or days > SOON:
        return ""
    return "red" if days <= VERY_SOON else "yellow"
