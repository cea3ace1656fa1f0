from sbc.actions import Flow
from sbc.routing.large import LargeRequests
from sbc.routing.listeners import Listeners
from sbc.transaction.large import Reliable
from tests.support.configs import TWO_ZONES, config

PEER = ("192.0.2.1", 5060)
UDP = Flow("wan", "udp", PEER)
WITHOUT = TWO_ZONES.replace(", { transport: tcp, port: 5060 }]", "]", 1)
ELSEWHERE = WITHOUT.replace(
    "zones:\n",
    "  wan2: { zone: outside, bind: 203.0.113.11, sip: [{ transport: tcp, port: 5070 }],"
    " media: { ports: 20000-20999 } }\nzones:\n",
    1,
)


def large(text: str = TWO_ZONES) -> LargeRequests:
    return LargeRequests(Listeners(config(text)))


def test_the_same_peer_from_our_tcp_listener_of_that_interface() -> None:
    wanted = Reliable(Flow("wan", "tcp", PEER), "203.0.113.10", 5060)
    assert large().instead_of(UDP, 0.0) == wanted


def test_or_of_another_of_the_zone_or_not_at_all() -> None:
    assert large(WITHOUT).instead_of(UDP, 0.0) is None
    wanted = Reliable(Flow("wan2", "tcp", PEER), "203.0.113.11", 5070)
    assert large(ELSEWHERE).instead_of(UDP, 0.0) == wanted


def test_only_udp_needs_it() -> None:
    assert large().instead_of(Flow("wan", "tcp", PEER), 0.0) is None


def test_a_refusal_is_remembered_for_a_while_and_is_that_peers_alone() -> None:
    all_of_them = large()
    all_of_them.refused(UDP, 0.0)
    assert all_of_them.instead_of(UDP, 299.0) is None
    assert all_of_them.instead_of(UDP, 301.0) is not None
    assert all_of_them.instead_of(Flow("wan", "udp", ("192.0.2.2", 5060)), 1.0) is not None


def test_refusals_do_not_fill_the_memory() -> None:
    all_of_them = large()
    for port in range(5000):
        all_of_them.refused(Flow("wan", "udp", ("192.0.2.1", port)), 0.0)
    assert len(all_of_them._refused) <= 1000
