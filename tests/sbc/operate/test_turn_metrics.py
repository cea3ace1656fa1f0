"""(I5): what the TURN server says of itself, as metrics."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sbc.operate.turn_metrics import EVENTS, turn_metrics

ROOT = Path(__file__).parents[3]


def values(turn: object) -> dict[tuple[str, ...], float]:
    status: dict[str, Any] = {"turn": turn}
    return {
        (sample.name, *sample.labels.values()): sample.value
        for metric in turn_metrics(status)
        for sample in metric.samples
    }


def test_the_server_s_own_figures_are_told() -> None:
    notes = {"allocated": 9, "malformed": 2}
    told = {"allocations": 3, "by_user": {"ann": 3}, "connections": 1, "notes": notes, "unsent": 4}
    assert values(told) == {
        ("sbc_turn_allocations",): 3,
        ("sbc_turn_connections",): 1,
        ("sbc_turn_events_total", "allocated"): 9,
        ("sbc_turn_events_total", "malformed"): 2,
        ("sbc_turn_unsent_total",): 4,
    }


def test_names_that_nobody_knows_are_one_series() -> None:
    assert values({"notes": {"x": 1, "y": 2, "refused": "many"}}) == {
        ("sbc_turn_events_total", "other"): 3,
        ("sbc_turn_events_total", "refused"): 0,
    }


def test_without_a_server_there_is_nothing() -> None:
    told: list[object] = [{}, None, [], {"notes": [1], "allocations": "many"}]
    for nothing in told:
        assert values(nothing) == {}


def noted() -> Iterator[str]:
    for module in sorted((ROOT / "stun_turn").rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text())):
            match node:
                case ast.Call(func=ast.Name("Note"), args=[ast.Constant(str(event)), *_]):
                    yield event
                case ast.Call(func=ast.Attribute(attr="end"), args=[*_, ast.Constant(str(why))]):
                    yield f"allocation_{why}"
                case _:
                    pass


def test_every_event_that_the_server_notes_has_its_name() -> None:
    assert set(noted()) <= EVENTS
    assert EVENTS - set(noted()) == {"allocation_ended", "fault"}
