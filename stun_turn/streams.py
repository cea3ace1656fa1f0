"""Clients on connections, TCP or TLS (RFC 8656 §2.1): framed, bounded, and closed when they idle.

A connection costs us a socket and a little memory whether it is authenticated or not; so there is a
bound for all, one for each source, and a time in which a client must have done something.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol, cast

from config.dscp import socket_option
from stun_turn.actions import Client, Transport
from stun_turn.attributes import Address
from stun_turn.engine import Engine
from stun_turn.framer import Framer
from stun_turn.message import BadStun
from stun_turn.peer_connections import Peer, Piped

MOST_CONNECTIONS = 4096
MOST_OF_ONE = 64
"""Connections from one IP address."""
MOST_WAITING = 1 << 18
"""Bytes that a slow client has not taken; what comes on top is dropped, as a network would."""
PATIENCE = 15.0
"""Seconds for a stranger to become a client, and for half a message to become a whole one."""
HANDSHAKE = 5.0
LOOK = 1.0


class Holder(Protocol):
    """What the streams ask of the server."""

    def holds(self, client: Client) -> bool:
        """This client has an allocation."""

    def disconnected(self, client: Client) -> None: ...


class Streams:
    def __init__(self, engine: Engine, up: Holder, marks: Mapping[str, int] | None = None) -> None:
        """`marks`: the DSCP of connections to an IP address of ours, if it has one."""
        self._engine = engine
        self._marks = marks or {}
        self._up = up
        self._loop = asyncio.get_running_loop()
        self._servers: list[asyncio.Server] = []
        self._open: set[_Connection] = set()
        self._of: Counter[str] = Counter()
        self._sweeper = self._loop.call_later(LOOK, self._sweep)

    def __len__(self) -> int:
        return len(self._open)

    async def listen(self, address: Address, context: ssl.SSLContext | None = None) -> None:
        """Raises OSError."""
        transport: Transport = "tcp" if context is None else "tls"
        server = await self._loop.create_server(
            lambda: _Connection(self, transport, address),
            sock=_listening(address, self._marks.get(address[0])),
            ssl=context,
            ssl_handshake_timeout=HANDSHAKE if context else None,
            backlog=512,
        )
        self._servers.append(server)

    def close(self) -> None:
        self._sweeper.cancel()
        for server in self._servers:
            server.close()
        for connection in list(self._open):
            connection.abort()

    def opened(self, connection: _Connection) -> bool:
        ip = connection.client.remote[0]
        if len(self._open) >= MOST_CONNECTIONS or self._of[ip] >= MOST_OF_ONE:
            return False
        self._open.add(connection)
        self._of[ip] += 1
        self._engine.streams[connection.client] = connection
        return True

    def join(self, client: Client, join: Callable[[Piped], Peer | None]) -> None:
        """This client's connection is a peer's from now on."""
        connection = self._engine.streams.get(client)
        if isinstance(connection, _Connection):
            connection.peer = join(connection)

    def message(self, data: bytes, client: Client) -> None:
        self._engine.from_stream(data, client)

    def closed(self, connection: _Connection) -> None:
        if connection not in self._open:
            return
        self._open.discard(connection)
        ip = connection.client.remote[0]
        self._of[ip] -= 1
        if not self._of[ip]:
            del self._of[ip]
        self._engine.streams.pop(connection.client, None)
        self._up.disconnected(connection.client)

    def _sweep(self) -> None:
        now = self._loop.time()
        for connection in list(self._open):
            idle = not self._up.holds(connection.client) and connection.peer is None
            if now - connection.since > PATIENCE and (idle or connection.half):
                connection.abort()
        self._sweeper = self._loop.call_later(LOOK, self._sweep)


class _Connection(asyncio.Protocol):
    client: Client

    def __init__(self, streams: Streams, transport: Transport, local: Address) -> None:
        self._streams = streams
        self._kind = transport
        self._local = local
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self.since = 0.0
        """When the last whole message came, or the connection was made."""
        self.peer: Peer | None = None
        """It is a peer's now (RFC 6062): what it says is no message any more."""

    @property
    def half(self) -> bool:
        """A part of a message waits for its rest."""
        return len(self._framer) > 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.since = asyncio.get_running_loop().time()
        self.client = Client(self._kind, self._local, (str(peer[0]), int(peer[1])))
        if not self._streams.opened(self):
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.peer is not None:
            self.peer.write(data)
            return
        try:
            messages = self._framer.feed(data)
        except BadStun:
            self.abort()
            return
        if messages:
            self.since = asyncio.get_running_loop().time()
        for message in messages:
            self._streams.message(message, self.client)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        peer, self.peer = self.peer, None
        if peer is not None:
            peer.finish()
        self._streams.closed(self)

    def pause_writing(self) -> None:
        if self.peer is not None:
            self.peer.read_on(False)

    def resume_writing(self) -> None:
        if self.peer is not None:
            self.peer.read_on(True)

    def write(self, data: bytes) -> None:
        """Datagrams of a slow client are dropped; what is of a peer's stream is not."""
        transport = self._transport
        if transport is None:
            return
        if self.peer is not None or transport.get_write_buffer_size() < MOST_WAITING:
            transport.write(data)

    def finish(self) -> None:
        self.peer = None
        if self._transport is not None:
            self._transport.close()

    def read_on(self, reading: bool) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if reading and not transport.is_reading():
            transport.resume_reading()
        elif not reading and transport.is_reading():
            transport.pause_reading()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def _listening(address: Address, dscp: int | None) -> socket.socket:
    """The connections that it takes have its mark. Raises OSError."""
    six = ":" in address[0]
    made = socket.create_server(address, family=socket.AF_INET6 if six else socket.AF_INET)
    if dscp is not None:
        made.setsockopt(*socket_option(6 if six else 4, dscp))
    return made
