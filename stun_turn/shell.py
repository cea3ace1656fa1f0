"""The thin shell of the TURN server: carries bytes to the core and its actions to the world."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from stun_turn.accounts import TimeLimited
from stun_turn.actions import (
    Action,
    Bind,
    Client,
    ClosePeer,
    ConnectPeer,
    Install,
    Join,
    Note,
    Remove,
    ToClient,
    ToPeer,
    Transport,
    Unbind,
)
from stun_turn.attributes import Address
from stun_turn.datagram_tls import DatagramTls
from stun_turn.engine import Engine
from stun_turn.peer_connections import PeerConnections
from stun_turn.secure import Shown
from stun_turn.server import Server
from stun_turn.streams import Streams

log = logging.getLogger(__name__)

MOST_SHOWN = 1000
"""Users of whom operators are told by name."""
REST = 1.0
"""Seconds to the next alarm after a fault, so that a timer which always fails cannot spin."""


class Shell:
    """Made inside the loop that it runs on; its clock is the loop's."""

    def __init__(
        self,
        server: Server,
        bitrate: float | None = None,
        marks: Mapping[str, int] | None = None,
        revocable: TimeLimited | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._server = server
        self._revocable = revocable
        self.engine = Engine(self._loop, self, bitrate, marks)
        self.streams = Streams(self.engine, self, marks)
        self.peers = PeerConnections(self._loop, self)
        self._marks = marks or {}
        self.associations: list[DatagramTls] = []
        """By DTLS: one socket each."""
        self.counts: Counter[str] = Counter()
        """Of each note, by its name."""
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at: float | None = None

    async def listen(self, transport: Transport, address: Address, shown: Shown | None) -> None:
        """`shown`: the certificate, for TLS and DTLS. Raises OSError."""
        match transport:
            case "udp":
                self.engine.listen(address)
            case "tcp":
                await self.streams.listen(address, None)
            case "tls":
                assert shown is not None
                await self.streams.listen(address, shown.tls)
            case "dtls":
                assert shown is not None
                dscp = self._marks.get(address[0])
                self.associations.append(DatagramTls(self.engine, self, address, shown, dscp))

    def close(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self.streams.close()
        for each in self.associations:
            each.close()
        self.peers.close()
        self.engine.close()

    # --- inputs -----------------------------------------------------------------------------------

    def from_client(self, data: bytes, client: Client) -> None:
        try:
            self._perform(self._server.receive(data, client, self._loop.time()))
        except Exception:
            self._fault()

    def from_peer(self, data: bytes, relay: Address, peer: Address) -> None:
        try:
            self._perform(self._server.from_peer(data, relay, peer, self._loop.time()))
        except Exception:
            self._fault()

    def icmp(self, relay: Address, peer: Address, kind: int, code: int, mtu: int) -> None:
        self._perform(self._server.icmp(relay, peer, kind, code, mtu, self._loop.time()))

    def peer_connected(self, number: int) -> None:
        self._perform(self._server.peer_connected(number, self._loop.time()))

    def peer_failed(self, number: int) -> None:
        self._perform(self._server.peer_failed(number))

    def peer_came(self, relay: Address, peer: Address) -> int | None:
        number, actions = self._server.peer_came(relay, peer, self._loop.time())
        self._perform(actions)
        return number

    def peer_closed(self, number: int) -> None:
        self._server.peer_closed(number)

    def disconnected(self, client: Client) -> None:
        self._perform(self._server.disconnected(client, self._loop.time()))

    def holds(self, client: Client) -> bool:
        return self._server.allocations.find(client) is not None

    def revoke(self, identity: str, until: float) -> None:
        """From signalling: no account of this identity that was issued so far is good."""
        now = self._loop.time()
        if self._revocable is not None:
            self._revocable.revoke(identity, until, self._server.epoch + now)
        self._perform(self._server.revoked(identity, now))

    def status(self) -> dict[str, object]:
        """For operators."""
        by_user = Counter(each.user for each in self._server.allocations)
        return {
            "allocations": by_user.total(),
            "by_user": dict(by_user.most_common(MOST_SHOWN)),
            "connections": len(self.streams) + sum(map(len, self.associations)),
            "notes": dict(self.counts),
            "unsent": self.engine.unsent,
        }

    def clock_set(self) -> None:
        """The wall clock was set: credentials go by it."""
        self._server.epoch = time.time() - self._loop.time()

    def _timeout(self) -> None:
        self._alarm = self._alarm_at = None
        least = 0.0
        try:
            self._perform(self._server.handle_timeout(self._loop.time()))
        except Exception:
            self._fault()
            least = REST
        self._set_alarm(least)

    # --- outputs ----------------------------------------------------------------------------------

    def _perform(self, actions: Sequence[Action]) -> None:
        engine = self.engine
        for action in actions:
            match action:
                case ToClient():
                    engine.to_client(action)
                case ToPeer():
                    engine.to_peer(action)
                case Bind():
                    self._bind(action)
                case Unbind():
                    engine.unbind(action)
                    self.peers.unbind(action)
                case Install():
                    engine.install(action)
                case Remove():
                    engine.remove(action)
                case Note():
                    self.counts[action.event] += 1
                case _:
                    self._with_peers(action)
        if actions:
            self._set_alarm(0.0)

    def _with_peers(self, action: ConnectPeer | Join | ClosePeer) -> None:
        """RFC 6062"""
        match action:
            case ConnectPeer():
                self.peers.connect(action)
            case Join(number, client):
                self.streams.join(client, partial(self.peers.join, number))
            case ClosePeer():
                self.peers.close_peer(action)

    def _bind(self, action: Bind) -> None:
        now = self._loop.time()
        if self.peers.bind(action) if action.tcp else self.engine.bind(action):
            self._perform(self._server.bound(action.relay, now))
        else:
            self._perform(self._server.bind_failed(action.relay, now))

    def _set_alarm(self, least: float) -> None:
        at = self._server.next_deadline()
        if at is None or at == self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = at
        self._alarm = self._loop.call_at(max(at, self._loop.time() + least), self._timeout)

    def _fault(self) -> None:
        """Ours: it is in the log, and costs this one input."""
        self.counts["fault"] += 1
        log.exception("a fault of the TURN server")
