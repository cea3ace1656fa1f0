"""The figure of a subscription through the border (S2; RFC 6665 §4.1.2, §4.2.1)."""

import pytest

from sbc.b2bua.subscription.figure import TABLE, Do, On, State

LIVING = (State.NOTIFY_WAIT, State.PENDING, State.ACTIVE)


def test_each_state_has_its_rows_and_the_last_has_none() -> None:
    assert set(TABLE) == set(State)
    assert not TABLE[State.TERMINATED]


@pytest.mark.parametrize("state", [each for each in State if each is not State.TERMINATED])
def test_every_state_ends_in_time_and_when_the_border_stops(state: State) -> None:
    for on in (On.EXPIRED, On.STOP):
        assert TABLE[state][on].state is State.TERMINATED


def test_whatever_ends_it_forgets_it_and_nothing_else_does() -> None:
    for rows in TABLE.values():
        for row in rows.values():
            assert (row.state is State.TERMINATED) is (Do.FORGET in row.effects)


@pytest.mark.parametrize("state", LIVING)
def test_what_the_notifier_says_crosses_and_sets_the_state(state: State) -> None:
    rows = TABLE[state]
    assert (rows[On.PENDING].state, rows[On.PENDING].effects) == (State.PENDING, (Do.CROSS,))
    assert (rows[On.ACTIVE].state, rows[On.ACTIVE].effects) == (State.ACTIVE, (Do.CROSS,))
    assert (rows[On.TERMINATED].state, rows[On.TERMINATED].effects) == (State.ENDING, (Do.CROSS,))


def test_nothing_is_told_to_a_subscriber_that_is_gone() -> None:
    for row in TABLE[State.LEAVING].values():
        assert not {Do.CROSS, Do.TELL_TIMEOUT, Do.TELL_DEACTIVATED} & set(row.effects)
