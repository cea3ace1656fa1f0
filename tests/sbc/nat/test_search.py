"""How the life of a NAT's binding is found (N5)."""

import pytest

from sbc.nat.search import FINE, STEP, Bounds, Search

BOUNDS = Bounds(20.0, 600.0)


def tried_out(life: float) -> Search:
    search = Search(BOUNDS)
    for _ in range(100):
        if search.found:
            break
        idle = search.interval
        if idle <= life:
            search.survived(idle)
        else:
            search.died(idle, certain=True)
    return search


@pytest.mark.parametrize("life", [21.0, 29.9, 60.0, 61.0, 180.0, 599.0])
def test_it_ends_just_below_the_life_of_the_binding(life: float) -> None:
    search = tried_out(life)
    assert search.found
    assert life - FINE <= search.safe <= life
    assert search.interval <= search.safe


def test_no_step_goes_further_than_a_phone_may_be_lost_for() -> None:
    search = Search(BOUNDS)
    while not search.found:
        assert search.interval - search.safe <= STEP
        search.survived(search.interval)
    assert search.interval == 540.0


def test_what_had_been_safe_is_doubted_twice_before_it_is_no_more() -> None:
    search = tried_out(100.0)
    safe = search.safe
    search.died(safe, certain=False)
    assert search.safe == safe
    search.survived(10.0)
    search.died(safe, certain=False)
    assert search.safe == safe
    search.died(safe, certain=False)
    assert (search.safe, search.found) == (20.0, False)


def test_another_port_is_no_doubt() -> None:
    search = tried_out(100.0)
    search.died(search.interval, certain=True)
    assert search.safe == 20.0
    assert search.too_long == pytest.approx(90.0, abs=5)


def test_less_than_the_least_is_believed_if_it_was_seen() -> None:
    search = Search(BOUNDS)
    search.died(20.0, certain=True)
    assert (search.safe, search.interval) == (10.0, 15.0)


def test_what_was_too_long_once_and_then_was_not_was_something_else() -> None:
    search = Search(BOUNDS)
    search.died(36.0, certain=False)
    search.survived(40.0)
    assert (search.safe, search.too_long) == (40.0, None)


def test_enough_is_enough_and_another_path_begins_anew() -> None:
    search = Search(BOUNDS, 300.0, None)
    search.enough()
    assert search.found
    assert search.interval == 270.0
    known = Search(BOUNDS, 58.0, 60.0)
    assert known.found
    known.restart()
    assert (known.safe, known.too_long, known.found) == (20.0, None, False)


def test_a_fixed_interval_is_found_already() -> None:
    search = Search(Bounds(25.0, 25.0))
    assert search.found
    assert search.interval == 25.0
