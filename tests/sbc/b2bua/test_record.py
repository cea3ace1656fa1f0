"""The record of a call has the shape that docs/cdr.md tells of, whatever became of the call."""

import json
import re
from pathlib import Path

from media.control import SessionReport
from sbc.b2bua.record import media_of, plain
from tests.support.border import CALLER, Border
from tests.support.ends import hang_up, inviting, ringing, up
from tests.support.messages import invite

PAGE = (Path(__file__).parents[3] / "docs" / "cdr.md").read_text()
EXAMPLE = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])


def shape(value: object, depth: int = 2) -> object:
    """Keys alone."""
    if isinstance(value, dict) and depth:
        return {key: shape(inner, depth - 1) for key, inner in value.items()}
    return None


def test_an_ended_call_has_the_shape_of_the_page() -> None:
    border = Border()
    caller, callee = up(border)
    hang_up(caller, callee)
    (record,) = border.records
    told = shape(EXAMPLE)
    assert isinstance(told, dict)
    told.pop("trace", None)
    assert shape(record) == told
    assert json.loads(json.dumps(record)) == record


def test_a_refused_call_lacks_no_part_of_it() -> None:
    border = Border()
    border.receive(invite("Require: timer"), CALLER)
    (record,) = border.records
    assert set(record) == set(EXAMPLE) - {"trace"}
    assert record["cause"] == {"sip": 420, "q850": 127, "text": "requires timer"}


def test_times_are_utc_and_durations_are_seconds() -> None:
    border = Border()
    _, callee, request = ringing(border)
    border.wait(2)
    callee.answers(request, 486)
    (record,) = border.records
    times = record["times"]
    assert isinstance(times, dict)
    assert times["invite"] == "2023-11-14T22:15:00.000Z"
    assert times["ended"] == "2023-11-14T22:15:02.000Z"
    assert times["answered"] is None
    assert record["duration_s"] is None


def test_a_live_call_says_where_it_stands() -> None:
    border = Border()
    request, callee = inviting(border)
    states = [border.core.calls(border.now)[0]["state"]]
    callee.answers(request, 180)
    states.append(border.core.calls(border.now)[0]["state"])
    assert states == ["trying", "ringing"]


def test_a_report_becomes_plain_values() -> None:
    assert media_of(SessionReport("s", 0.0, 1.0, ())) == []
    report = SessionReport("s", 0.0, 1.0, ())
    assert plain((report, 1)) == [
        {"session": "s", "opened_at": 0.0, "now": 1.0, "streams": []},
        1,
    ]
