"""SIP over TCP (RFC 3261 §18): the connections of one interface, taken and made.

A flow names its connection. Writing to a flow that has none opens it from the interface's own
address; what waits meanwhile is bounded, and a failure is told to the core on a later turn.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from ipaddress import ip_address

from sbc.actions import Flow, Note
from sbc.sip.stream import StreamFramer
from sbc.transport.admission import Admission
from sbc.transport.connection import USUAL, Connection, StreamLimits
from sbc.transport.shell import Shell


class Dial:
    """What waits for a connection to come about."""

    __slots__ = ("queue", "size", "task")

    def __init__(self, task: asyncio.Task[None]) -> None:
        self.task = task
        self.queue: list[bytes] = []
        self.size = 0


class TcpCarrier:
    def __init__(
        self,
        interface: str,
        bind: str,
        shell: Shell,
        *,
        framer: Callable[[], StreamFramer],
        admission: Admission,
        limits: StreamLimits = USUAL,
    ) -> None:
        self.interface = interface
        self._bind = bind
        self._shell = shell
        self._framer = framer
        self._admission = admission
        self._limits = limits
        self._open: dict[Flow, Connection] = {}
        self._dials: dict[Flow, Dial] = {}
        self._servers: list[asyncio.Server] = []
        self._refusals_told = 0
        self._loop = asyncio.get_running_loop()
        self._sweeping = self._loop.call_later(limits.sweep, self._sweep)

    async def listen(self, bound: socket.socket) -> None:
        self._servers.append(
            await self._loop.create_server(self._connection, sock=bound, backlog=1024)
        )

    def send(self, data: bytes, flow: Flow) -> None:
        connection = self._open.get(flow)
        if connection is None and ":" in flow.remote[0]:
            flow = canonical(flow)
            connection = self._open.get(flow)
        if connection is not None:
            connection.write(data)
        else:
            self._send_when_open(data, flow)

    def counts(self) -> tuple[int, int]:
        """Connections that are open, and that are being made."""
        return len(self._open), len(self._dials)

    def close(self) -> None:
        """Stop listening and dialling; let go out what is written."""
        self._sweeping.cancel()
        for server in self._servers:
            server.close()
        for dial in self._dials.values():
            dial.task.cancel()
        for connection in self._open.values():
            connection.close()

    # --- what a connection tells ----------------------------------------------------------------

    def opened(self, connection: Connection) -> bool:
        flow = connection.flow
        if connection.inbound and not self._admission.admit(flow.remote[0]):
            return False
        self._open[flow] = connection
        if not connection.inbound:
            for data in self._dials[flow].queue:
                connection.write(data)
        return True

    def lost(self, connection: Connection) -> None:
        flow = connection.flow
        if connection.inbound:
            self._admission.leave(flow.remote[0])
        # A peer that comes back at once from the same port may have its new connection here.
        if self._open.get(flow) is connection:
            del self._open[flow]
            self._shell.transport_failed(flow)

    # --- connections that we make ---------------------------------------------------------------

    def _send_when_open(self, data: bytes, flow: Flow) -> None:
        dial = self._dials.get(flow)
        if dial is None:
            dial = self._dials[flow] = Dial(self._loop.create_task(self._dial(flow)))
            dial.task.add_done_callback(partial(self._dialled, flow))
        dial.size += len(data)
        if dial.size > self._limits.waiting:
            dial.task.cancel()
        else:
            dial.queue.append(data)

    async def _dial(self, flow: Flow) -> None:
        host, port = flow.remote
        # Refused, or too late; no IP address, no port.
        with suppress(OSError, ValueError, OverflowError):
            async with asyncio.timeout(self._limits.connect):
                await self._loop.create_connection(
                    lambda: self._connection(flow), host, port, local_addr=(self._bind, 0)
                )

    def _dialled(self, flow: Flow, _: asyncio.Task[None]) -> None:
        """Also after a task that was cancelled before it began."""
        del self._dials[flow]
        if flow not in self._open:
            self._shell.transport_failed(flow)

    def _connection(self, dialled: Flow | None = None) -> Connection:
        return Connection(self, self._shell, self._framer(), self._limits, dialled)

    # --- the limits in time ---------------------------------------------------------------------

    def _sweep(self) -> None:
        self._sweeping = self._loop.call_later(self._limits.sweep, self._sweep)
        now = self._shell.clock()
        for flow, connection in self._open.items():
            scarce = connection.idle(now) and self._admission.scarce(flow.remote[0])
            if scarce or connection.stuck(now):
                connection.abort()
        refused = self._admission.refused - self._refusals_told
        if refused:
            self._refusals_told += refused
            labels = (("interface", self.interface),)
            self._shell.note(Note("connections_refused", labels, (("count", str(refused)),)))


def canonical(flow: Flow) -> Flow:
    """An IPv6 address may be written in many ways (RFC 5952); sockets use one."""
    host, port = flow.remote
    try:
        return replace(flow, remote=(str(ip_address(host)), port))
    except ValueError:
        return flow
