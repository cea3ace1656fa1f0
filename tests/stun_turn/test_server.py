"""The STUN and TURN server as strangers and users see it (RFC 8489 §6.3, RFC 8656 §5) (I4, I5)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stun_turn import attributes as of
from stun_turn.actions import Note, ToClient
from stun_turn.message import Class, build, parse
from stun_turn.registry import Attribute, Method
from tests.stun_turn.vectors import IPV4_RESPONSE, REQUEST
from tests.support.turn import EPOCH, PEER, UDP, Bench, TurnClient, lifetime, notes


def test_a_stranger_learns_its_address_and_nothing_else() -> None:
    client = Bench().client(port=5555)
    asked = build(Method.BINDING, Class.REQUEST, bytes(12))
    (answer,) = client.answers(asked)
    ((kind, value),) = answer.attributes
    assert (kind, of.read_xor_address(value, bytes(12))) == (
        Attribute.XOR_MAPPED_ADDRESS,
        ("192.0.2.10", 5555),
    )


def test_an_unknown_attribute_that_must_be_understood_is_named() -> None:
    client = Bench().client()
    asked = build(Method.BINDING, Class.REQUEST, bytes(12), [(0x7F00, b""), (0xFF00, b"")])
    (answer,) = client.answers(asked)
    assert answer.kind is Class.ERROR
    assert answer.get(Attribute.UNKNOWN_ATTRIBUTES) == b"\x7f\x00"
    assert client.code(Method.ALLOCATE, UDP, (0x7F00, b"")) == 420


def test_a_stun_server_may_be_kept_for_users() -> None:
    bench = Bench()
    bench.settings = replace(bench.settings, public_stun=False)
    bench.__post_init__()
    assert bench.client().answers(build(Method.BINDING, Class.REQUEST, bytes(12))) == []


def test_a_source_that_floods_is_answered_at_its_rate_and_others_are_not_harmed() -> None:
    bench = Bench()
    bench.settings = replace(bench.settings, stranger_rate=10.0)
    bench.__post_init__()
    asked = build(Method.BINDING, Class.REQUEST, bytes(12))
    flood = bench.client(ip="192.0.2.66")
    answered = sum(len(flood.answers(asked)) for _ in range(1000))
    assert answered == 20
    assert len(bench.client().answers(asked)) == 1
    bench.pass_time(1.0)
    assert sum(len(flood.answers(asked)) for _ in range(1000)) == 10


def test_a_user_s_own_requests_are_not_a_stranger_s() -> None:
    bench = Bench()
    bench.settings = replace(bench.settings, stranger_rate=1.0)
    bench.__post_init__()
    client = bench.client()
    client.allocate()
    assert [client.code(Method.REFRESH) for _ in range(100)] == [0] * 100


def test_whoever_is_not_authenticated_gets_a_challenge_and_no_port() -> None:
    bench = Bench()
    answer = bench.client().challenged()
    assert answer.kind is Class.ERROR
    assert of.read_error_code(answer.get(Attribute.ERROR_CODE) or b"")[0] == 401
    assert not bench.sockets.open
    assert not bench.seen or all(isinstance(each, ToClient | Note) for each in bench.seen)
    wrong = bench.client(password="guess")
    assert wrong.code(Method.ALLOCATE, UDP) == 401
    assert not bench.sockets.open
    assert len(bench.server.allocations) == 0


def test_a_method_that_nobody_knows_is_a_bad_request() -> None:
    (answer,) = Bench().client().answers(build(0x0FF, Class.REQUEST, bytes(12)))
    assert answer.kind is Class.ERROR
    assert answer.method == 0x0FF


@pytest.mark.parametrize("method", [Method.REFRESH, Method.CREATE_PERMISSION, Method.CHANNEL_BIND])
def test_without_an_allocation_there_is_nothing_to_ask(method: Method) -> None:
    assert Bench().client().code(method) == 437


def test_another_user_cannot_take_over_an_allocation() -> None:
    bench = Bench()
    bench.client().allocate()
    thief = bench.client(user="bob", password="pw2")  # from the same address and port
    assert thief.code(Method.REFRESH, lifetime(0)) == 441
    assert len(bench.server.allocations) == 1


def test_a_malformed_value_of_a_user_is_a_bad_request() -> None:
    client = Bench().client()
    client.allocate()
    assert client.code(Method.REFRESH, (Attribute.LIFETIME, b"\0")) == 400


def test_responses_and_stray_indications_get_no_answer() -> None:
    client = Bench().client()
    assert client.tell(IPV4_RESPONSE) == []
    assert client.tell(build(Method.BINDING, Class.INDICATION, bytes(12))) == []
    assert client.tell(build(Method.SEND, Class.INDICATION, bytes(12))) == []
    assert client.tell(b"\x40\x00\x00\x01a") == []


def test_broken_bytes_get_no_answer_and_are_counted() -> None:
    assert notes(Bench().client().tell(REQUEST[:-1])) == ["malformed"]


def test_answers_to_users_are_signed_and_say_what_we_are_only_if_told_to() -> None:
    bench = Bench()
    bench.settings = replace(bench.settings, software="border")
    bench.__post_init__()
    client = bench.client()
    assert not client.challenged().has(Attribute.SOFTWARE)
    answer = client.ask(Method.ALLOCATE, UDP)
    assert answer.is_authentic(client.key)
    assert answer.get(Attribute.SOFTWARE) == b"border"
    silent = Bench().client().ask(Method.ALLOCATE, UDP)
    assert not silent.has(Attribute.SOFTWARE)


def test_a_revoked_user_loses_what_it_holds_at_once() -> None:
    bench = Bench()
    name, password = bench.secret.issue("ann", EPOCH + 5000)
    client = bench.client(user=name, password=password)
    client.allocate()
    bench.client(port=99, user="bob", password="pw2").allocate()
    bench.perform(bench.server.revoked("ann", bench.now))
    assert len(bench.server.allocations) == 1
    assert len(bench.sockets.open) == 1


def test_expired_credentials_end_an_allocation_with_them() -> None:
    bench = Bench()
    name, password = bench.secret.issue("ann", EPOCH + bench.now + 90)
    client = bench.client(user=name, password=password)
    answer = client.ask(Method.ALLOCATE, UDP, lifetime(3600))
    assert answer.get(Attribute.LIFETIME) == of.number(90)
    bench.pass_time(80)
    assert client.code(Method.REFRESH, lifetime(600)) == 0
    bench.pass_time(11)
    assert client.code(Method.REFRESH) == 401
    assert not bench.sockets.open


def test_ten_thousand_allocations_of_one_user_end_at_its_quota() -> None:
    bench = Bench()
    ports = iter(range(1, 10_001))
    clients = (bench.client(port=port, ip=f"192.0.2.{port % 200}") for port in ports)
    codes = [client.code(Method.ALLOCATE, UDP) for client in clients]
    assert codes.count(0) == bench.settings.quotas.per_user
    assert set(codes) == {0, 486}
    assert len(bench.sockets.open) == bench.settings.quotas.per_user


def test_when_time_has_run_out_nothing_is_left() -> None:
    bench = Bench()
    for port in range(10):
        client = bench.client(port=port)
        client.allocate(*([] if port % 2 else [(Attribute.EVEN_PORT, b"\x80")]))
        client.bind(0x4000 + port)
    bench.pass_time(10_000)
    assert len(bench.server.allocations) == 0
    assert bench.server.allocations.quota.users() == {}
    assert not bench.sockets.open
    assert bench.server.next_deadline() is None


@given(st.lists(st.binary(max_size=60), max_size=8), st.integers(0, 0x3FFF))
def test_nothing_that_a_user_may_say_breaks_the_server(values: list[bytes], method: int) -> None:
    bench = Bench()
    client: TurnClient = bench.client()
    client.allocate()
    client.permit(PEER)
    kinds = [each for each in Attribute if each < 0x8000]
    said = [(kinds[at % len(kinds)], value) for at, value in enumerate(values)]
    client.tell(client.request(method & 0xFFF, *said))
    for action in client.tell(build(Method.SEND, Class.INDICATION, bytes(12), said)):
        if isinstance(action, ToClient):
            parse(action.data)
