"""The STUN and TURN server, pure (RFC 8489 §6.3, RFC 8656 §5): datagrams and time in, actions out.

Nothing is looked up, opened or remembered for a client that is not authenticated, and what such
clients are answered is counted by source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from stun_turn import attributes as of
from stun_turn.actions import Action, Client, Note
from stun_turn.allocate import Allocations, Random
from stun_turn.allocation import Allocation
from stun_turn.attributes import Address
from stun_turn.auth import Denied, LongTerm
from stun_turn.channel_data import is_channel_data
from stun_turn.connecting import Connecting
from stun_turn.message import BadStun, Class, Message, Value, parse
from stun_turn.ports import Choose
from stun_turn.rate import Rates
from stun_turn.registry import Attribute, Method
from stun_turn.relaying import Relaying
from stun_turn.request import Refused, Request
from stun_turn.settings import Settings

Handler = Callable[[Request, Allocation], list[Action]]
_ALONE = {Method.ALLOCATE, Method.CONNECTION_BIND}
"""Requests of who has no allocation there."""
BURST = 2.0
"""Seconds' worth of answers that a source may have at once."""


class Server:
    def __init__(
        self,
        settings: Settings,
        auth: LongTerm,
        choose: Choose,
        random: Random,
        epoch: float,
    ) -> None:
        """`epoch`: the wall clock, in seconds since 1970, at 0 of the clock of `now`."""
        self._settings = settings
        self._auth = auth
        self.epoch = epoch
        self.allocations = Allocations(settings, choose, random)
        self._relaying = Relaying(self.allocations, settings.peers, random)
        self._connecting = Connecting(self.allocations, settings.peers, random)
        self.allocations.ending = self._connecting.ended
        rate = settings.stranger_rate
        self._strangers = Rates(rate, rate * BURST)
        self._within: Mapping[int, Handler] = {
            Method.REFRESH: self.allocations.refresh,
            Method.CREATE_PERMISSION: self._relaying.create_permission,
            Method.CHANNEL_BIND: self._relaying.channel_bind,
            Method.CONNECT: self._connecting.connect,
        }
        """Requests that need an allocation."""

    # --- inputs -----------------------------------------------------------------------------------

    def receive(self, data: bytes, client: Client, now: float) -> list[Action]:
        """One datagram, or one message framed from a stream."""
        try:
            if is_channel_data(data):
                allocation = self._live(client, now)
                if allocation is None:
                    return []
                return self._relaying.channel_data(data, allocation, now)
            message = parse(data)
            if message.kind is Class.INDICATION:
                return self._indication(message, client, now)
            if message.kind is not Class.REQUEST:
                return []  # we have asked nothing
            return self._request(message, client, now)
        except BadStun as bad:
            return [Note("malformed", str(bad))]

    def from_peer(self, data: bytes, relay: Address, peer: Address, now: float) -> list[Action]:
        return self._relaying.from_peer(data, relay, peer, now)

    def icmp(
        self, relay: Address, peer: Address, kind: int, code: int, mtu: int, now: float
    ) -> list[Action]:
        return self._relaying.icmp(relay, peer, kind, code, mtu, now)

    def peer_connected(self, number: int, now: float) -> list[Action]:
        return self._connecting.connected(number, now)

    def peer_failed(self, number: int) -> list[Action]:
        return self._connecting.failed(number)

    def peer_came(
        self, relay: Address, peer: Address, now: float
    ) -> tuple[int | None, list[Action]]:
        """By TCP, to a relayed address. The number of its connection; None: close it."""
        return self._connecting.accepted(relay, peer, now)

    def peer_closed(self, number: int) -> None:
        self._connecting.closed(number)

    def bound(self, relay: Address, now: float) -> list[Action]:
        return self.allocations.bound(relay, now)

    def bind_failed(self, relay: Address, now: float) -> list[Action]:
        return self.allocations.bind_failed(relay, now)

    def disconnected(self, client: Client, now: float) -> list[Action]:
        return self.allocations.gone(client, now)

    def revoked(self, user: str, now: float) -> list[Action]:
        """Whatever this user holds ends at once."""
        return self.allocations.end_of_user(user, now)

    def handle_timeout(self, now: float) -> list[Action]:
        return [*self.allocations.handle_timeout(now), *self._connecting.handle_timeout(now)]

    def next_deadline(self) -> float | None:
        first = self.allocations.next_deadline()
        if not self._connecting:
            return first
        other = self._connecting.next_deadline()
        return other if first is None else min(first, other)

    # --- within -----------------------------------------------------------------------------------

    def _live(self, client: Client, now: float) -> Allocation | None:
        found = self.allocations.find(client)
        return found if found is not None and found.expires > now else None

    def _indication(self, message: Message, client: Client, now: float) -> list[Action]:
        allocation = self._live(client, now)
        if message.method != Method.SEND or allocation is None or allocation.is_tcp:
            return []
        return self._relaying.send(message, allocation, now)

    def _request(self, message: Message, client: Client, now: float) -> list[Action]:
        request = Request(message, client, now, self.epoch + now)
        if message.method == Method.BINDING:
            return self._binding(request)
        if message.method not in _ALONE and message.method not in self._within:
            return self._to_stranger(request, 400)
        who = self._auth.check(message, str(client), now, request.wall)
        if isinstance(who, Denied):
            return self._to_stranger(request, who.code, who)
        request = replace(request, who=who, software=self._settings.software)
        try:
            return self._authenticated(request)
        except Refused as refused:
            note = Note("refused", f"{Method(message.method).name} {refused.code}")
            return [request.error(refused.code, refused.attributes), note]
        except BadStun:
            return [request.error(400)]

    def _authenticated(self, request: Request) -> list[Action]:
        message = request.message
        if message.unknown:
            raise Refused(420, _not_understood(message))
        if message.method == Method.ALLOCATE:
            return self.allocations.allocate(request)
        if message.method == Method.CONNECTION_BIND:
            return self._connecting.bind(request)
        allocation = self._live(request.client, request.now)
        if allocation is None:
            raise Refused(437)
        assert request.who is not None
        if request.who.username != allocation.username:
            raise Refused(441)
        return self._within[message.method](request, allocation)

    def _binding(self, request: Request) -> list[Action]:
        """RFC 8489 §6.3.1.1; open to strangers, as STUN is."""
        source = request.client.remote[0]
        if not (self._settings.public_stun and self._strangers.allow(source, request.now)):
            return [Note("stranger_dropped", source)]
        if request.message.unknown:
            return [request.error(420, [_not_understood(request.message)])]
        mapped = of.xor_address(request.client.remote, request.message.transaction_id)
        return [request.success((Attribute.XOR_MAPPED_ADDRESS, mapped))]

    def _to_stranger(
        self, request: Request, code: int, denied: Denied | None = None
    ) -> list[Action]:
        source = request.client.remote[0]
        if not self._strangers.allow(source, request.now):
            return [Note("stranger_dropped", source)]
        attributes = () if denied is None else denied.attributes
        return [request.error(code, attributes), Note("unauthenticated", f"{source} {code}")]


def _not_understood(message: Message) -> Value:
    return Attribute.UNKNOWN_ATTRIBUTES, of.unknown_attributes(message.unknown)
