"""Permissions, channels and data (RFC 8656 §9 to §12): nothing passes without leave (I5)."""

import pytest

from stun_turn import attributes as of
from stun_turn.actions import Install, ToClient, ToPeer
from stun_turn.allocation import CHANNEL, CHANNEL_REST, MOST_CHANNELS, MOST_PERMISSIONS, PERMISSION
from stun_turn.attributes import IPV6, Address
from stun_turn.message import Class, build, parse
from stun_turn.registry import Attribute, Method
from tests.support.turn import PEER, RELAY, RELAY6, Bench, TurnClient, family, lifetime, notes

OTHER: Address = ("198.51.99.8", 4000)
PEER6: Address = ("2001:470::7", 4000)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def client(bench: Bench) -> TurnClient:
    client = bench.client()
    client.allocate(lifetime(3600))
    return client


def test_nothing_passes_without_a_permission(bench: Bench, client: TurnClient) -> None:
    assert client.send(b"hello") == []
    assert notes(bench.from_peer(b"hello", (RELAY, 50000))) == ["peer_not_permitted"]


def test_data_goes_out_and_comes_back_with_a_permission(bench: Bench, client: TurnClient) -> None:
    assert client.permit(PEER) == 0
    assert client.send(b"hello") == [ToPeer(b"hello", (RELAY, 50000), PEER)]
    (answer,) = bench.from_peer(b"world", (RELAY, 50000))
    assert isinstance(answer, ToClient)
    message = parse(answer.data)
    assert (message.method, message.kind) == (Method.DATA, Class.INDICATION)
    assert message.get(Attribute.DATA) == b"world"
    whence = message.get(Attribute.XOR_PEER_ADDRESS) or b""
    assert of.read_xor_address(whence, message.transaction_id) == PEER


def test_a_permission_is_for_an_address_with_all_of_its_ports(
    bench: Bench, client: TurnClient
) -> None:
    client.permit((PEER[0], 0))
    assert len(client.send(b"x", (PEER[0], 9))) == 1
    assert len(bench.from_peer(b"x", (RELAY, 50000), (PEER[0], 77))) == 1
    assert client.send(b"x", OTHER) == []


def test_a_permission_lasts_five_minutes_and_sending_does_not_lengthen_it(
    bench: Bench, client: TurnClient
) -> None:
    client.permit(PEER)
    bench.pass_time(PERMISSION - 1)
    assert client.send(b"x")
    bench.pass_time(1)
    assert client.send(b"x") == []
    client.permit(PEER)
    assert client.send(b"x")


def test_several_permissions_come_together_or_not_at_all(client: TurnClient) -> None:
    assert client.permit(PEER, OTHER) == 0
    assert client.send(b"x", OTHER)
    other = client.bench.client(port=2)
    other.allocate()
    assert other.permit(PEER, ("127.0.0.1", 1)) == 403
    assert other.send(b"x") == []
    assert other.permit() == 400


@pytest.mark.parametrize(
    "ip",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "224.0.0.1", "0.0.0.0"],
)
def test_the_network_behind_us_is_no_peer(client: TurnClient, ip: str) -> None:
    assert client.permit((ip, 80)) == 403
    assert client.bind(0x4001, (ip, 80)) == 403
    assert client.send(b"x", (ip, 80)) == []


@pytest.mark.parametrize(
    "ip",
    ["::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "fe80::1",
     "fd00::1", "ff02::1", "::", "::10.0.0.1"],
)  # fmt: skip
def test_nor_is_it_in_any_other_spelling(bench: Bench, ip: str) -> None:
    client = bench.client()
    client.allocate(family(IPV6))
    assert client.permit((ip, 80)) == 403
    assert client.send(b"x", (ip, 80)) == []


def test_a_peer_of_another_family_is_a_mismatch(client: TurnClient) -> None:
    assert client.permit(PEER6) == 443
    assert client.bind(0x4000, PEER6) == 443
    assert client.send(b"x", PEER6) == []


def test_both_families_may_be_relayed_by_one_allocation(bench: Bench) -> None:
    client = bench.client()
    client.allocate((Attribute.ADDITIONAL_ADDRESS_FAMILY, b"\x02\0\0\0"))
    client.permit(PEER, PEER6)
    assert client.send(b"4", PEER) == [ToPeer(b"4", (RELAY, 50000), PEER)]
    assert client.send(b"6", PEER6) == [ToPeer(b"6", (RELAY6, 50000), PEER6)]


def test_a_channel_carries_both_ways_and_installs_a_flow(bench: Bench, client: TurnClient) -> None:
    assert client.bind(0x4000) == 0
    assert bench.seen[-1] == Install(client.at, 0x4000, (RELAY, 50000), PEER)
    (out,) = client.tell(b"\x40\x00\x00\x05hello\0\0\0")
    assert out == ToPeer(b"hello", (RELAY, 50000), PEER)
    (back,) = bench.from_peer(b"world", (RELAY, 50000))
    assert isinstance(back, ToClient)
    assert back.data == b"\x40\x00\x00\x05world"


