"""Percentiles and ratios: the figures must be those which the tables promise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.bench.figures import per_item, percentile, ratio


def test_the_median_of_an_even_count_is_the_lower_of_the_middle_two() -> None:
    assert percentile([4, 1, 3, 2], 0.5) == 2


def test_the_99th_of_a_hundred_values_is_the_last_but_one() -> None:
    assert percentile(list(range(1, 101)), 0.99) == 99


def test_one_value_is_every_percentile_of_itself() -> None:
    assert [percentile([7], share) for share in (0.0, 0.5, 1.0)] == [7, 7, 7]


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(0, 1))
def test_at_least_the_share_of_all_values_is_not_above_it(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


def test_a_ratio_is_of_the_same_round_so_that_a_disturbed_round_does_not_count() -> None:
    assert ratio([1.0, 10.0, 1.0], [2.0, 20.0, 4.0]) == 0.5


def test_no_common_round_has_no_ratio() -> None:
    assert ratio([1.0], []) is None
    assert ratio([1.0], [0.0]) is None


def test_nothing_done_costs_infinitely_much() -> None:
    assert per_item(2.0, 4) == 0.5
    assert per_item(2.0, 0) == float("inf")
