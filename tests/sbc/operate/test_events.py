"""Events are noted all over the tree: none may be missing from the table that metrics count by."""

import ast
from collections.abc import Iterator
from pathlib import Path

from sbc.operate.events import EVENTS, level

ROOT = Path(__file__).parents[3]


def noted() -> Iterator[tuple[str, str]]:
    """Where an event is noted by a name that stands there: `Note("x", …)` or `….note("x", …)`."""
    for module in sorted((ROOT / "sbc").rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text())):
            match node:
                case ast.Call(
                    func=ast.Name("Note") | ast.Attribute(attr="note"),
                    args=[ast.Constant(str(event)), *_],
                ):
                    yield event, f"{module.relative_to(ROOT)}:{node.lineno}"
                case _:
                    pass


def test_every_event_that_the_code_notes_is_in_the_table() -> None:
    assert {where for event, where in noted() if event not in EVENTS} == set()


def test_a_fault_is_an_error_and_an_unknown_event_is_only_told() -> None:
    assert (level("call_fault"), level("surprise")) == ("error", "info")
