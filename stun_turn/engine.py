"""Sockets and flows: what the core installed is carried at once, everything else goes up to it.

A flow is (client, channel) → (relayed address, peer), and back. ChannelData that matches one is
unwrapped and sent on; a datagram of its peer is wrapped and sent back. Both ways are a look-up, a
few bytes and one system call (RFC 8656 §12.6, §12.7).
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from typing import Protocol

from config.dscp import socket_option
from stun_turn.actions import Bind, Client, Install, Remove, ToClient, ToPeer, Unbind
from stun_turn.attributes import Address
from stun_turn.bitrate import Bucket

BATCH = 64
"""Datagrams of one socket in a row; the others have their turn then."""
BIG = 65_536
_BUFFER = 1 << 20
"""Bytes that may wait in the kernel for one socket."""
_IP_MTU_DISCOVER, _DONT, _DO = 10, 0, 2
_IP_RECVERR = 11
_IPV6_MTU_DISCOVER, _IPV6_RECVERR = 23, 25
_ERROR_QUEUE = 0x2000
_EXTENDED_ERROR = struct.Struct("=IBBBBII")
"""errno, origin, type, code, padding, info, data (`struct sock_extended_err`, ip(7))."""
_FROM_ICMP, _FROM_ICMP6 = 2, 3


class Up(Protocol):
    """What takes that which no flow matches."""

    def from_client(self, data: bytes, client: Client) -> None: ...
    def from_peer(self, data: bytes, relay: Address, peer: Address) -> None: ...
    def icmp(self, relay: Address, peer: Address, kind: int, code: int, mtu: int) -> None: ...


class StreamOut(Protocol):
    """The way back to a client on a connection, or in a DTLS association."""

    def write(self, data: bytes) -> None: ...


class _Listener:
    """Where clients come in by UDP, and the flows that begin there."""

    __slots__ = ("address", "flows", "socket")

    def __init__(self, address: Address, opened: socket.socket) -> None:
        self.address = address
        self.socket = opened
        self.flows: dict[tuple[Address, int], tuple[_Relay, Address]] = {}
        """Remote address, channel → relayed address and peer."""


class _Relay:
    """One relayed address, the flows that begin there, and how much may still pass it."""

    __slots__ = ("address", "flows", "inbound", "outbound", "socket")

    def __init__(self, address: Address, opened: socket.socket, bitrate: float | None) -> None:
        self.address = address
        self.socket = opened
        self.flows: dict[Address, tuple[bytes, socket.socket | None, Client]] = {}
        """Peer → channel number, and the socket that leads to the client; None: a stream does."""
        self.outbound = None if bitrate is None else Bucket(bitrate)
        self.inbound = None if bitrate is None else Bucket(bitrate)


class Engine:
    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        up: Up,
        bitrate: float | None,
        marks: Mapping[str, int] | None = None,
    ) -> None:
        """`marks`: the DSCP of what leaves from an IP address of ours, if it has one."""
        self._loop = loop
        self._marks = marks or {}
        self._up = up
        self._bitrate = bitrate
        self._buffer = memoryview(bytearray(BIG))
        self._behind_header = self._buffer[4:]
        self._listeners: dict[Address, _Listener] = {}
        self._relays: dict[Address, _Relay] = {}
        self._streamed: dict[tuple[Client, int], tuple[_Relay, Address]] = {}
        """Flows that begin on a connection."""
        self.streams: dict[Client, StreamOut] = {}
        self.unsent = 0
        """Datagrams that a socket would not take, or that were over the bit rate."""

    # --- sockets ----------------------------------------------------------------------------------

    def listen(self, address: Address) -> None:
        """Clients may come here by UDP. Raises OSError."""
        opened = open_udp(address, self._marks.get(address[0]))
        listener = self._listeners[address] = _Listener(address, opened)
        self._loop.add_reader(opened.fileno(), self._clients, listener)

    def close(self) -> None:
        for relay in list(self._relays):
            self.unbind(Unbind(relay))
        for listener in self._listeners.values():
            self._loop.remove_reader(listener.socket.fileno())
            listener.socket.close()
        self._listeners.clear()

    def bind(self, action: Bind) -> bool:
        """False: this port is somebody else's."""
        try:
            opened = open_udp(action.relay, self._marks.get(action.relay[0]))
        except OSError:
            return False
        _hear_errors(opened)
        relay = self._relays[action.relay] = _Relay(action.relay, opened, self._bitrate)
        self._loop.add_reader(opened.fileno(), self._peers, relay)
        return True

    def unbind(self, action: Unbind) -> None:
        relay = self._relays.pop(action.relay, None)
        if relay is not None:
            self._loop.remove_reader(relay.socket.fileno())
            relay.socket.close()

    # --- flows ------------------------------------------------------------------------------------

    def install(self, flow: Install) -> None:
        relay, client = self._relays[flow.relay], flow.client
        forth = (relay, flow.peer)
        head = flow.channel.to_bytes(2, "big")
        if client.transport != "udp":
            self._streamed[client, flow.channel] = forth
            relay.flows[flow.peer] = (head, None, client)
            return
        listener = self._listeners[client.local]
        listener.flows[client.remote, flow.channel] = forth
        relay.flows[flow.peer] = (head, listener.socket, client)

    def remove(self, flow: Remove) -> None:
        client = flow.client
        self._streamed.pop((client, flow.channel), None)
        if client.transport == "udp":
            self._listeners[client.local].flows.pop((client.remote, flow.channel), None)
        relay = self._relays.get(flow.relay)
        if relay is not None:
            relay.flows.pop(flow.peer, None)

    # --- out --------------------------------------------------------------------------------------

    def to_client(self, action: ToClient) -> None:
        client = action.client
        if client.transport != "udp":
            stream = self.streams.get(client)
            if stream is not None:
                stream.write(action.data)
            return
        self._send(self._listeners[client.local].socket, action.data, client.remote)

    def to_peer(self, action: ToPeer) -> None:
        relay = self._relays.get(action.relay)
        if relay is None:
            return
        if self._is_over(relay.outbound, len(action.data)):
            return
        if action.dont_fragment:
            _set_fragments(relay.socket, _DO)
        self._send(relay.socket, action.data, action.peer)
        if action.dont_fragment:
            _set_fragments(relay.socket, _DONT)

    def _send(self, out: socket.socket, data: bytes | memoryview, to: Address) -> None:
        try:
            out.sendto(data, to)
        except OSError:  # also an error of an earlier datagram, which is told once
            self.unsent += 1

    def _is_over(self, bucket: Bucket | None, size: int) -> bool:
        """The bit rate is used up: this is dropped, and counted."""
        if bucket is None or bucket.take(size, self._loop.time()):
            return False
        self.unsent += 1
        return True

    # --- in ---------------------------------------------------------------------------------------

    def _clients(self, listener: _Listener) -> None:
        """Datagrams of clients: one after the other, and at most a batch."""
        buffer, receive, flows = self._buffer, listener.socket.recvfrom_into, listener.flows
        for _ in range(BATCH):
            try:
                size, remote = receive(buffer)
            except BlockingIOError:
                return
            except OSError:
                continue
            remote = remote[:2]
            if size >= 4 and 0x40 <= buffer[0] <= 0x7F:
                flow = flows.get((remote, buffer[0] << 8 | buffer[1]))
                length = buffer[2] << 8 | buffer[3]
                if flow is not None and length <= size - 4:
                    self._carry(flow, buffer[4 : 4 + length])
                    continue
            self._up.from_client(bytes(buffer[:size]), Client("udp", listener.address, remote))

    def from_stream(self, data: bytes, client: Client) -> None:
        """One message of a connection."""
        if len(data) >= 4 and 0x40 <= data[0] <= 0x7F:
            flow = self._streamed.get((client, data[0] << 8 | data[1]))
            if flow is not None:
                length = data[2] << 8 | data[3]
                if length <= len(data) - 4:
                    self._carry(flow, memoryview(data)[4 : 4 + length])
                return
        self._up.from_client(data, client)

    def _carry(self, flow: tuple[_Relay, Address], data: memoryview) -> None:
        relay, peer = flow
        if not self._is_over(relay.outbound, len(data)):
            self._send(relay.socket, data, peer)

    def _peers(self, relay: _Relay) -> None:
        """A datagram of a peer. One at a time: to ask whether there is a second costs as much as to
        be told of it, and one stream seldom has two."""
        buffer = self._buffer
        try:
            # Room is left before it, where the header of ChannelData goes.
            size, peer = relay.socket.recvfrom_into(self._behind_header)
        except BlockingIOError:
            return
        except OSError:
            self._errors(relay)
            return
        peer = peer[:2]
        if self._is_over(relay.inbound, size):
            return
        flow = relay.flows.get(peer)
        if flow is None:
            self._up.from_peer(bytes(buffer[4 : 4 + size]), relay.address, peer)
            return
        head, out, client = flow
        buffer[:2] = head
        buffer[2], buffer[3] = size >> 8, size & 0xFF
        if out is not None:
            self._send(out, buffer[: 4 + size], client.remote)
            return
        stream = self.streams.get(client)
        if stream is not None:
            padding = -size % 4 if client.stream else 0  # RFC 8656 §12.5
            stream.write(bytes(buffer[: 4 + size]) + bytes(padding))

    def _errors(self, relay: _Relay) -> None:
        """What ICMP said of a datagram of ours (RFC 8656 §11.5)."""
        try:
            _, ancillary, _, peer = relay.socket.recvmsg(0, 512, _ERROR_QUEUE)
        except OSError:
            return
        for _, _, data in ancillary:
            if len(data) < _EXTENDED_ERROR.size:
                continue
            _, origin, kind, code, _, info, _ = _EXTENDED_ERROR.unpack_from(data)
            if origin in {_FROM_ICMP, _FROM_ICMP6} and peer:
                self._up.icmp(relay.address, peer[:2], kind, code, info)


def open_udp(address: Address, dscp: int | None) -> socket.socket:
    """Raises OSError."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if dscp is not None:
            opened.setsockopt(*socket_option(6 if family == socket.AF_INET6 else 4, dscp))
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            opened.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
        opened.bind(address)
    except OSError:
        opened.close()
        raise
    return opened


def _hear_errors(opened: socket.socket) -> None:
    if opened.family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
    else:
        opened.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)


def _set_fragments(opened: socket.socket, mode: int) -> None:
    if opened.family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER, mode)
    else:
        opened.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, mode)
