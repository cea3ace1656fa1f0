"""SIP over TCP, TLS and WebSocket (RFC 3261 §18, RFC 7118): the connections of one interface and
transport, taken and made.

A flow names its connection. Writing to a flow that has none opens it from the interface's own
address; what waits meanwhile is bounded, and a failure is told to the core on a later turn. So is
the end of a connection, also of one that nobody was using: a phone may have registered by it.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import ip_address

from sbc.actions import Flow, Note, Transport
from sbc.routing.certificate_names import fits
from sbc.transport.admission import Admission
from sbc.transport.codec import Codec
from sbc.transport.connection import USUAL, Connection, StreamLimits
from sbc.transport.shell import Shell
from sbc.transport.sockets import outgoing
from sbc.transport.tls import TlsSession


@dataclass(frozen=True, slots=True)
class Way:
    """What a connection is made of."""

    transport: Transport
    codec: Callable[[], Codec]
    accepting: Callable[[], TlsSession] | None = None
    """Of an inbound connection; None: no TLS."""
    dialling: Callable[[Flow], TlsSession] | None = None

    def dials(self, flow: Flow) -> bool:
        """A WebSocket client has no address (RFC 7118 §5); and nobody is spoken to over TLS of whom
        we do not know who it has to be (RFC 5922 §7.2)."""
        if self.transport in ("ws", "wss"):
            return False
        return self.dialling is None or bool(flow.names)


class Dial:
    """What waits for a connection to come about."""

    __slots__ = ("connection", "queue", "settled", "size", "task")

    def __init__(self, task: asyncio.Task[None]) -> None:
        self.task = task
        self.connection: Connection | None = None
        self.settled: asyncio.Future[None] = task.get_loop().create_future()
        """Done when the connection is ready, or lost."""
        self.queue: list[bytes] = []
        self.size = 0


class TcpCarrier:
    def __init__(
        self,
        interface: str,
        bind: str,
        shell: Shell,
        *,
        way: Way,
        admission: Admission,
        limits: StreamLimits = USUAL,
        dscp: int | None = None,
    ) -> None:
        self.interface = interface
        self.transport: Transport = way.transport
        self._bind = bind
        self._shell = shell
        self._way = way
        self._admission = admission
        self._limits = limits
        self._dscp = dscp
        """The mark of connections that we make."""
        self._all: dict[Connection, None] = {}
        """Those that are not ready yet, too."""
        self._open: dict[Flow, list[Connection]] = {}
        """Several to one address only where different certificates are wanted of it."""
        self._dials: dict[tuple[Flow, tuple[str, ...]], Dial] = {}
        """By path, and whose certificate is wanted: names are no part of the path."""
        self._servers: list[asyncio.Server] = []
        self._refusals_told = 0
        self._loop = asyncio.get_running_loop()
        self._sweeping = self._loop.call_later(limits.sweep, self._sweep)

    async def listen(self, bound: socket.socket) -> None:
        self._servers.append(
            await self._loop.create_server(self._accepted, sock=bound, backlog=1024)
        )

    def send(self, data: bytes, flow: Flow) -> None:
        connection = self._carrying(flow)
        if connection is None and ":" in flow.remote[0]:
            flow = canonical(flow)
            connection = self._carrying(flow)
        if connection is not None:
            connection.write(data)
        elif self._way.dials(flow):
            self._send_when_open(data, flow)
        else:
            self._loop.call_soon(self._shell.transport_failed, flow)

    def _carrying(self, flow: Flow) -> Connection | None:
        """The open connection to that peer. One whose certificate is another's is none, though it
        is to the same address (RFC 5922 §7.2, RFC 5923 §4)."""
        found = self._open.get(flow)
        if found is None:
            return None
        if not flow.names:
            return found[-1]
        return next((each for each in found if fits(each.flow.names, flow.names)), None)

    def counts(self) -> tuple[int, int]:
        """Connections that are open, and that are being made."""
        return sum(map(len, self._open.values())), len(self._dials)

    def close(self) -> None:
        """Stop listening and dialling; let go out what is written."""
        self._sweeping.cancel()
        for server in self._servers:
            server.close()
        for dial in self._dials.values():
            dial.task.cancel()
        for connection in list(self._all):
            connection.close()

    # --- what a connection tells ----------------------------------------------------------------

    def admit(self, connection: Connection) -> bool:
        if connection.inbound and not self._admission.admit(connection.flow.remote[0]):
            return False
        self._all[connection] = None
        return True

    def opened(self, connection: Connection) -> None:
        flow = connection.flow
        self._open.setdefault(flow, []).append(connection)
        dial = None if connection.inbound else self._dials.get((flow, connection.wanted))
        if dial is not None:
            for data in dial.queue:
                connection.write(data)
            settle(dial)

    def refused(self, connection: Connection, why: str) -> None:
        event = "connection_broken" if connection.ready else "handshake_failed"
        labels = (("interface", self.interface), ("transport", self.transport))
        detail = (("why", why), ("source", connection.flow.remote[0]))
        self._shell.note(Note(event, labels, detail))

    def lost(self, connection: Connection) -> None:
        flow = connection.flow
        self._all.pop(connection, None)
        if connection.inbound:
            self._admission.leave(flow.remote[0])
        elif (dial := self._dials.get((flow, connection.wanted))) is not None:
            settle(dial)
        # A peer that comes back at once from the same port may have its new connection here.
        found = self._open.get(flow, [])
        if connection not in found:
            return
        newest = found[-1] is connection
        found.remove(connection)
        if not found:
            del self._open[flow]
        if newest or connection.flow.names:
            self._shell.transport_failed(flow)

    # --- connections that we make ---------------------------------------------------------------

    def _send_when_open(self, data: bytes, flow: Flow) -> None:
        dial = self._dials.get((flow, flow.names))
        if dial is None:
            dial = Dial(self._loop.create_task(self._dial(flow)))
            self._dials[flow, flow.names] = dial
            dial.task.add_done_callback(partial(self._dialled, flow))
        dial.size += len(data)
        if dial.size > self._limits.waiting:
            dial.task.cancel()
        else:
            dial.queue.append(data)

    async def _dial(self, flow: Flow) -> None:
        host, port = flow.remote
        dial = self._dials[flow, flow.names]
        # Refused, or too late; no IP address, no port.
        with suppress(OSError, ValueError, OverflowError):
            async with asyncio.timeout(self._limits.connect):
                dial.connection = await self._connected(flow, host, port)
                await dial.settled  # After its handshake.

    async def _connected(self, flow: Flow, host: str, port: int) -> Connection:
        factory = partial(self._dialling, flow)
        if self._dscp is None:
            _, made = await self._loop.create_connection(
                factory, host, port, local_addr=(self._bind, 0)
            )
            return made
        marked = outgoing(self._bind, self._dscp)
        try:
            await self._loop.sock_connect(marked, (host, port))
            _, made = await self._loop.create_connection(factory, sock=marked)
        except BaseException:
            marked.close()
            raise
        return made

    def _dialled(self, flow: Flow, _: asyncio.Task[None]) -> None:
        """Also after a task that was cancelled before it began."""
        unfinished = self._dials.pop((flow, flow.names)).connection
        if self._carrying(flow) is None:
            if unfinished in self._all:
                unfinished.abort()
            self._shell.transport_failed(flow)

    def _accepted(self) -> Connection:
        tls = None if self._way.accepting is None else self._way.accepting()
        return Connection(self, self._shell, self._way.codec(), self._limits, tls=tls)

    def _dialling(self, flow: Flow) -> Connection:
        tls = None if self._way.dialling is None else self._way.dialling(flow)
        return Connection(self, self._shell, self._way.codec(), self._limits, flow, tls)

    # --- the limits in time ---------------------------------------------------------------------

    def _sweep(self) -> None:
        self._sweeping = self._loop.call_later(self._limits.sweep, self._sweep)
        now = self._shell.clock()
        for connection in list(self._all):
            scarce = connection.idle(now) and self._admission.scarce(connection.flow.remote[0])
            if scarce or connection.stuck(now):
                connection.abort()
            else:
                connection.look(now)
        refused = self._admission.refused - self._refusals_told
        if refused:
            self._refusals_told += refused
            labels = (("interface", self.interface), ("transport", self.transport))
            self._shell.note(Note("connections_refused", labels, (("count", str(refused)),)))


def settle(dial: Dial) -> None:
    if not dial.settled.done():
        dial.settled.set_result(None)


def canonical(flow: Flow) -> Flow:
    """An IPv6 address may be written in many ways (RFC 5952); sockets use one."""
    host, port = flow.remote
    try:
        return replace(flow, remote=(str(ip_address(host)), port))
    except ValueError:
        return flow
