"""Allocate and Refresh (RFC 8656 §7, §8): which relayed address a client gets, and for how long."""

from dataclasses import replace

import pytest

from stun_turn import attributes as of
from stun_turn.actions import Bind, Install, Remove, Unbind
from stun_turn.allocate import MOST_TRIES, RESERVATION
from stun_turn.attributes import IPV4, IPV6
from stun_turn.message import Class
from stun_turn.ports import QUARANTINE
from stun_turn.registry import Attribute, Method
from stun_turn.settings import Quotas, RelayAddress
from tests.support.turn import (
    RELAY,
    RELAY6,
    UDP,
    Bench,
    family,
    lifetime,
    notes,
    relayed,
)

EVEN, EVEN_AND_NEXT = (Attribute.EVEN_PORT, b"\0"), (Attribute.EVEN_PORT, b"\x80")
BOTH = (Attribute.ADDITIONAL_ADDRESS_FAMILY, b"\x02\0\0\0")


def ipv4_only(bench: Bench, low: int = 50000, high: int = 50099) -> Bench:
    bench.settings = replace(
        bench.settings, relays={IPV4: RelayAddress(RELAY, "198.51.100.1", low, high)}
    )
    bench.__post_init__()
    return bench


def test_an_allocation_has_a_port_of_ours_for_ten_minutes() -> None:
    bench = Bench()
    client = bench.client(port=7000)
    answer = client.ask(Method.ALLOCATE, UDP)
    assert relayed(answer) == [(RELAY, 50000)]
    assert answer.get(Attribute.LIFETIME) == of.number(600)
    mapped = answer.get(Attribute.XOR_MAPPED_ADDRESS)
    assert mapped is not None
    assert of.read_xor_address(mapped, answer.transaction_id) == ("192.0.2.10", 7000)
    assert bench.sockets.open == {(RELAY, 50000)}
    assert notes(bench.pass_time(600)) == ["allocation_expired"]
    assert not bench.sockets.open


def test_peers_are_shown_the_advertised_address() -> None:
    bench = ipv4_only(Bench())
    assert bench.client().allocate() == ("198.51.100.1", 50000)
    assert bench.sockets.open == {(RELAY, 50000)}


@pytest.mark.parametrize(("asked", "granted"), [(1, 600), (900, 900), (86400, 3600)])
def test_a_lifetime_stays_within_its_bounds(asked: int, granted: int) -> None:
    answer = Bench().client().ask(Method.ALLOCATE, UDP, lifetime(asked))
    assert answer.get(Attribute.LIFETIME) == of.number(granted)


def test_a_refresh_makes_it_last_and_one_of_zero_ends_it() -> None:
    bench = Bench()
    client = bench.client()
    client.allocate()
    bench.pass_time(599)
    assert client.code(Method.REFRESH, lifetime(1200)) == 0
    bench.pass_time(1199)
    assert bench.sockets.open
    assert client.code(Method.REFRESH, lifetime(0)) == 0
    assert not bench.sockets.open
    assert client.code(Method.REFRESH, lifetime(0)) == 437


def test_a_request_that_comes_again_gets_the_same_answer() -> None:
    bench = Bench()
    client = bench.client()
    asked = client.request(Method.ALLOCATE, UDP)
    (first,) = client.answers(asked)
    bench.pass_time(10)
    (second,) = client.answers(asked)
    assert relayed(second) == relayed(first)
    assert second.get(Attribute.LIFETIME) == of.number(590)
    assert client.code(Method.ALLOCATE, UDP) == 437


def test_over_a_stream_nothing_comes_again() -> None:
    client = Bench().client(transport="tcp")
    asked = client.request(Method.ALLOCATE, UDP)
    client.answers(asked)
    (again,) = client.answers(asked)
    assert again.kind is Class.ERROR


def test_a_client_waits_for_its_socket_and_may_ask_again_meanwhile() -> None:
    bench = Bench(slow=True)
    client = bench.client()
    asked = client.request(Method.ALLOCATE, UDP)
    assert client.answers(asked) == client.answers(asked) == []
    assert client.code(Method.ALLOCATE, UDP) == 437
    bench.opened()
    assert client.answers(asked)[0].kind is Class.SUCCESS
    assert len(bench.sockets.open) == 1


