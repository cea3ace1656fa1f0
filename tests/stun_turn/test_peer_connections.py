"""Pipes between peers' connections and clients': nothing is lost, and one end ends the other."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from stun_turn.actions import Bind, ClosePeer, ConnectPeer, Unbind
from stun_turn.attributes import Address
from stun_turn.peer_connections import PeerConnections
from tests.support.turn_sockets import PATIENCE, free_port, run


class Up:
    def __init__(self) -> None:
        self.told: asyncio.Queue[tuple[str, object]] = asyncio.Queue()
        self.number: int | None = 7

    def peer_connected(self, number: int) -> None:
        self.told.put_nowait(("connected", number))

    def peer_failed(self, number: int) -> None:
        self.told.put_nowait(("failed", number))

    def peer_came(self, relay: Address, peer: Address) -> int | None:
        self.told.put_nowait(("came", relay))
        return self.number

    def peer_closed(self, number: int) -> None:
        self.told.put_nowait(("closed", number))

    async def next(self) -> tuple[str, object]:
        return await asyncio.wait_for(self.told.get(), PATIENCE)


class ClientEnd:
    """A client's connection, as far as a pipe needs it."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()
        self.reading = True

    def write(self, data: bytes) -> None:
        self.heard.put_nowait(data)

    def abort(self) -> None:
        self.heard.put_nowait(b"aborted")

    def finish(self) -> None:
        self.heard.put_nowait(b"finished")

    def read_on(self, reading: bool) -> None:
        self.reading = reading

    async def next(self) -> bytes:
        return await asyncio.wait_for(self.heard.get(), PATIENCE)


def rigged(test: Callable[[PeerConnections, Up], Awaitable[None]]) -> None:
    async def main() -> None:
        up = Up()
        peers = PeerConnections(asyncio.get_running_loop(), up)
        try:
            await test(peers, up)
        finally:
            peers.close()

    run(main())


def listening(peers: PeerConnections) -> Address:
    relay = free_port()
    assert peers.bind(Bind(relay, tcp=True))
    return relay


def test_a_peer_that_comes_is_heard_by_its_client_and_not_before() -> None:
    async def test(peers: PeerConnections, up: Up) -> None:
        relay = listening(peers)
        reader, writer = await asyncio.open_connection(*relay)
        writer.write(b"early")
        assert await up.next() == ("came", relay)
        client = ClientEnd()
        peer = peers.join(7, client)
        assert peer is not None
        assert await client.next() == b"early"
        peer.write(b"answer")
        assert await asyncio.wait_for(reader.readexactly(6), PATIENCE) == b"answer"
        writer.close()
        assert await client.next() == b"finished"
        assert await up.next() == ("closed", 7)

    rigged(test)


def test_who_may_not_is_closed() -> None:
    async def test(peers: PeerConnections, up: Up) -> None:
        up.number = None
        relay = listening(peers)
        reader, writer = await asyncio.open_connection(*relay)
        with suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        writer.close()
        assert len(peers) == 0

    rigged(test)


def test_a_connection_leaves_from_the_relayed_address() -> None:
    async def test(peers: PeerConnections, up: Up) -> None:
        relay, there = listening(peers), free_port("127.0.0.2")
        came: asyncio.Queue[Address] = asyncio.Queue()

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.put_nowait(writer.get_extra_info("peername"))
            writer.write(b"hello")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, *there)
        peers.connect(ConnectPeer(9, relay, there))
        assert await up.next() == ("connected", 9)
        assert await asyncio.wait_for(came.get(), PATIENCE) == relay
        client = ClientEnd()
        peers.join(9, client)
        assert await client.next() == b"hello"
        assert await client.next() == b"finished"
        server.close()

    rigged(test)


def test_a_peer_that_is_not_there_fails() -> None:
    async def test(peers: PeerConnections, up: Up) -> None:
        relay = listening(peers)
        peers.connect(ConnectPeer(9, relay, free_port("127.0.0.2")))
        assert await up.next() == ("failed", 9)

    rigged(test)


def test_the_end_of_an_allocation_ends_both() -> None:
    async def test(peers: PeerConnections, up: Up) -> None:
        relay = listening(peers)
        reader, writer = await asyncio.open_connection(*relay)
        await up.next()
        client = ClientEnd()
        peers.join(7, client)
        peers.close_peer(ClosePeer(7))
        assert await client.next() == b"aborted"
        with suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        writer.close()
        peers.unbind(Unbind(relay))

    rigged(test)


def test_a_port_of_somebody_else_is_not_had() -> None:
    async def test(peers: PeerConnections, _: Up) -> None:
        there = free_port()
        server = await asyncio.start_server(lambda *_: None, *there, reuse_port=False)
        assert not peers.bind(Bind(there, tcp=True))
        server.close()

    rigged(test)
