"""The figure of a transfer (S8); whole flows are in tests/simulation/test_s8_transfer.py."""

import pytest

from sbc.b2bua.transfer import TABLE, On, Stage


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_is_in_the_figure(stage: Stage) -> None:
    assert stage in TABLE


def test_every_event_means_something_somewhere() -> None:
    assert set().union(*(rows.keys() for rows in TABLE.values())) == set(On)


@pytest.mark.parametrize("stage", [Stage.CALLING, Stage.JOINING])
@pytest.mark.parametrize("on", [On.FAILED, On.OLD_ENDED])
def test_it_can_be_given_up_until_it_is_over(stage: Stage, on: On) -> None:
    assert TABLE[stage][on] is Stage.OVER


def test_nothing_is_joined_before_the_target_has_answered() -> None:
    assert On.JOINED not in TABLE[Stage.CALLING]


def test_what_is_over_stays_so() -> None:
    assert TABLE[Stage.OVER] == {}
