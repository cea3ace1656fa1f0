"""What is seen of the NAT before an endpoint (N9)."""

import pytest

from sbc.actions import Address, Flow
from sbc.nat.verdict import CHANGES_KEPT, Verdict

INSIDE = ("192.168.1.5", 5060)


def flow(ip: str = "192.0.2.77", port: int = 40000, transport: str = "udp") -> Flow:
    return Flow("wan", transport, (ip, port))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "stated", "kind"),
    [
        (("192.0.2.77", 5060), ("192.0.2.77", 5060), "none"),
        (("192.0.2.77", 5060), INSIDE, "preserving"),
        (("192.0.2.77", 40000), INSIDE, "translating"),
        (("192.0.2.77", 40000), ("192.0.2.77", 5060), "translating"),
    ],
)
def test_the_kind_follows_from_what_it_says_and_where_it_is(
    source: Address, stated: Address, kind: str
) -> None:
    verdict = Verdict(flow(*source), stated, 0.0)
    assert verdict.kind == kind
    assert verdict.behind_nat() is (kind != "none")
    assert verdict.port_kept is (source[1] == stated[1])


def test_a_connection_states_no_port() -> None:
    verdict = Verdict(flow(port=51000), ("192.0.2.77", 5060), 0.0)
    assert not verdict.behind_nat(reliable=True)
    assert Verdict(flow(), INSIDE, 0.0).behind_nat(reliable=True)


def test_who_moves_twice_while_all_is_well_wanders() -> None:
    verdict = Verdict(flow(), INSIDE, 0.0)
    assert verdict.heard(flow(port=41000), INSIDE, 5.0, alive=False)
    assert verdict.shown(5.0)["nat"] == "translating"
    for port in (42000, 43000):
        assert verdict.heard(flow(port=port), INSIDE, 9.0, alive=True)
    assert verdict.shown(9.0)["nat"] == "wandering"
    assert not verdict.heard(flow(port=43000), INSIDE, 9.0, alive=True)


def test_the_last_changes_are_shown_and_no_more() -> None:
    verdict = Verdict(flow(), INSIDE, 0.0)
    for number in range(CHANGES_KEPT + 3):
        verdict.heard(flow(port=41000 + number), INSIDE, float(number), alive=False)
    shown = verdict.shown(20.0)
    changes = shown["changes"]
    assert isinstance(changes, list)
    assert len(changes) == CHANGES_KEPT
    assert changes[-1] == {
        "ago": 10,
        "from": "192.0.2.77:41009",
        "to": "192.0.2.77:41010",
        "alive": False,
    }
    assert (shown["source"], shown["since"]) == ("192.0.2.77:41010", 10)
