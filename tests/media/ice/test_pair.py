"""Pairs of candidates: their order, and their figure."""

from media.ice.pair import HOST, PEER_REFLEXIVE, TABLE, On, Pair, State, pair_priority, priority


def test_priorities_are_those_of_the_formula() -> None:
    assert priority(HOST, 1) == 2130706431
    assert priority(HOST, 2) == 2130706430
    assert priority(PEER_REFLEXIVE, 1) == 1862270975


def test_the_lower_priority_of_a_pair_counts_first_and_the_controlling_side_breaks_a_tie() -> None:
    assert pair_priority(10, 5) == (5 << 32) + 20 + 1
    assert pair_priority(5, 10) == (5 << 32) + 20
    assert pair_priority(7, 7) == (7 << 32) + 14


def test_a_pair_is_checked_answered_and_valid() -> None:
    pair = Pair(1, ("192.0.2.1", 9), 1)

    states = []
    for event in (On.SENT, On.RESPONSE):
        assert pair.happens(event)
        states.append(pair.state)
    assert states == [State.IN_PROGRESS, State.SUCCEEDED]


def test_what_has_no_row_changes_nothing() -> None:
    pair = Pair(1, ("192.0.2.1", 9), 1)

    assert not pair.happens(On.FAILURE)
    assert pair.state is State.WAITING


def test_a_failed_pair_is_tried_again_only_when_the_peer_checks_it() -> None:
    assert On.SENT not in TABLE[State.FAILED]
    assert TABLE[State.FAILED][On.TRIGGER] is State.WAITING
