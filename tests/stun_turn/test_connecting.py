"""TCP between clients and peers (RFC 6062), in the core: who may, for how long, and whose it is."""

import pytest

from stun_turn import attributes as of
from stun_turn.actions import Bind, ClosePeer, ConnectPeer, Join, ToClient, Unbind
from stun_turn.attributes import Address
from stun_turn.connecting import MOST_OF_ONE, PATIENCE
from stun_turn.message import Class, Message, Value, parse
from stun_turn.registry import Attribute, Method
from tests.support.turn import PEER, RELAY, Bench, TurnClient, relayed

TCP: Value = (Attribute.REQUESTED_TRANSPORT, b"\x06\0\0\0")


def allocated(bench: Bench, port: int = 1024, **who: str) -> tuple[TurnClient, Address]:
    client = bench.client(port, transport="tcp", **who)
    answer = client.ask(Method.ALLOCATE, TCP)
    assert answer.kind is Class.SUCCESS
    return client, relayed(answer)[0]


def connecting(client: TurnClient, peer: Address = PEER) -> ConnectPeer:
    (action,) = client.tell(client.request(Method.CONNECT, peer))
    assert isinstance(action, ConnectPeer)
    return action


def answers(actions: list[object]) -> list[Message]:
    return [parse(each.data) for each in actions if isinstance(each, ToClient)]


def number_of(message: Message) -> int:
    return of.read_number(message.get(Attribute.CONNECTION_ID) or b"")


def connected(client: TurnClient) -> int:
    """The number of a connection that waits for its client."""
    bench, action = client.bench, connecting(client)
    (answer,) = answers([*bench.server.peer_connected(action.number, bench.now)])
    assert answer.kind is Class.SUCCESS
    assert number_of(answer) == action.number
    return action.number


def bound(bench: Bench, number: int, port: int = 2000, **who: str) -> TurnClient:
    """A second connection of the client, which asks for that of the peer."""
    return bench.client(port, transport="tcp", **who)


def told(number: int) -> Value:
    return Attribute.CONNECTION_ID, of.number(number)


def test_a_peer_is_connected_to_and_the_client_gets_it() -> None:
    bench = Bench()
    client, relay = allocated(bench)
    assert Bind(relay, tcp=True) in bench.seen
    number = connected(client)
    data = bound(bench, number)
    actions = data.tell(data.request(Method.CONNECTION_BIND, told(number)))
    (answer,) = answers([*actions])
    assert answer.kind is Class.SUCCESS
    assert answer.is_authentic(client.key)
    assert actions[-1] == Join(number, data.at)
    bench.pass_time(PATIENCE + 1)
    assert ClosePeer(number) not in bench.seen


def test_a_peer_that_may_connects_and_the_client_is_told() -> None:
    bench = Bench()
    client, relay = allocated(bench)
    assert bench.server.peer_came(relay, PEER, bench.now)[0] is None
    client.permit(PEER)
    number, actions = bench.server.peer_came(relay, PEER, bench.now)
    (attempt,) = answers([*actions])
    assert (attempt.method, attempt.kind) == (Method.CONNECTION_ATTEMPT, Class.INDICATION)
    assert number_of(attempt) == number
    whence = attempt.get(Attribute.XOR_PEER_ADDRESS) or b""
    assert of.read_xor_address(whence, attempt.transaction_id) == PEER
    data = bound(bench, number or 0)
    assert data.code(Method.CONNECTION_BIND, told(number or 0)) == 0


def test_a_peer_that_cannot_be_reached_is_a_447() -> None:
    bench = Bench()
    client, _ = allocated(bench)
    action = connecting(client)
    (answer,) = answers([*bench.server.peer_failed(action.number)])
    assert of.read_error_code(answer.get(Attribute.ERROR_CODE) or b"")[0] == 447
    assert connecting(client).peer == PEER  # and may be tried again


