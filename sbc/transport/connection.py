"""One connection of SIP (RFC 3261 §18.3): TCP, with TLS and WebSocket on it where they belong.

It frames what comes in, and holds its peer to limits: nobody keeps it waiting for the rest of a
handshake, of an upgrade or of a message.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, cast

from sbc.actions import Flow, Transport
from sbc.routing.certificate_names import fits
from sbc.sip.errors import BadMessage
from sbc.transport.codec import Answer, Codec, Refused
from sbc.transport.shell import Shell
from sbc.transport.tls import TlsSession

LINE_END = b"\r\n"


@dataclass(frozen=True, slots=True)
class StreamLimits:
    connect: float = 4.0
    """Seconds for a connection that we make to come about."""
    handshake: float = 10.0
    """Seconds from accepting a connection to the end of its TLS handshake and its upgrade."""
    message: float = 32.0
    """Seconds from the first byte of a message to its last; and to the first one at all."""
    idle: float = 600.0
    """Seconds without a byte either way, after which an inbound connection makes room for others.

    While there is room it may stay: a quiet call of an hour still has to end by it. The kernel
    finds out which peers are gone."""
    ping: float = 30.0
    """Seconds of silence after which a peer is asked whether it is there, where the codec can; it
    has as long to answer."""
    waiting: int = 262_144
    """Bytes that may wait for a connection to come about."""
    unsent: int = 1_048_576
    """Bytes that may wait for a peer to read. With more, the peer is cut off."""
    unacknowledged: float = 20.0
    """Seconds of no acknowledgement until the kernel gives the connection up: before the
    transactions do (32 s), so that their next try finds a fresh one."""
    sweep: float = 1.0
    """Seconds between two looks at `handshake`, `message`, `idle` and `ping`."""


USUAL = StreamLimits()


class Owner(Protocol):
    """Keeps the connections of one interface and transport."""

    @property
    def interface(self) -> str: ...

    @property
    def transport(self) -> Transport: ...

    def admit(self, connection: "Connection") -> bool:
        """It is connected. False: it is one too many, and goes."""

    def opened(self, connection: "Connection") -> None:
        """It can carry messages now."""

    def refused(self, connection: "Connection", why: str) -> None:
        """It did not come about, or its peer broke the rules of TLS or WebSocket."""

    def lost(self, connection: "Connection") -> None: ...


class Connection(asyncio.Protocol):
    flow: Flow

    def __init__(
        self,
        owner: Owner,
        shell: Shell,
        codec: Codec,
        limits: StreamLimits,
        dialled: Flow | None = None,
        tls: TlsSession | None = None,
    ) -> None:
        self.inbound = dialled is None
        self.wanted: tuple[str, ...] = ()
        """Who has to be there, of one that we have made."""
        if dialled is not None:
            self.flow, self.wanted = dialled, dialled.names
        self.ready = False
        """It carries messages."""
        self._owner = owner
        self._shell = shell
        self._codec = codec
        self._limits = limits
        self._tls = tls
        self._moved = self._heard = shell.clock()
        """When bytes last went either way, and when they last came."""
        self._begun: float | None = self._moved if self.inbound else None
        """Since when we wait for the rest of something; None: for nothing."""
        self._asked = False
        """Since it was last heard, whether it is there."""
        self._kept = False
        self._over = False

    # --- what the loop tells --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self.inbound:
            peer = transport.get_extra_info("peername")
            if peer is None:  # It has gone again.
                self.abort()
                return
            self.flow = Flow(self._owner.interface, self._owner.transport, peer[:2])
        self._transport.set_write_buffer_limits(high=self._limits.unsent)
        tune(transport.get_extra_info("socket"), self._limits.unacknowledged)
        self._kept = self._owner.admit(self)
        if not self._kept:
            self.abort()
            return
        if self._tls is not None and not self.inbound:
            self._tls.begin()
            self._flush()
        self._advance()

    def data_received(self, data: bytes) -> None:
        if self._over:
            return
        self._moved = self._heard = self._shell.clock()
        self._asked = False
        try:
            self._take(data)
        except BadMessage as error:
            self._shell.malformed(error, self.flow)
            self.close()
        except Refused as refusal:
            self._owner.refused(self, str(refusal))
            self.close()

    def pause_writing(self) -> None:
        # The peer does not read. What is lost is told to the core by `lost`.
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the name is asyncio's
        self._over = True
        if self._kept:
            self._owner.lost(self)

    # --- what the owner does --------------------------------------------------------------------

    def write(self, message: bytes) -> None:
        self._moved = self._shell.clock()
        self._write(self._codec.encode(message))

    def look(self, now: float) -> None:
        """Ask a silent peer whether it is there; give up one that does not answer."""
        silent = now - self._heard
        if self._limits.ping == 0 or not self.ready or silent <= self._limits.ping:
            return
        if self._asked and silent > 2 * self._limits.ping:
            self.abort()
        elif not self._asked:
            self._asked = bool(ping := self._codec.ping())
            self._write(ping)

    def stuck(self, now: float) -> bool:
        """In the middle of something, for too long."""
        longest = self._limits.message if self.ready else self._limits.handshake
        return self._begun is not None and now - self._begun > longest

    def idle(self, now: float) -> bool:
        return self.inbound and now - self._moved > self._limits.idle

    def close(self) -> None:
        """After what is written has gone out."""
        if not self._over:
            self._over = True
            if self.ready:
                self._write(self._codec.farewell())
            if self._tls is not None:
                self._tls.close()
                self._flush()
            self._transport.close()

    def abort(self) -> None:
        self._over = True
        self._transport.abort()

    # --- within ---------------------------------------------------------------------------------

    def _take(self, data: bytes) -> None:
        if self._tls is not None:
            data = self._unsealed(self._tls, data)
        if data:
            items = self._codec.receive(data)
            self._advance()
            self._pass_on(items)
            self._note_progress(items, data)
            self._codec.receive(b"")  # A fault behind whole messages shows only now.
        elif self._tls is not None and self.ready and self._tls.midway and self._begun is None:
            self._begun = self._moved
        if self._tls is not None and self._tls.ended:
            self.close()

    def _unsealed(self, tls: TlsSession, data: bytes) -> bytes:
        try:
            plain = tls.receive(data)
        finally:
            self._flush()  # An alert may tell the peer what we did not like.
        self._advance()
        return plain

    def _note_progress(self, items: Sequence[bytes | Answer], data: bytes) -> None:
        """When a message is begun and its rest is wanted, from now on time counts."""
        waits = self._codec.midway or (self._tls is not None and self._tls.midway)
        if items:
            self._begun = self._moved if waits else None
        elif self._begun is None and (waits or data.strip(LINE_END)):
            self._begun = self._moved

    def _advance(self) -> None:
        """Whether it has become ready."""
        if self.ready or self._over or not self._codec.ready:
            return
        if self._tls is not None:
            if not self._tls.established:
                return
            if not self.inbound and not fits(self._tls.names, self.flow.names):
                raise Refused(f"certificate: for {_listed(self._tls.names)}")
            self.flow = replace(self.flow, names=self._tls.names)
        self.ready = True
        self._begun = self._shell.clock() if self.inbound else None
        self._owner.opened(self)

    def _pass_on(self, items: Sequence[bytes | Answer]) -> None:
        for item in items:
            if isinstance(item, Answer):
                self._write(item.data)
                if item.last:
                    self.close()
            else:
                self._shell.received(item, self.flow)

    def _write(self, data: bytes) -> None:
        if not data:
            return
        if self._tls is None:
            self._transport.write(data)
        else:
            self._tls.seal(data)
            self._flush()

    def _flush(self) -> None:
        if self._tls is not None and (data := self._tls.outgoing()):
            self._transport.write(data)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) or "nobody by name"


def tune(stream: socket.socket, unacknowledged: float) -> None:
    """Let the kernel find out dead peers, also on a quiet connection."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(unacknowledged * 1000))
