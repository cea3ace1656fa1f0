"""The figure of a release; whole calls are in `tests/simulation/test_m2_direct`."""

import pytest

from sbc.b2bua.direct import TABLE, On, Stage


def after(*events: On) -> Stage:
    stage = Stage.ANCHORED
    for event in events:
        stage = TABLE[stage].get(event, stage)
    return stage


def test_two_ends_that_take_it_are_released() -> None:
    assert after(On.DUE, On.TAKEN) is Stage.ASKING_A
    assert after(On.DUE, On.TAKEN, On.TAKEN) is Stage.RELEASED


@pytest.mark.parametrize("events", [(On.DUE, On.REFUSED), (On.DUE, On.TAKEN, On.REFUSED)])
def test_who_would_not_is_never_asked_again(events: tuple[On, ...]) -> None:
    assert after(*events, On.OFFERED, On.DUE, On.TAKEN) is Stage.KEPT


def test_an_offer_brings_a_released_call_back() -> None:
    released = (On.DUE, On.TAKEN, On.TAKEN)
    assert after(*released, On.OFFERED) is Stage.ANCHORED
    assert after(*released, On.DUE) is Stage.RELEASED


def test_while_an_end_is_asked_no_offer_changes_anything() -> None:
    assert after(On.DUE, On.OFFERED) is Stage.ASKING_B
