from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from sbc.transaction.table import Do, On, State, Table, Timer, to
from tools.draw_tables import (
    figure_arrows,
    mermaid,
    page,
    state_lines,
    timer_lines,
    transaction_arrows,
)

DRAWN = Path(__file__).parents[2] / "docs" / "diagrams.md"


def test_the_committed_pictures_are_those_of_the_tables() -> None:
    """If not: `python -m tools.draw_tables > docs/diagrams.md`."""
    assert DRAWN.read_text() == page()


def test_an_arrow_names_its_event_and_its_effects() -> None:
    table: Table = {
        State.TRYING: {
            On.FAILURE: to(State.COMPLETED, Do.SEND_ACK, Do.PASS_UP),
            Timer.B: to(State.TERMINATED),
        }
    }
    assert list(transaction_arrows(table)) == [
        ("TRYING", "COMPLETED", "failure / send ack, pass up"),
        ("TRYING", "TERMINATED", "timer B"),
    ]


def test_events_that_do_the_same_share_an_arrow() -> None:
    both = to(State.COMPLETED, Do.SEND)
    arrows = list(transaction_arrows({State.TRYING: {On.SUCCESS: both, On.FAILURE: both}}))
    assert arrows == [("TRYING", "COMPLETED", "success, failure / send")]


def test_a_row_may_be_a_state_alone_with_one_effect_or_with_several() -> None:
    table: Mapping[Enum, Mapping[Enum, object]] = {
        State.TRYING: {
            On.SUCCESS: State.COMPLETED,
            On.FAILURE: (State.COMPLETED, Do.SEND_ACK),
            Timer.B: to(State.TERMINATED, Do.SEND_ACK, Do.PASS_UP),
            Timer.D: (State.COMPLETED, None),
        }
    }
    assert list(figure_arrows(table)) == [
        ("TRYING", "COMPLETED", "success, d"),
        ("TRYING", "COMPLETED", "failure / send ack"),
        ("TRYING", "TERMINATED", "b / send ack, pass up"),
    ]


def test_every_state_is_explained() -> None:
    assert list(state_lines([On.SUCCESS]))[2:] == [f"| SUCCESS | {On.SUCCESS.value} |"]


def test_a_diagram_begins_at_the_first_state() -> None:
    assert mermaid("TRYING", [("TRYING", "COMPLETED", "success")]).splitlines() == [
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> TRYING",
        "    TRYING --> COMPLETED: success",
        "```",
    ]


def test_a_timer_that_a_reliable_transport_lacks_is_shown_as_not_used() -> None:
    lines = list(timer_lines({Timer.A: 0.5, Timer.D: 32.0}, {Timer.D: 0.0}))
    assert lines[2:] == [
        "| A | send the INVITE again | 0.5 s | not used |",
        "| D | absorb repeated failures | 32 s | 0 s |",
    ]