def test_a_peer_that_does_not_answer_is_given_up() -> None:
    bench = Bench()
    client, _ = allocated(bench)
    action = connecting(client)
    done = bench.pass_time(PATIENCE)
    assert ClosePeer(action.number) in done
    assert len(answers([*done])) == 1
    assert bench.server.peer_connected(action.number, bench.now) == [ClosePeer(action.number)]


def test_a_connection_that_nobody_binds_to_is_closed() -> None:
    bench = Bench()
    client, _ = allocated(bench)
    number = connected(client)
    assert ClosePeer(number) in bench.pass_time(PATIENCE)
    assert bound(bench, number).code(Method.CONNECTION_BIND, told(number)) == 400


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.1", "169.254.1.1", RELAY, "224.0.0.1"])
def test_no_connection_leads_to_where_no_datagram_may_go(peer: str) -> None:
    bench = Bench()
    client, _ = allocated(bench)
    assert client.code(Method.CONNECT, (peer, 80)) == 403


def test_one_peer_is_connected_to_once() -> None:
    bench = Bench()
    client, _ = allocated(bench)
    connecting(client)
    assert client.code(Method.CONNECT, PEER) == 446


def test_one_allocation_has_a_bound() -> None:
    bench = Bench()
    client, relay = allocated(bench)
    client.permit(PEER)
    for port in range(MOST_OF_ONE):
        assert bench.server.peer_came(relay, (PEER[0], 5000 + port), bench.now)[0] is not None
    assert bench.server.peer_came(relay, (PEER[0], 9), bench.now)[0] is None
    assert client.code(Method.CONNECT, PEER) == 508


def test_the_connection_of_another_user_cannot_be_had() -> None:
    bench = Bench()
    client, _ = allocated(bench)
    number = connected(client)
    thief = bound(bench, number, user="bob", password="pw2")
    assert thief.code(Method.CONNECTION_BIND, told(number)) == 441
    assert thief.code(Method.CONNECTION_BIND, told(number + 1)) == 400
    assert thief.code(Method.CONNECTION_BIND) == 400


def test_a_connection_is_bound_once_and_not_before_it_is_there() -> None:
    bench = Bench()
    client, _ = allocated(bench)
    action = connecting(client)
    data = bound(bench, action.number)
    assert data.code(Method.CONNECTION_BIND, told(action.number)) == 400
    bench.server.peer_connected(action.number, bench.now)
    assert data.code(Method.CONNECTION_BIND, told(action.number)) == 0
    other = bound(bench, action.number, port=2001)
    assert other.code(Method.CONNECTION_BIND, told(action.number)) == 400


def test_with_an_allocation_all_of_its_connections_end() -> None:
    bench = Bench()
    client, relay = allocated(bench)
    number = connected(client)
    over = (Attribute.LIFETIME, of.number(0))
    actions = client.tell(client.request(Method.REFRESH, over))
    assert ClosePeer(number) in actions
    assert Unbind(relay) in actions


def test_only_clients_on_connections_may_have_peers_by_tcp() -> None:
    bench = Bench()
    assert bench.client().code(Method.ALLOCATE, TCP) == 400
    client = bench.client()
    client.allocate()
    assert client.code(Method.CONNECT, PEER) == 400


def test_a_tcp_allocation_has_no_channels_and_no_datagrams() -> None:
    bench = Bench()
    client, _ = allocated(bench)
    client.permit(PEER)
    assert client.bind(0x4000) == 400
    assert client.send(b"data") == []


def test_two_clients_of_ours_reach_each_other() -> None:
    bench = Bench()
    client, relay = allocated(bench)
    other, there = allocated(bench, 1025, user="bob", password="pw2")
    other.permit(relay)
    action = connecting(client, there)
    assert (action.relay, action.peer) == (relay, there)
    number, actions = bench.server.peer_came(there, relay, bench.now)
    assert number is not None
    assert len(answers([*actions])) == 1