def test_a_client_that_leaves_before_its_socket_opens_leaves_nothing() -> None:
    bench = Bench(slow=True)
    client = bench.client(transport="tcp")
    client.tell(client.request(Method.ALLOCATE, UDP))
    bench.perform(bench.server.disconnected(client.at, bench.now))
    bench.opened()
    assert not bench.sockets.open
    assert bench.server.allocations.quota.total == 0


def test_a_connection_that_closes_ends_its_allocation() -> None:
    bench = Bench()
    client = bench.client(transport="tls")
    client.allocate()
    ended = bench.perform(bench.server.disconnected(client.at, bench.now))
    assert notes(ended) == ["allocation_disconnected"]
    assert bench.perform(bench.server.disconnected(client.at, bench.now)) == []


def test_a_port_that_somebody_else_has_is_passed_over() -> None:
    bench = Bench()
    bench.sockets.in_use = {(RELAY, 50000), (RELAY, 50099)}
    assert bench.client().allocate() not in bench.sockets.in_use
    bench.sockets.in_use = {(RELAY, port) for port in range(50000, 50100)}
    before = len(bench.seen)
    assert bench.client(port=2).code(Method.ALLOCATE, UDP) == 508
    assert sum(isinstance(each, Bind) for each in bench.seen[before:]) == MOST_TRIES
    assert bench.server.allocations.quota.total == 1


def test_a_port_rests_before_the_next_client_gets_it() -> None:
    bench = ipv4_only(Bench(), 50000, 50000)
    first = bench.client()
    first.allocate()
    first.code(Method.REFRESH, lifetime(0))
    second = bench.client(port=2)
    assert second.code(Method.ALLOCATE, UDP) == 508
    bench.pass_time(QUARANTINE)
    assert second.code(Method.ALLOCATE, UDP) == 0


def test_an_even_port_is_even_and_the_next_is_kept_for_its_token() -> None:
    bench = Bench(choose=lambda size: size - 1)
    first = bench.client(port=1)
    answer = first.ask(Method.ALLOCATE, UDP, EVEN_AND_NEXT)
    ((_, port),) = relayed(answer)
    token = answer.get(Attribute.RESERVATION_TOKEN)
    assert port % 2 == 0
    assert token is not None
    second = bench.client(port=2)
    assert second.allocate((Attribute.RESERVATION_TOKEN, token)) == (RELAY, port + 1)
    third = bench.client(port=3)
    assert third.code(Method.ALLOCATE, UDP, (Attribute.RESERVATION_TOKEN, token)) == 508
    assert bench.client(port=4).allocate(EVEN)[1] % 2 == 0


def test_a_reservation_does_not_last() -> None:
    bench = Bench()
    answer = bench.client(port=1).ask(Method.ALLOCATE, UDP, EVEN_AND_NEXT)
    token = answer.get(Attribute.RESERVATION_TOKEN)
    assert token is not None
    bench.pass_time(RESERVATION)
    late = bench.client(port=2)
    assert late.code(Method.ALLOCATE, UDP, (Attribute.RESERVATION_TOKEN, token)) == 508


def test_the_family_is_the_one_that_was_asked_for() -> None:
    bench = Bench()
    assert bench.client(port=1).allocate(family(IPV6))[0] == RELAY6
    assert bench.client(port=2).allocate(family(IPV4))[0] == RELAY
    assert bench.client(port=3).code(Method.ALLOCATE, UDP, family(9)) == 440
    assert ipv4_only(Bench()).client().code(Method.ALLOCATE, UDP, family(IPV6)) == 440


def test_one_allocation_may_have_both_families() -> None:
    answer = Bench().client().ask(Method.ALLOCATE, UDP, BOTH)
    assert relayed(answer) == [(RELAY, 50000), (RELAY6, 50000)]
    assert not answer.has(Attribute.ADDRESS_ERROR_CODE)


def test_the_family_that_cannot_be_had_is_told_beside_the_other() -> None:
    answer = ipv4_only(Bench()).client().ask(Method.ALLOCATE, UDP, BOTH)
    assert len(relayed(answer)) == 1
    told = answer.get(Attribute.ADDRESS_ERROR_CODE)
    assert told is not None
    assert told[:4] == b"\x02\0\x04\x28"


