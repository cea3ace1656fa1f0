"""Draws the transition tables as Mermaid diagrams, so that no picture can drift from the code.

`python -m tools.draw_tables > docs/diagrams.md` after a change to a table; a test compares the two.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import ModuleType

from sbc.b2bua import remaining, transfer
from sbc.b2bua.subscription import figure as subscription
from sbc.dialog import offer_answer, session_timer
from sbc.location import search
from sbc.transaction import invite_client, invite_server, non_invite_client, non_invite_server
from sbc.transaction.table import Delays, Event, Row, Table, Timer
from sbc.upstream import figure as upstream

Arrow = tuple[str, str, str]
"""From, to, label."""

FIGURES = {
    "INVITE client transaction": invite_client,
    "INVITE server transaction": invite_server,
    "Non-INVITE client transaction": non_invite_client,
    "Non-INVITE server transaction": non_invite_server,
}

OTHERS: Mapping[str, tuple[ModuleType, Enum]] = {
    "Subscription through the border": (subscription, subscription.State.NOTIFY_WAIT),
    "Session timer": (session_timer, session_timer.State.OFF),
    "Transfer done by the border": (transfer, transfer.Stage.CALLING),
    "Taking somebody's place in a call": (remaining, remaining.Stage.ASKING),
    "Registration with a trunk": (upstream, upstream.State.UNREGISTERED),
    "Search for the servers of a name": (search, search.State.SERVICES),
}
"""Each with its first state; a row says where to, and perhaps what is done."""

HEAD = """\
# State diagrams

Drawn from the tables in the code by `tools/draw_tables.py`: do not edit. An arrow reads
*event / what is then done*; an event without an arrow is absorbed. A timer runs as long as a state
that owns it lasts; *0* means that the state is left at once.
"""


def page() -> str:
    return "\n".join([HEAD, *_transactions(), *_offer_answer(), *_others()])


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


def _others() -> Iterator[str]:
    for title, (module, first) in OTHERS.items():
        yield f"## {title}\n"
        yield f"{(module.__doc__ or '').strip()}\n"
        yield mermaid(first.name, figure_arrows(module.TABLE)) + "\n"
        yield "\n".join(state_lines(module.TABLE)) + "\n"


def figure_arrows(table: Mapping[Enum, Mapping[Enum, object]]) -> Iterator[Arrow]:
    """Events of a state that lead to the same with the same effects share one arrow."""
    for state, rows in table.items():
        found: dict[tuple[str, str], list[str]] = {}
        for event, row in rows.items():
            found.setdefault(_ends(row), []).append(_words(event))
        for (target, effects), events in found.items():
            label = ", ".join(events)
            yield state.name, target, f"{label} / {effects}" if effects else label


def state_lines(table: Iterable[Enum]) -> Iterator[str]:
    yield "| state | |"
    yield "|---|---|"
    for state in table:
        yield f"| {state.name} | {state.value} |"


def _ends(row: object) -> tuple[str, str]:
    """A state alone, with one effect or none, or a row with some."""
    if isinstance(row, Enum):
        return row.name, ""
    if isinstance(row, tuple):
        state, effect = row
        return state.name, "" if effect is None else _words(effect)
    state, effects = (getattr(row, name) for name in ("state", "effects"))
    return state.name, ", ".join(_words(effect) for effect in effects)


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
