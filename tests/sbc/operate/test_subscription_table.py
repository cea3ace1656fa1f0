"""The table of subscriptions: what stands in it, and what is missing (S2)."""

from sbc.operate.subscription_table import subscription_table
from tests.sbc.operate.test_tables import lines

ONE = {
    "from_trunk": "phones",
    "to_trunk": "pbx",
    "event": "dialog",
    "from": "anna",
    "to": "100",
    "state": "active",
    "age": 12,
    "expires_in": 588,
    "notified": 3,
}


def test_a_subscription_shows_who_watches_whom_and_for_how_long() -> None:
    (_, row) = lines(subscription_table([ONE]))
    assert row.split() == [
        *("anna", "phones", "100", "pbx", "dialog", "active", "3", "12", "s", "588", "s"),
    ]


def test_what_is_not_told_is_left_open() -> None:
    (_, row) = lines(subscription_table([{"from": "x\x1b[31m"}]))
    assert row.split()[1:] == ["–"] * 8
    assert "\x1b" not in row
