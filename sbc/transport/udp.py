"""SIP over UDP (RFC 3261 §18): one listener, which is also what its interface sends from."""

import asyncio
import socket
from typing import cast

from sbc.actions import Address, Flow
from sbc.transport.shell import Shell
from sbc.transport.stun_keepalive import FIRST_BYTE, answered

KEEPALIVE = 4
"""Bytes. So short a datagram is a keepalive (RFC 5626 §3.5.1 and its relatives), never SIP."""


class UdpListener(asyncio.DatagramProtocol):
    def __init__(self, interface: str, shell: Shell, *, stun: bool = False) -> None:
        """`stun`: phones may be there, which keep their flows open by it."""
        self.errors = 0
        """What the kernel reported: ICMP answers, no route, too long a datagram."""
        self.dropped = 0
        """Not sent, since the kernel would take no more; SIP repeats them."""
        self._interface = interface
        self._shell = shell
        self._full = False
        self._stun = stun
        self._early: list[tuple[bytes, Flow]] | None = []
        """What came before `begin`."""

    def begin(self) -> None:
        """Pass messages on, once every way out is open for what the core will answer."""
        early, self._early = self._early or (), None
        for data, flow in early:
            self._shell.received(data, flow)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address | tuple[str, int, int, int]) -> None:
        if len(data) > KEEPALIVE:
            # An IPv6 source has two more fields, which a flow does not need.
            source = addr if len(addr) == 2 else addr[:2]
            if self._stun and data[0] < FIRST_BYTE:
                self._keepalive(data, source)
                return
            flow = Flow(self._interface, "udp", source)
            if self._early is None:
                self._shell.received(data, flow)
            else:
                self._early.append((data, flow))

    def _keepalive(self, data: bytes, source: Address) -> None:
        answer = answered(data, source)
        if answer is not None and not self._full:
            self._transport.sendto(answer, source)

    def error_received(self, exc: Exception) -> None:  # noqa: ARG002  # the name is asyncio's
        # An ICMP error may be forged and names no transaction: their timers decide.
        self.errors += 1

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False

    def send(self, data: bytes, flow: Flow) -> None:
        if self._full:
            self.dropped += 1
        else:
            self._transport.sendto(data, flow.remote)

    @property
    def address(self) -> Address:
        return cast(Address, self._transport.get_extra_info("sockname")[:2])

    def close(self) -> None:
        self._transport.close()


async def listen(bound: socket.socket, listener: UdpListener) -> None:
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: listener, sock=bound)
