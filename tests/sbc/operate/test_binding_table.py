"""The table of phones: what stands in it, and that a phone's text is only text (N6)."""

from sbc.operate.binding_table import binding_table, moves_table
from tests.sbc.operate.test_tables import lines

BINDING = {
    "access": "office",
    "user": "anna",
    "contact": "sip:anna@192.168.1.5",
    "transport": "udp",
    "source": "192.0.2.77:40000",
    "expires_in": 41,
    "user_agent": "phone",
    "upstream": "registered",
}


def test_a_phone_shows_where_it_is_and_for_how_long() -> None:
    (_, row) = lines(binding_table([BINDING]))
    assert row.split() == [
        *("anna", "office", "192.0.2.77:40000", "udp", "sip:anna@192.168.1.5", "phone"),
        *("registered", "41", "s", "–", "–"),
    ]


NAT = {
    "nat": "translating",
    "binding_life": {"at_least": 58.0, "less_than": 60.0},
    "reachable": True,
    "changes": [{"ago": 12, "from": "192.0.2.77:1", "to": "192.0.2.77:2", "alive": False}],
}


def test_a_phone_shows_what_its_nat_is_like() -> None:
    """(N9)"""
    (_, row) = lines(binding_table([{**BINDING, "nat": NAT}]))
    assert row.split()[-3:] == ["translating", "58-60", "s"]
    silent = {**NAT, "reachable": False, "binding_life": {"at_least": 20.0, "less_than": None}}
    (_, row) = lines(binding_table([{**BINDING, "nat": silent}]))
    assert row.split()[-5:] == ["translating,", "silent", "≥", "20", "s"]


def test_where_a_phone_has_been_is_told() -> None:
    """(N9)"""
    (_, row) = lines(moves_table([{**BINDING, "nat": NAT}, BINDING]))
    assert row.split() == ["12", "s", "ago", "192.0.2.77:1", "192.0.2.77:2", "no"]


def test_what_is_not_known_is_a_dash_and_markup_is_text() -> None:
    (_, row) = lines(binding_table([{"user": "[red]anna", "expires_in": -3}]))
    assert row.split()[0] == "[red]anna"
    assert row.split()[1:7] == ["–"] * 6
    assert row.split()[7:] == ["0", "s", "–", "–"]
