"""The table of a registration: what may happen in every state, and where it ends."""

from itertools import product

import pytest

from sbc.upstream.figure import TABLE, Do, On, State

ANSWERS = {On.GRANTED, On.TOO_BRIEF, On.UNAVAILABLE, On.REFUSED}
IN_THE_AIR = {State.REGISTERING, State.REFRESHING, State.ABANDONING, State.LEAVING}


def test_every_state_has_its_rows() -> None:
    assert set(TABLE) == set(State)


@pytest.mark.parametrize("state", [state for state in State if state in IN_THE_AIR])
def test_whatever_is_answered_is_dealt_with(state: State) -> None:
    assert set(TABLE[state]) >= ANSWERS


@pytest.mark.parametrize("state", [each for each in State if each not in IN_THE_AIR])
def test_an_answer_to_nothing_does_nothing(state: State) -> None:
    assert ANSWERS.isdisjoint(TABLE[state])


def test_from_every_state_the_end_is_reached_once_it_is_told_to_stop() -> None:
    for state, on in product(State, ANSWERS):
        told = TABLE[state].get(On.STOP)
        now = told.state if told is not None else state
        for _ in range(3):
            row = TABLE[now].get(on)
            now = row.state if row is not None else now
        if state not in {State.ABANDONING, State.LEAVING, State.GONE} and told is None:
            raise AssertionError(f"{state} cannot be stopped")
        assert now is State.GONE


def test_nothing_leads_out_of_the_end() -> None:
    assert TABLE[State.GONE] == {}


def test_whoever_waits_has_set_a_time() -> None:
    """Each way into a state that only a time leads out of sets that time."""
    for rows in TABLE.values():
        for row in rows.values():
            if row.state is State.REGISTERED:
                assert Do.HOLD in row.effects
            if row.state is State.WAITING:
                assert Do.WAIT in row.effects
