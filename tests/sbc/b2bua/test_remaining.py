"""The figure of the party that remains (S8, S9); whole flows are in
tests/simulation/test_s8_attended.py and test_s9_in_place.py."""

import pytest

from sbc.b2bua.remaining import TABLE, On, Stage


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_is_in_the_figure(stage: Stage) -> None:
    assert stage in TABLE


def test_every_event_means_something_somewhere() -> None:
    assert set().union(*(rows.keys() for rows in TABLE.values())) == set(On)


@pytest.mark.parametrize("stage", [Stage.ASKING, Stage.TAKING])
def test_until_it_has_moved_it_can_stay(stage: Stage) -> None:
    assert TABLE[stage][On.GIVEN_UP] is Stage.STAYED


def test_it_does_not_move_before_it_has_answered() -> None:
    assert On.JOINED not in TABLE[Stage.ASKING]


@pytest.mark.parametrize("stage", [Stage.MOVED, Stage.STAYED])
def test_what_is_over_stays_so(stage: Stage) -> None:
    assert TABLE[stage] == {}
