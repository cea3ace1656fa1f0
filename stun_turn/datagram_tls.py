"""Clients by DTLS over UDP (RFC 8656 §2.1, RFC 6347): one association for each address of theirs.

Nothing is kept for an address before it has shown that it can be answered there: it has to send the
cookie back that it was sent (RFC 6347 §4.2.1), which is smaller than what it had asked with.
"""

from __future__ import annotations

import asyncio
import hmac
import socket
from collections import Counter
from contextlib import suppress
from secrets import token_bytes
from typing import Protocol

from OpenSSL import SSL

from stun_turn.actions import Client
from stun_turn.attributes import Address
from stun_turn.engine import Engine, open_udp
from stun_turn.rate import Rates
from stun_turn.secure import Shown

MTU = 1200
MOST_CLIENTS = 4096
MOST_OF_ONE = 64
"""Associations with one IP address."""
HELLOS = 200.0
"""Questions for a cookie that one IP address may ask in a second. They cost little, and whoever
forges that address asks on its account."""
HANDSHAKES = 20.0
"""And those that it may begin, with the cookie; many clients may stand behind one NAT."""
PATIENCE = 15.0
"""Seconds for a stranger to become a client."""
LOOK = 1.0
_BATCH = 64
_LARGEST = 65_536
_LEAST_WAIT = 0.05
_RECORD_HEADER = 13


class Holder(Protocol):
    """What the associations ask of the server."""

    def holds(self, client: Client) -> bool:
        """This client has an allocation."""

    def disconnected(self, client: Client) -> None: ...


class DatagramTls:
    """One socket, and all associations on it."""

    def __init__(
        self, engine: Engine, up: Holder, address: Address, shown: Shown, dscp: int | None = None
    ) -> None:
        """Raises OSError."""
        self._engine = engine
        self._up = up
        self._local = address
        self._shown = shown
        self._secret = token_bytes(32)
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket = open_udp(address, dscp)
        self._open: dict[Address, _Association] = {}
        self._of: Counter[str] = Counter()
        self._hellos = Rates(HELLOS, 2 * HELLOS)
        self._handshakes = Rates(HANDSHAKES, 2 * HANDSHAKES)
        self._loop.add_reader(self._socket.fileno(), self._readable)
        self._sweeper = self._loop.call_later(LOOK, self._sweep)

    def __len__(self) -> int:
        return len(self._open)

    def close(self) -> None:
        self._sweeper.cancel()
        for association in list(self._open.values()):
            association.close()
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    # --- in ---------------------------------------------------------------------------------------

    def _readable(self) -> None:
        for _ in range(_BATCH):
            try:
                data, remote = self._socket.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            except OSError:
                continue
            address = str(remote[0]), int(remote[1])
            association = self._open.get(address)
            if association is not None:
                association.datagram(data)
            elif data and 20 <= data[0] <= 63:  # RFC 7983 §7
                self._hello(data, address)

    def _hello(self, data: bytes, remote: Address) -> None:
        if not self._hellos.allow(remote[0], self._loop.time()):
            return
        connection = SSL.Connection(self._shown.dtls(self._cookie, self._is_cookie), None)
        connection.set_ciphertext_mtu(MTU)
        connection.set_app_data(remote)
        connection.set_accept_state()
        try:
            connection.bio_write(data)
            connection.DTLSv1_listen()
        except SSL.WantReadError:
            self._send(read_out(connection), remote)
            return
        except SSL.Error:
            return
        if len(self._open) >= MOST_CLIENTS or self._of[remote[0]] >= MOST_OF_ONE:
            return
        if not self._handshakes.allow(remote[0], self._loop.time()):
            return
        association = _Association(self, connection, Client("dtls", self._local, remote))
        self._open[remote] = association
        self._of[remote[0]] += 1
        self._engine.streams[association.client] = association
        association.shake()

    def _cookie(self, connection: SSL.Connection) -> bytes:
        return hmac.digest(self._secret, repr(connection.get_app_data()).encode(), "sha256")

    def _is_cookie(self, connection: SSL.Connection, cookie: bytes) -> bool:
        return hmac.compare_digest(self._cookie(connection), cookie)

    # --- for the associations ---------------------------------------------------------------------

    def send(self, datagrams: list[bytes], remote: Address) -> None:
        self._send(datagrams, remote)

    def message(self, data: bytes, client: Client) -> None:
        self._engine.from_stream(data, client)

    def ended(self, client: Client) -> None:
        if self._open.pop(client.remote, None) is None:
            return
        ip = client.remote[0]
        self._of[ip] -= 1
        if not self._of[ip]:
            del self._of[ip]
        self._engine.streams.pop(client, None)
        self._up.disconnected(client)

    def _send(self, datagrams: list[bytes], remote: Address) -> None:
        for data in datagrams:
            try:
                self._socket.sendto(data, remote)
            except OSError:
                self._engine.unsent += 1

    def _sweep(self) -> None:
        now = self._loop.time()
        for association in list(self._open.values()):
            if now - association.since > PATIENCE and not self._up.holds(association.client):
                association.close()
        self._sweeper = self._loop.call_later(LOOK, self._sweep)


