"""TCP with peers (RFC 6062): listening at relayed addresses, connecting from them, and the pipes
between a peer's connection and its client's."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any, Protocol, cast

from stun_turn.actions import Bind, ClosePeer, ConnectPeer, Unbind
from stun_turn.attributes import Address

CONNECT = 30.0
"""Seconds (§5.2)."""
MOST_WAITING = 1 << 18
"""Bytes that one end has not taken; the other is not read meanwhile."""


class Up(Protocol):
    def peer_connected(self, number: int) -> None: ...
    def peer_failed(self, number: int) -> None: ...
    def peer_came(self, relay: Address, peer: Address) -> int | None:
        """The number of a connection that was accepted; None: it is to be closed."""

    def peer_closed(self, number: int) -> None: ...


class Piped(Protocol):
    """The client's end of a pipe."""

    def write(self, data: bytes) -> None: ...
    def abort(self) -> None: ...
    def finish(self) -> None:
        """Close, when all is written."""

    def read_on(self, reading: bool) -> None: ...


class PeerConnections:
    def __init__(self, loop: asyncio.AbstractEventLoop, up: Up) -> None:
        self._loop = loop
        self._up = up
        self._listening: dict[Address, asyncio.Server | None] = {}
        self._open: dict[int, _Peer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open)

    def bind(self, action: Bind) -> bool:
        """False: this port is somebody else's."""
        try:
            made = _socket(action.relay)
        except OSError:
            return False
        made.listen(64)
        self._listening[action.relay] = None
        self._soon(self._listen(action.relay, made))
        return True

    async def _listen(self, relay: Address, made: socket.socket) -> None:
        if relay not in self._listening:
            made.close()
            return
        server = await self._loop.create_server(lambda: _Peer(self, relay), sock=made)
        if relay in self._listening:
            self._listening[relay] = server
        else:
            server.close()

    def unbind(self, action: Unbind) -> None:
        server = self._listening.pop(action.relay, None)
        if server is not None:
            server.close()

    def connect(self, action: ConnectPeer) -> None:
        self._soon(self._connect(action))

    async def _connect(self, action: ConnectPeer) -> None:
        try:
            made = _socket(action.relay)
        except OSError:
            self._up.peer_failed(action.number)
            return
        try:
            async with asyncio.timeout(CONNECT):
                await self._loop.sock_connect(made, action.peer)
            await self._loop.create_connection(
                lambda: _Peer(self, action.relay, action.number), sock=made
            )
        except (OSError, TimeoutError):
            made.close()
            self._up.peer_failed(action.number)
        else:
            self._up.peer_connected(action.number)

    def close_peer(self, action: ClosePeer) -> None:
        peer = self._open.pop(action.number, None)
        if peer is not None:
            peer.end()

    def join(self, number: int, client: Piped) -> Peer | None:
        """The peer's end for the client's; None: it is gone."""
        peer = self._open.get(number)
        if peer is not None:
            peer.join(client)
        return peer

    def close(self) -> None:
        for relay in list(self._listening):
            self.unbind(Unbind(relay))
        for peer in list(self._open.values()):
            peer.end()
        for task in self._tasks:
            task.cancel()

    # --- for the connections ----------------------------------------------------------------------

    def made(self, peer: _Peer) -> bool:
        if peer.number is None:
            peer.number = self._up.peer_came(peer.relay, peer.address)
        if peer.number is None:
            return False
        self._open[peer.number] = peer
        return True

    def lost(self, peer: _Peer) -> None:
        if peer.number is not None and self._open.pop(peer.number, None) is not None:
            self._up.peer_closed(peer.number)

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Peer(Protocol):
    """The peer's end, as the client's sees it."""

    def write(self, data: bytes) -> None: ...
    def finish(self) -> None: ...
    def read_on(self, reading: bool) -> None: ...


class _Peer(asyncio.Protocol):
    """Not read before its client has come."""

    def __init__(self, of: PeerConnections, relay: Address, number: int | None = None) -> None:
        self._of = of
        self.relay = relay
        self.number = number
        self.address: Address = ("", 0)
        self._transport: asyncio.Transport | None = None
        self._client: Piped | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("peername")
        self.address = (str(name[0]), int(name[1]))
        self._transport.set_write_buffer_limits(MOST_WAITING)
        self._transport.pause_reading()
        if not self._of.made(self):
            self._transport.abort()
            return
        asyncio.get_running_loop().call_soon(self._hold)

    def _hold(self) -> None:
        """Before Python 3.11.4 asyncio, unlike uvloop, begins to read after `connection_made`,
        paused or not (CPython gh-103607)."""
        if self._client is None:
            self.read_on(True)
            self.read_on(False)

    def join(self, client: Piped) -> None:
        self._client = client
        self.read_on(True)

    def data_received(self, data: bytes) -> None:
        if self._client is not None:
            self._client.write(data)

    def pause_writing(self) -> None:
        if self._client is not None:
            self._client.read_on(False)

    def resume_writing(self) -> None:
        if self._client is not None:
            self._client.read_on(True)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        client, self._client = self._client, None
        if client is not None:
            client.finish()
        self._of.lost(self)

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def read_on(self, reading: bool) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if reading and not transport.is_reading():
            transport.resume_reading()
        elif not reading and transport.is_reading():
            transport.pause_reading()

    def finish(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def end(self) -> None:
        client, self._client = self._client, None
        if self._transport is not None:
            self._transport.abort()
        if client is not None:
            client.abort()


def _socket(address: Address) -> socket.socket:
    """Listening and connecting share the one port. Raises OSError."""
    six = ":" in address[0]
    made = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            made.setsockopt(socket.SOL_SOCKET, option, 1)
        if six:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
