from typing import get_args

import pytest

from sbc.b2bua.call import State
from sbc.b2bua.events import CallEvent, RelayLost, Stopping
from sbc.b2bua.figure import TABLE
from tests.support.border import Border
from tests.support.ends import hang_up, up


@pytest.mark.parametrize("state", State)
def test_every_state_is_in_the_figure(state: State) -> None:
    assert state in TABLE


def test_every_event_means_something_somewhere() -> None:
    known = set().union(*(rows.keys() for rows in TABLE.values()))
    assert known == set(get_args(CallEvent))


@pytest.mark.parametrize(
    "state", [each for each in State if each not in {State.ENDING, State.ENDED}]
)
@pytest.mark.parametrize("event", [RelayLost, Stopping])
def test_whatever_a_call_waits_for_it_can_be_ended(state: State, event: type[CallEvent]) -> None:
    assert event in TABLE[state]


def test_a_request_that_comes_too_late_is_not_left_unanswered() -> None:
    border = Border()
    border.answers_relay = True
    caller, callee = up(border)
    border.answers_relay = False  # the call stays in ENDING until the relay reports
    callee.ask("BYE")
    caller.ask("INFO", body="5", kind="application/dtmf")
    assert border.core.calls(border.now)[0]["state"] == "ending"
    caller.heard(481)
    border.relay_answers()
    border.answers_relay = True
    assert border.over()


def test_an_event_that_comes_too_late_changes_nothing() -> None:
    border = Border()
    caller, callee = up(border)
    hang_up(caller, callee)
    records = len(border.records)
    border.perform(border.core.relay_lost(border.now))
    assert len(border.records) == records
    assert border.over()
