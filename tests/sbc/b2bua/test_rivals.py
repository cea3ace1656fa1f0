"""Who rings together; whole calls stand in tests/simulation/test_s4_phones_together.py."""

from dataclasses import replace

import pytest

from sbc.actions import Flow
from sbc.b2bua.rivals import MOST, group
from sbc.routing.listeners import Listener
from sbc.routing.targets import Target
from sbc.sip.uri import Uri

LISTENER = Listener("wan", "outside", "udp", "203.0.113.10", 5060, "203.0.113.10:5060", "h")
PHONE = Target(
    trunk="phones",
    uri=Uri.parse("sip:anna@192.168.1.5"),
    flow=Flow("wan", "udp", ("192.0.2.77", 40000)),
    listener=LISTENER,
    weight=1,
    priority=0,
    contact="sip:anna@192.168.1.5",
    user="anna",
    together=True,
)


def at(port: int, **more: object) -> Target:
    flow = Flow("wan", "udp", ("192.0.2.77", port))
    return replace(PHONE, flow=flow, **more)  # type: ignore[arg-type]


def test_phones_of_one_rank_ring_together() -> None:
    assert group(PHONE, [at(1), at(2), at(3, priority=1)]) == [at(1), at(2)]
    assert group(PHONE, []) == []
    assert len(group(PHONE, [at(n) for n in range(50)])) == MOST - 1


@pytest.mark.parametrize(
    "other",
    [
        {"user": "bert"},
        {"trunk": "more"},
        {"priority": 1},
        {"together": False},
        {"flow": Flow("wan6", "udp", ("2001:db8::7", 1))},
        {"flow": Flow("wan", "tls", ("192.0.2.77", 1))},
    ],
)
def test_whom_one_offer_does_not_fit_waits_with_all_behind_him(other: dict[str, object]) -> None:
    assert group(PHONE, [replace(PHONE, **other), at(2)]) == []  # type: ignore[arg-type]


def test_of_one_instance_one_flow_rings() -> None:
    first = replace(PHONE, instance="one")
    again, another = at(1, instance="one"), at(2, instance="two")
    assert group(first, [again, another, at(3, instance="two")]) == [another]


def test_a_trunk_rings_alone() -> None:
    assert group(replace(PHONE, together=False), [at(1)]) == []
