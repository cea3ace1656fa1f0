"""Sockets and flows on loopback: what is installed flows, all else goes up."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from stun_turn.actions import Bind, Client, Install, Remove, ToClient, ToPeer, Unbind
from stun_turn.attributes import Address
from stun_turn.channel_data import build
from stun_turn.engine import Engine
from tests.support.marks import mark_of_next, reading_marks
from tests.support.turn_sockets import Heard, at, free_port, received, run, udp_socket


class Rig:
    """One client, one relayed address, one peer."""

    def __init__(self, ip: str = "127.0.0.1", bitrate: float | None = None) -> None:
        self.heard = Heard()
        self.engine = Engine(asyncio.get_running_loop(), self.heard, bitrate)
        self.local, self.relay = free_port(ip), free_port(ip)
        self.engine.listen(self.local)
        assert self.engine.bind(Bind(self.relay))
        self.phone, self.peer = udp_socket(ip), udp_socket(ip)
        self.client = Client("udp", self.local, at(self.phone))
        self.flow = Install(self.client, 0x4001, self.relay, at(self.peer))

    def close(self) -> None:
        self.engine.close()
        self.phone.close()
        self.peer.close()


Test = Callable[[Rig], Awaitable[None]]


def rigged(test: Test, **how: object) -> None:
    async def main() -> None:
        rig = Rig(**how)  # type: ignore[arg-type]
        try:
            await test(rig)
        finally:
            rig.close()

    run(main())


def test_what_no_flow_matches_goes_up() -> None:
    async def test(rig: Rig) -> None:
        rig.phone.sendto(b"hello", rig.local)
        assert await rig.heard.next() == ("client", b"hello", rig.client)
        rig.phone.sendto(build(0x4001, b"x", padded=False), rig.local)
        assert (await rig.heard.next())[0] == "client"
        rig.peer.sendto(b"world", rig.relay)
        assert await rig.heard.next() == ("peer", b"world", rig.relay, at(rig.peer))

    rigged(test)


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1"])
def test_what_is_relayed_has_the_mark_of_its_address(ip: str) -> None:
    """(M8)"""

    async def main() -> None:
        heard = Heard()
        engine = Engine(asyncio.get_running_loop(), heard, None, {ip: 46})
        relay, local = free_port(ip), free_port(ip)
        engine.listen(local)
        assert engine.bind(Bind(relay))
        with reading_marks(ip) as peer:
            to = peer.getsockname()[:2]
            engine.to_peer(ToPeer(b"out", relay, to))
            assert mark_of_next(peer) == 46
            engine.to_client(ToClient(b"back", Client("udp", local, to)))
            assert mark_of_next(peer) == 46
        engine.close()

    run(main())


def flows(rig: Rig) -> Awaitable[None]:
    async def test() -> None:
        rig.engine.install(rig.flow)
        rig.phone.sendto(build(0x4001, b"hello", padded=True), rig.local)
        assert await received(rig.peer) == b"hello"
        rig.peer.sendto(b"world", rig.relay)
        assert await received(rig.phone) == build(0x4001, b"world", padded=False)
        assert rig.heard.all.empty()

    return test()


def test_a_flow_carries_both_ways() -> None:
    rigged(flows)


def test_a_flow_carries_ipv6_as_well() -> None:
    rigged(flows, ip="::1")


def test_a_flow_is_for_its_client_and_its_peer_alone() -> None:
    async def test(rig: Rig) -> None:
        rig.engine.install(rig.flow)
        with udp_socket() as stranger:
            stranger.sendto(build(0x4001, b"hello", padded=False), rig.local)
            assert (await rig.heard.next())[0] == "client"
            stranger.sendto(b"hello", rig.relay)
            assert (await rig.heard.next())[:2] == ("peer", b"hello")

    rigged(test)


def test_channel_data_that_claims_more_than_it_brings_goes_up() -> None:
    async def test(rig: Rig) -> None:
        rig.engine.install(rig.flow)
        rig.phone.sendto(b"\x40\x01\x00\x09short", rig.local)
        assert (await rig.heard.next())[1] == b"\x40\x01\x00\x09short"

    rigged(test)


def test_what_was_removed_goes_up_again() -> None:
    async def test(rig: Rig) -> None:
        rig.engine.install(rig.flow)
        flow = rig.flow
        rig.engine.remove(Remove(flow.client, flow.channel, flow.relay, flow.peer))
        rig.phone.sendto(build(0x4001, b"hello", padded=False), rig.local)
        assert (await rig.heard.next())[0] == "client"
        rig.peer.sendto(b"world", rig.relay)
        assert (await rig.heard.next())[0] == "peer"

    rigged(test)


def test_a_connection_gets_padded_channel_data() -> None:
    class Stream:
        def __init__(self) -> None:
            self.written: asyncio.Queue[bytes] = asyncio.Queue()

        def write(self, data: bytes) -> None:
            self.written.put_nowait(data)

    async def test(rig: Rig) -> None:
        client = Client("tcp", rig.local, ("127.0.0.1", 9))
        stream = rig.engine.streams[client] = Stream()
        rig.engine.install(Install(client, 0x4001, rig.relay, at(rig.peer)))
        rig.engine.from_stream(build(0x4001, b"hello", padded=False), client)
        assert await received(rig.peer) == b"hello"
        rig.peer.sendto(b"world", rig.relay)
        assert await stream.written.get() == build(0x4001, b"world", padded=True)
        rig.engine.from_stream(b"other", client)
        assert await rig.heard.next() == ("client", b"other", client)
        rig.engine.to_client(ToClient(b"said", client))
        assert await stream.written.get() == b"said"

    rigged(test)


def test_the_slow_path_sends_too() -> None:
    async def test(rig: Rig) -> None:
        rig.engine.to_client(ToClient(b"to the client", rig.client))
        assert await received(rig.phone) == b"to the client"
        rig.engine.to_peer(ToPeer(b"to the peer", rig.relay, at(rig.peer)))
        assert await received(rig.peer) == b"to the peer"
        rig.engine.to_peer(ToPeer(b"whole", rig.relay, at(rig.peer), dont_fragment=True))
        assert await received(rig.peer) == b"whole"

    rigged(test)


def test_a_port_that_is_taken_cannot_be_bound() -> None:
    async def test(rig: Rig) -> None:
        assert not rig.engine.bind(Bind(at(rig.peer)))
        rig.engine.unbind(Unbind(rig.relay))
        assert rig.engine.bind(Bind(rig.relay))

    rigged(test)


def test_what_is_sent_after_the_end_is_nothing() -> None:
    async def test(rig: Rig) -> None:
        rig.engine.unbind(Unbind(rig.relay))
        rig.engine.unbind(Unbind(rig.relay))
        rig.engine.to_peer(ToPeer(b"late", rig.relay, at(rig.peer)))
        assert rig.engine.unsent == 0

    rigged(test)


def test_a_peer_that_is_not_there_is_told_by_icmp() -> None:
    async def test(rig: Rig) -> None:
        gone: Address = free_port()
        rig.engine.to_peer(ToPeer(b"anybody?", rig.relay, gone))
        assert await rig.heard.next() == ("icmp", rig.relay, gone, 3, 3, 0)

    rigged(test)


def test_what_is_over_the_bit_rate_is_dropped() -> None:
    async def test(rig: Rig) -> None:
        rig.engine.install(rig.flow)
        for _ in range(3):
            rig.phone.sendto(build(0x4001, bytes(60), padded=False), rig.local)
        rig.phone.sendto(b"last", rig.local)
        await rig.heard.next()
        assert rig.engine.unsent == 2
        assert await received(rig.peer) == bytes(60)

    rigged(test, bitrate=800.0)


def test_an_address_of_another_host_cannot_be_listened_on() -> None:
    async def test(rig: Rig) -> None:
        with pytest.raises(OSError, match="assign"):
            rig.engine.listen(("192.0.2.1", 1))

    rigged(test)
