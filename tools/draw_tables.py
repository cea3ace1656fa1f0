"""Draws the transition tables as Mermaid diagrams, so that no picture can drift from the code.

`python -m tools.draw_tables > docs/diagrams.md` after a change to a table; a test compares the two.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from sbc.dialog import offer_answer
from sbc.transaction import invite_client, invite_server, non_invite_client, non_invite_server
from sbc.transaction.table import Delays, Event, Row, Table, Timer

Arrow = tuple[str, str, str]
"""From, to, label."""

FIGURES = {
    "INVITE client transaction": invite_client,
    "INVITE server transaction": invite_server,
    "Non-INVITE client transaction": non_invite_client,
    "Non-INVITE server transaction": non_invite_server,
}

HEAD = """\
# State diagrams

Drawn from the tables in the code by `tools/draw_tables.py`: do not edit. An arrow reads
*event / what is then done*; an event without an arrow is absorbed. A timer runs as long as a state
that owns it lasts; *0* means that the state is left at once.
"""


def page() -> str:
    return "\n".join([HEAD, *_transactions(), *_offer_answer()])


def mermaid(first: str, arrows: Iterable[Arrow]) -> str:
    """Arrows between the same two states with the same effects share one line."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    lines += [f"    {source} --> {target}: {label}" for source, target, label in arrows]
    return "\n".join([*lines, "```"])


def transaction_arrows(table: Table) -> Iterator[Arrow]:
    for state, rows in table.items():
        for row, events in _grouped(rows).items():
            label = ", ".join(_event_name(event) for event in events)
            effects = ", ".join(_words(effect) for effect in row.effects)
            yield state.name, row.state.name, f"{label} / {effects}" if effects else label


def offer_arrows(table: offer_answer.Table) -> Iterator[Arrow]:
    for state, rows in table.items():
        for event, following in rows.items():
            yield state.name, following.name, _words(event)


def timer_lines(unreliable: Delays, reliable: Delays) -> Iterator[str]:
    yield "| timer | what for | UDP | TCP |"
    yield "|---|---|---|---|"
    for timer in sorted(unreliable, key=lambda each: each.name):
        over_tcp = f"{reliable[timer]:g} s" if timer in reliable else "not used"
        yield f"| {_timer_name(timer)} | {timer.value} | {unreliable[timer]:g} s | {over_tcp} |"


def _transactions() -> Iterator[str]:
    for title, module in FIGURES.items():
        yield f"## {title}\n"
        yield f"{(module.__doc__ or '').strip()}\n"
        yield mermaid(next(iter(module.TABLE)).name, transaction_arrows(module.TABLE)) + "\n"
        yield "\n".join(timer_lines(module.UNRELIABLE, module.RELIABLE)) + "\n"


def _offer_answer() -> Iterator[str]:
    yield "## Offer and answer\n"
    yield f"{(offer_answer.__doc__ or '').strip()}\n"
    yield mermaid(offer_answer.State.STABLE.name, offer_arrows(offer_answer.TABLE)) + "\n"


def _grouped(rows: Mapping[Event, Row]) -> dict[Row, list[Event]]:
    found: dict[Row, list[Event]] = {}
    for event, row in rows.items():
        found.setdefault(row, []).append(event)
    return found


def _event_name(event: Event) -> str:
    return f"timer {_timer_name(event)}" if isinstance(event, Timer) else _words(event)


def _timer_name(timer: Timer) -> str:
    """A letter where the RFC gave one."""
    return timer.name if len(timer.name) == 1 else _words(timer)


def _words(name: Enum) -> str:
    return name.name.lower().replace("_", " ")


if __name__ == "__main__":
    print(page(), end="")