class _Association:
    def __init__(self, of: DatagramTls, connection: SSL.Connection, client: Client) -> None:
        self._of = of
        self._connection = connection
        self.client = client
        self._loop = asyncio.get_running_loop()
        self.since = self._loop.time()
        """When the last message came, or it began."""
        self._shaken = False
        self._again: asyncio.TimerHandle | None = None

    def datagram(self, data: bytes) -> None:
        try:
            self._connection.bio_write(data)
        except SSL.Error:
            return
        if not self._shaken:
            self.shake()
        if self._shaken:
            self._read()

    def shake(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            self._flush()
            self._wait()
            return
        except SSL.Error:
            self._flush()
            self.close()
            return
        self._flush()
        self._shaken = True
        self._cancel()

    def _read(self) -> None:
        while True:
            try:
                message = self._connection.recv(_LARGEST)
            except SSL.WantReadError:
                break
            except SSL.Error:  # it has said goodbye, or something is broken
                self.close()
                return
            self.since = self._loop.time()
            self._of.message(message, self.client)
        self._flush()

    def write(self, data: bytes) -> None:
        if not self._shaken:
            return
        try:
            self._connection.send(data)
        except SSL.Error:
            return
        self._flush()

    def close(self) -> None:
        self._cancel()
        if self._shaken:
            with suppress(SSL.Error):
                self._connection.shutdown()
            self._flush()
        self._of.ended(self.client)

    def _wait(self) -> None:
        """OpenSSL's timer doubles, and each step may have ended it: it is asked anew."""
        self._cancel()
        left = self._connection.DTLSv1_get_timeout()
        if left is not None:
            self._again = self._loop.call_later(max(left, _LEAST_WAIT), self._late)

    def _late(self) -> None:
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error:
            self.close()
            return
        self._flush()
        self._wait()

    def _cancel(self) -> None:
        if self._again is not None:
            self._again.cancel()
            self._again = None

    def _flush(self) -> None:
        self._of.send(read_out(self._connection), self.client.remote)


def read_out(connection: SSL.Connection) -> list[bytes]:
    """What is to be sent now, in datagrams."""
    try:
        return packed(connection.bio_read(_LARGEST))
    except SSL.Error:
        return []


def packed(records: bytes) -> list[bytes]:
    """A memory BIO does not know datagrams: they are cut between records, and filled up."""
    datagrams: list[bytes] = []
    at = 0
    while at + _RECORD_HEADER <= len(records):
        size = _RECORD_HEADER + int.from_bytes(records[at + 11 : at + 13], "big")
        record, at = records[at : at + size], at + size
        if datagrams and len(datagrams[-1]) + len(record) <= MTU:
            datagrams[-1] += record
        else:
            datagrams.append(record)
    return datagrams
