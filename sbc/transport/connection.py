"""One TCP connection of SIP (RFC 3261 §18.3): frames what comes in, holds its peer to limits."""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from sbc.actions import Flow
from sbc.sip.errors import BadMessage
from sbc.sip.stream import Ping, StreamFramer
from sbc.transport.shell import Shell

LINE_END = b"\r\n"
PONG = LINE_END
"""The answer to a keepalive (RFC 5626 §4.4.1)."""


@dataclass(frozen=True, slots=True)
class StreamLimits:
    connect: float = 4.0
    """Seconds for a connection to come about."""
    message: float = 32.0
    """Seconds from the first byte of a message to its last, and from accepting to the first one."""
    idle: float = 600.0
    """Seconds without a byte either way, after which an inbound connection makes room for others.

    While there is room it may stay: a quiet call of an hour still has to end by it. The kernel
    finds out which peers are gone."""
    waiting: int = 262_144
    """Bytes that may wait for a connection to come about."""
    unsent: int = 1_048_576
    """Bytes that may wait for a peer to read. With more, the peer is cut off."""
    unacknowledged: float = 20.0
    """Seconds of no acknowledgement until the kernel gives the connection up: before the
    transactions do (32 s), so that their next try finds a fresh one."""
    sweep: float = 1.0
    """Seconds between two looks at `message` and `idle`."""


USUAL = StreamLimits()


class Owner(Protocol):
    """Keeps the connections of one interface."""

    @property
    def interface(self) -> str: ...

    def opened(self, connection: "Connection") -> bool:
        """False: it is one too many, and goes."""

    def lost(self, connection: "Connection") -> None: ...


class Connection(asyncio.Protocol):
    flow: Flow

    def __init__(
        self,
        owner: Owner,
        shell: Shell,
        framer: StreamFramer,
        limits: StreamLimits,
        dialled: Flow | None = None,
    ) -> None:
        self.inbound = dialled is None
        if dialled is not None:
            self.flow = dialled
        self._owner = owner
        self._shell = shell
        self._framer = framer
        self._limits = limits
        self._moved = shell.clock()
        """When bytes last went either way."""
        self._begun: float | None = self._moved if self.inbound else None
        """When bytes of a message that is not yet whole first came; None between messages."""
        self._kept = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self.inbound:
            peer = transport.get_extra_info("peername")
            if peer is None:  # It has gone again.
                self.abort()
                return
            self.flow = Flow(self._owner.interface, "tcp", peer[:2])
        self._transport.set_write_buffer_limits(high=self._limits.unsent)
        tune(transport.get_extra_info("socket"), self._limits.unacknowledged)
        self._kept = self._owner.opened(self)
        if not self._kept:
            self.abort()

    def data_received(self, data: bytes) -> None:
        self._moved = self._shell.clock()
        try:
            frames = self._framer.feed(data)
            if frames:
                self._begun = None
                self._pass_on(frames)
                self._framer.feed(b"")  # A fault behind whole messages shows only now.
            elif self._begun is None and data.strip(LINE_END):
                self._begun = self._moved
        except BadMessage as error:
            self._shell.malformed(error, self.flow)
            self.close()

    def _pass_on(self, frames: Sequence[bytes | Ping]) -> None:
        for frame in frames:
            if isinstance(frame, Ping):
                self._transport.write(PONG)
            else:
                self._shell.received(frame, self.flow)

    def write(self, data: bytes) -> None:
        self._moved = self._shell.clock()
        self._transport.write(data)

    def pause_writing(self) -> None:
        # The peer does not read. What is lost is told to the core by `lost`.
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the name is asyncio's
        if self._kept:
            self._owner.lost(self)

    def stuck(self, now: float) -> bool:
        """In the middle of a message, for too long."""
        return self._begun is not None and now - self._begun > self._limits.message

    def idle(self, now: float) -> bool:
        return self.inbound and now - self._moved > self._limits.idle

    def close(self) -> None:
        """After what is written has gone out."""
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()


def tune(stream: socket.socket, unacknowledged: float) -> None:
    """Let the kernel find out dead peers, also on a quiet connection."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(unacknowledged * 1000))
