"""The TURN server as tables (I5)."""

from sbc.operate.turn_table import account_table, turn_tables
from tests.sbc.operate.test_tables import lines

TOLD = {
    "allocations": 4,
    "by_user": {"ann": 1, "bob": 3, "eve\x1b[31m": 0},
    "connections": 2,
    "notes": {"refused": 7, "allocated": 9},
    "unsent": 5,
}


def test_who_holds_most_comes_first_and_what_happened_follows() -> None:
    shown = lines(turn_tables(TOLD))
    told = [line.split() for line in shown]
    assert told[:3] == [["User", "Allocations"], ["bob", "3"], ["ann", "1"]]
    assert "allocations: 4, connections: 2, unsent: 5" in [line.strip() for line in shown]
    assert told[-3:] == [["Event", "Times"], ["allocated", "9"], ["refused", "7"]]


def test_what_users_call_themselves_reaches_no_terminal() -> None:
    assert "\x1b" not in "".join(lines(turn_tables(TOLD)))


def test_an_account_is_shown_as_a_client_wants_it() -> None:
    account = {
        "urls": ["turn:a", "turns:a"], "username": "9:ann", "credential": "pw", "expires_in": 41,
    }  # fmt: skip
    assert [line.split() for line in lines(account_table(account))] == [
        ["URLs", "turn:a"],
        ["turns:a"],
        ["Username", "9:ann"],
        ["Credential", "pw"],
        ["Good", "for", "41", "s"],
    ]


def test_where_little_is_known_there_are_dashes() -> None:
    assert lines(account_table({}))[1].split() == ["Username", "–"]
