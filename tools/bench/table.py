"""Figures of several subjects beside one another, and how they are shown. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.table import Table

from tools.bench.figures import ratio

Values = Mapping[str, Sequence[float]]
"""Of each subject by name, one figure a round."""


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    unit: str
    values: Values
    compared: bool = True
    """A ratio says something."""


@dataclass(slots=True)
class Results:
    """Gathers the figures of all rounds; rows stand in the order in which they came first."""

    rows: dict[str, Row] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(
        self, what: str, unit: str, subject: str, value: float, *, compared: bool = True
    ) -> None:
        row = self.rows.setdefault(what, Row(what, unit, {}, compared))
        values = dict(row.values)
        values[subject] = [*values.get(subject, ()), value]
        self.rows[what] = Row(what, unit, values, compared)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def subjects(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows.values() for name in row.values))


def columns(subjects: Sequence[str], ours: str) -> list[str]:
    peers = [name for name in subjects if name != ours]
    return ["", "unit", ours, *(text for name in peers for text in (name, "ratio"))]


def cells(row: Row, subjects: Sequence[str], ours: str) -> list[str]:
    peers = [name for name in subjects if name != ours]
    own = row.values.get(ours, ())
    found = [row.what, row.unit, _shown(own)]
    for name in peers:
        theirs = row.values.get(name, ())
        quotient = ratio(own, theirs) if row.compared else None
        found += [_shown(theirs), "" if quotient is None else f"{quotient:.2f}"]
    return found


def as_table(results: Results, ours: str) -> Table:
    table = Table(title="Medians over the rounds; ratios: ours by theirs of the same round")
    names = columns(results.subjects(), ours)
    for name in names:
        table.add_column(name, justify="left" if name in {"", "unit"} else "right")
    for row in results.rows.values():
        table.add_row(*cells(row, results.subjects(), ours))
    return table


def as_markdown(results: Results, ours: str) -> Iterator[str]:
    names = columns(results.subjects(), ours)
    yield f"| {' | '.join(names)} |"
    yield f"|{'|'.join('---' if name in {'', 'unit'} else '--:' for name in names)}|"
    for row in results.rows.values():
        yield f"| {' | '.join(cells(row, results.subjects(), ours))} |"
    if results.notes:
        yield ""
    yield from (f"* {note}" for note in results.notes)


def _shown(values: Sequence[float]) -> str:
    if not values:
        return ""
    middle = median(values)
    return f"{middle:,.0f}" if middle >= 100 else f"{middle:.3g}"
