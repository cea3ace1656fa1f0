"""(Q10): the lag of an event loop."""

from media.control import LoopLag
from media.lag import EVERY, LagMeter


def test_a_loop_that_wakes_in_time_has_no_lag() -> None:
    meter = LagMeter(100.0)
    assert meter.due == 100.0 + EVERY
    meter.look(meter.due)
    assert meter.due == 100.0 + 2 * EVERY
    assert meter.told() == LoopLag((1, *[0] * 11), 0.0, 0.0)


def test_lags_are_counted_by_their_length_and_the_longest_is_kept() -> None:
    meter = LagMeter(100.0)
    for lag in (0.0005, 0.0015, 0.015, 0.3, 5.0, 0.0):
        meter.look(meter.due + lag)
    told = meter.told()
    assert told.counts == (2, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1)
    assert round(told.longest, 6) == 5.0
    assert round(told.seconds, 6) == 5.317


def test_after_a_lag_the_next_look_is_as_far_away_as_ever() -> None:
    meter = LagMeter(100.0)
    meter.look(107.0)
    assert meter.due == 107.0 + EVERY
