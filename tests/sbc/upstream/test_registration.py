"""One registration alone; days of it are in `tests/simulation/test_a3_registered_trunk.py` (A3)."""

from sbc.upstream.registration import BASE, LONGEST, REFRESH, contact_user


def test_our_contact_is_no_number_and_differs_by_trunk_and_node() -> None:
    users = {contact_user(node, trunk) for node in ("a", "b") for trunk in ("c", "d")}
    assert len(users) == 4
    assert all(len(user) == 12 and set(user) <= set("0123456789abcdef") for user in users)


def test_our_contact_is_the_same_each_time() -> None:
    assert contact_user("sbc", "carrier") == contact_user("sbc", "carrier")


def test_name_and_node_do_not_run_together() -> None:
    assert contact_user("ab", "c") != contact_user("a", "bc")


def test_the_delays_are_those_of_the_rfc() -> None:
    """RFC 5626 §4.5."""
    assert (BASE, LONGEST) == (30, 1800)
    assert REFRESH == (0.5, 0.9)
