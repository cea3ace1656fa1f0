"""The table of trunks: what stands in it, and that a peer's text is only text (A3)."""

from typing import Any

from sbc.operate.trunk_table import trunk_table
from tests.sbc.operate.test_tables import lines

REGISTERED = {
    "trunk": "carrier",
    "zone": "outside",
    "calls": 3,
    "registration": {
        "state": "registered",
        "expires_in": 541,
        "endpoint": "sip:192.0.2.1",
        "status": 200,
        "failures": 0,
    },
}


def shown(**changes: Any) -> list[str]:
    of = {**REGISTERED["registration"], **changes}  # type: ignore[dict-item]
    return lines(trunk_table([{**REGISTERED, "registration": of}]))[1].split()


def test_a_registered_trunk_shows_how_long_it_stays_so() -> None:
    assert shown() == ["carrier", "outside", "3", "registered", "9:01", "sip:192.0.2.1", "200"]


def test_one_that_is_refused_shows_how_often() -> None:
    refused = shown(state="waiting", expires_in=None, endpoint=None, status=403, failures=7)
    assert refused == ["carrier", "outside", "3", "waiting", "–", "–", "403", "(7", "failures)"]


def test_where_no_registration_is_wanted_there_are_dashes() -> None:
    (_, row) = lines(trunk_table([{"trunk": "pbx", "zone": "inside", "registration": None}]))
    assert row.split() == ["pbx", "inside", "0", "–", "–", "–", "–"]