def test_over_a_stream_channel_data_is_padded(bench: Bench) -> None:
    client = bench.client(transport="tcp")
    client.allocate()
    client.bind(0x4000)
    (back,) = bench.from_peer(b"world", (RELAY, 50000))
    assert isinstance(back, ToClient)
    assert back.data == b"\x40\x00\x00\x05world\0\0\0"


@pytest.mark.parametrize("number", [0, 0x3FFF, 0x8000, 0xFFFF])
def test_a_number_that_is_no_channel_s_is_refused(client: TurnClient, number: int) -> None:
    assert client.bind(number) == 400


def test_a_channel_has_one_peer_and_a_peer_one_channel(client: TurnClient) -> None:
    client.bind(0x4000)
    assert client.bind(0x4000) == 0
    assert client.bind(0x4000, OTHER) == 400
    assert client.bind(0x4001) == 400
    assert client.bind(0x4001, OTHER) == 0


def test_a_channel_expires_and_rests_before_it_is_another_s(
    bench: Bench, client: TurnClient
) -> None:
    client.bind(0x4000)
    bench.pass_time(CHANNEL)
    assert client.tell(b"\x40\x00\x00\x01x") == []
    assert client.bind(0x4000, OTHER) == 400
    bench.pass_time(CHANNEL_REST)
    assert client.bind(0x4000, OTHER) == 0


def test_a_channel_bind_lacks_nothing(client: TurnClient) -> None:
    assert client.code(Method.CHANNEL_BIND, PEER) == 400
    number = (Attribute.CHANNEL_NUMBER, of.channel_number(0x4000))
    assert client.code(Method.CHANNEL_BIND, number) == 400


def test_one_client_has_a_bounded_number_of_permissions_and_channels(
    bench: Bench, client: TurnClient
) -> None:
    peers = [(f"198.51.{n // 200}.{n % 200 + 1}", 9) for n in range(MOST_PERMISSIONS + 1)]
    assert [client.permit(peer) for peer in peers].count(508) == 1
    bench.pass_time(PERMISSION)
    assert client.permit(peers[-1]) == 0
    other = bench.client(port=2)
    other.allocate()
    same = [(PEER[0], 1000 + n) for n in range(MOST_CHANNELS + 1)]
    codes = [other.bind(0x4000 + n, peer) for n, peer in enumerate(same)]
    assert (codes.count(0), codes.count(508)) == (MOST_CHANNELS, 1)


def test_a_send_that_lacks_something_goes_nowhere(client: TurnClient) -> None:
    client.permit(PEER)
    whither = (Attribute.XOR_PEER_ADDRESS, of.xor_address(PEER, bytes(12)))
    for values in (
        [whither],
        [(Attribute.DATA, b"x")],
        [whither, (Attribute.DATA, b"x"), (1, b"")],
    ):
        unknown = [(0x7F00, b"") if kind == 1 else (kind, value) for kind, value in values]
        assert client.tell(build(Method.SEND, Class.INDICATION, bytes(12), unknown)) == []


def test_dont_fragment_goes_along(client: TurnClient) -> None:
    client.permit(PEER)
    (out,) = client.send(b"x", PEER, (Attribute.DONT_FRAGMENT, b""))
    assert out.dont_fragment


def test_an_icmp_error_is_told_to_the_client(bench: Bench, client: TurnClient) -> None:
    assert bench.server.icmp((RELAY, 50000), PEER, 3, 4, 1300, bench.now) == []
    client.permit(PEER)
    (told,) = bench.server.icmp((RELAY, 50000), PEER, 3, 4, 1300, bench.now)
    assert isinstance(told, ToClient)
    message = parse(told.data)
    assert message.get(Attribute.ICMP) == of.icmp(3, 4, 1300)
    assert message.has(Attribute.XOR_PEER_ADDRESS)


def test_data_for_a_port_that_is_nobody_s_goes_nowhere(bench: Bench, client: TurnClient) -> None:
    assert notes(bench.from_peer(b"x", (RELAY, 50001))) == ["peer_not_permitted"]
    assert bench.server.icmp((RELAY, 50001), PEER, 3, 3, 0, bench.now) == []


def test_two_clients_of_ours_meet_inside(bench: Bench, client: TurnClient) -> None:
    other = bench.client(port=2, user="bob", password="pw2")
    mine, theirs = (RELAY, 50000), other.allocate()
    assert client.permit(theirs) == 0
    assert client.send(b"x", theirs) == []  # nothing leaves, and the other has not allowed it
    assert other.bind(0x4000, mine) == 0
    sent = build(
        Method.SEND,
        Class.INDICATION,
        bytes(12),
        [
            (Attribute.XOR_PEER_ADDRESS, of.xor_address(theirs, bytes(12))),
            (Attribute.DATA, b"hello"),
        ],
    )
    assert client.tell(sent) == [ToClient(b"\x40\x00\x00\x05hello", other.at)]
    assert not any(isinstance(each, Install) for each in bench.seen)


def test_whatever_else_listens_on_our_address_is_out_of_reach(
    bench: Bench, client: TurnClient
) -> None:
    client.permit((RELAY, 5060))
    assert client.send(b"INVITE", (RELAY, 5060)) == []
    assert client.bind(0x4000, (RELAY, 5060)) == 0
    assert notes(client.tell(b"\x40\x00\x00\x01x")) == ["not_permitted"]
