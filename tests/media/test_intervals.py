from media.control import Totals
from media.intervals import Counters, Peaks, totals


def test_an_interval_is_what_came_since_the_last_one() -> None:
    earlier = Counters(100, 17_200, 3, 2, 1, 2)
    now = Counters(250, 43_000, 5, 2, 4, 3)
    assert now.less(earlier) == Counters(150, 25_800, 2, 0, 3, 1)


def test_joined_times_keep_the_mean_of_all_samples_and_the_larger_maximum() -> None:
    one, two = Peaks(0.3, 3, 0.2, 0.04), Peaks(0.1, 1, 0.1, 0.06)
    assert one.joined(two) == Peaks(0.4, 4, 0.2, 0.06)


def test_nothing_measured_is_zero() -> None:
    assert totals(Counters(), Peaks(), 0.0) == Totals(0, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0)


def test_times_are_told_in_milliseconds() -> None:
    told = totals(Counters(4, 688, 1, 2, 3, 1), Peaks(0.004, 2, 0.003, 0.05), 0.1)
    assert told == Totals(4, 688, 1, 2, 3, 2.0, 3.0, 50.0, 0.1, 1, 4)
    assert told.expected == 5


def test_what_a_late_packet_repaired_after_its_interval_makes_no_figure_negative() -> None:
    told = totals(Counters(4, 688, -1, 1, 0, -1), Peaks(), 1.0)
    assert (told.lost, told.bursts, told.missing) == (0, 0, 0)


def test_copies_take_nothing_from_what_is_missing() -> None:
    told = totals(Counters(packets=100, missing=-5, duplicated=8), Peaks(), 1.0)
    assert (told.lost, told.missing, told.expected) == (0, 3, 95)
