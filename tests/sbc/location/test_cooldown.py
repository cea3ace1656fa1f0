"""Addresses that have just failed (RFC 3263 §4.3)."""

from sbc.location.cooldown import LONGEST, MOST, Cooldown, last


def test_what_failed_cools_for_its_time() -> None:
    cooldown = Cooldown()
    assert not cooldown.any()
    assert cooldown.failed("a", 30.0, 0.0)
    assert not cooldown.failed("a", 30.0, 1.0), "it was so before"
    assert not cooldown.failed("b", 0.0, 0.0)
    assert cooldown.cools("a", 30.9)
    assert not cooldown.cools("a", 31.0)
    assert not cooldown.cools("b", 0.0)
    assert not cooldown.any()


def test_what_works_again_cools_no_more() -> None:
    cooldown = Cooldown()
    cooldown.failed("a", 30.0, 0.0)
    assert cooldown.count(1.0) == 1
    cooldown.worked("a")
    assert not cooldown.cools("a", 1.0)


def test_nobody_is_banished_for_ever_and_the_table_is_bounded() -> None:
    cooldown = Cooldown()
    cooldown.failed("a", 1e9, 0.0)
    assert not cooldown.cools("a", LONGEST)
    for number in range(MOST + 10):
        cooldown.failed(number, 30.0, 0.0)
    assert cooldown.count(0.0) == MOST


def test_those_that_cool_come_last_in_their_order() -> None:
    assert last("abcd", [True, False, True, False]) == ["b", "d", "a", "c"]