def test_without_the_family_that_is_needed_there_is_no_allocation() -> None:
    bench = Bench()
    bench.sockets.in_use = {(RELAY, port) for port in range(50000, 50100)}
    assert bench.client().code(Method.ALLOCATE, UDP, BOTH) == 508
    assert not bench.sockets.open
    assert bench.server.allocations.quota.total == 0


def test_a_refresh_of_a_family_that_it_has_not_is_a_mismatch() -> None:
    client = Bench().client()
    client.allocate()
    assert client.code(Method.REFRESH, family(IPV6)) == 443
    assert client.code(Method.REFRESH, family(IPV4)) == 0


def test_quotas_count_by_user_by_source_and_in_all() -> None:
    bench = Bench()
    bench.settings = replace(bench.settings, quotas=Quotas(per_user=2, per_source=3, total=4))
    bench.__post_init__()
    ann = [bench.client(port=port, ip="192.0.2.1") for port in range(3)]
    assert [each.code(Method.ALLOCATE, UDP) for each in ann] == [0, 0, 486]
    bob = [
        bench.client(port=9 + n, ip=f"192.0.2.{1 + n}", user="bob", password="pw2")
        for n in range(3)
    ]
    assert bob[0].code(Method.ALLOCATE, UDP) == 0
    assert (
        bench.client(port=77, ip="192.0.2.1", user="bob", password="pw2").code(Method.ALLOCATE, UDP)
        == 486
    )
    assert bob[1].code(Method.ALLOCATE, UDP) == 0
    assert bob[2].code(Method.ALLOCATE, UDP) == 508
    ann[0].code(Method.REFRESH, lifetime(0))
    bench.pass_time(1)
    assert ann[2].code(Method.ALLOCATE, UDP) == 0


def test_a_server_that_is_being_emptied_sends_its_clients_elsewhere() -> None:
    bench = Bench()
    bench.settings = replace(bench.settings, alternate=("203.0.113.2", 3478))
    bench.__post_init__()
    answer = bench.client().ask(Method.ALLOCATE, UDP)
    assert of.read_error_code(answer.get(Attribute.ERROR_CODE) or b"")[0] == 300
    told = answer.get(Attribute.ALTERNATE_SERVER)
    assert told is not None
    assert of.read_plain_address(told) == ("203.0.113.2", 3478)


def test_an_allocation_takes_its_flows_with_it() -> None:
    bench = Bench()
    client = bench.client()
    client.allocate()
    client.bind(0x4000)
    client.code(Method.REFRESH, lifetime(0))
    kinds = [type(each) for each in bench.seen if isinstance(each, Install | Remove | Unbind)]
    assert kinds == [Install, Remove, Unbind]


def test_a_flow_ends_with_its_binding_and_goes_on_with_a_new_one() -> None:
    bench = Bench()
    client = bench.client()
    client.allocate(lifetime(3600))
    client.bind(0x4000)
    bench.pass_time(500)
    assert client.bind(0x4000) == 0
    assert bench.pass_time(599) == []
    (removed,) = bench.pass_time(1)
    assert isinstance(removed, Remove)
    assert client.bind(0x4000) == 0
    assert sum(isinstance(each, Install) for each in bench.seen) == 2


def test_refreshing_without_end_costs_no_memory() -> None:
    bench = Bench()
    client = bench.client()
    client.allocate()
    client.bind(0x4000)
    for _ in range(1000):
        client.code(Method.REFRESH, lifetime(3600))
        client.bind(0x4000)
        bench.pass_time(0.01)
    assert len(bench.server.allocations._alarms) <= 3
    bench.pass_time(3700)
    assert not bench.sockets.open
    assert bench.server.next_deadline() is None


def test_one_user_cannot_use_up_the_ports_by_coming_and_going() -> None:
    bench = Bench()
    codes = []
    for port in range(100):
        client = bench.client(2000 + port)
        codes.append(client.code(Method.ALLOCATE, UDP))
        if not codes[-1]:
            client.code(Method.REFRESH, lifetime(0))
    assert codes.count(0) == 40
    assert set(codes) == {0, 486}
    assert bench.client(1, user="bob", password="pw2").code(Method.ALLOCATE, UDP) == 0
    bench.now += 1.0
    assert bench.client(3000).code(Method.ALLOCATE, UDP) == 0
