"""Permissions, channels and data (RFC 8656 §9 to §12): what may pass an allocation, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stun_turn import attributes as of
from stun_turn import channel_data
from stun_turn.actions import Action, Client, Note, ToClient, ToPeer
from stun_turn.allocate import Allocations
from stun_turn.allocation import Allocation
from stun_turn.attributes import Address
from stun_turn.channel_data import FIRST, LAST
from stun_turn.message import Class, Message, build
from stun_turn.peers import PeerRules, canonical
from stun_turn.registry import Attribute, Method
from stun_turn.request import Refused, Request


class Relaying:
    """`random`: for the transaction ids of indications."""

    def __init__(
        self, allocations: Allocations, peers: PeerRules, random: Callable[[int], bytes]
    ) -> None:
        self._allocations = allocations
        self._media = allocations.media
        self._peers = peers
        self._random = random

    # --- what a client asks -----------------------------------------------------------------------

    def create_permission(self, request: Request, allocation: Allocation) -> list[Action]:
        """RFC 8656 §10.2: all of them, or none. Raises Refused."""
        peers = request.peers()
        if not peers:
            raise Refused(400)
        self._check(allocation, peers)
        for ip, _ in peers:
            if not allocation.permit(canonical(ip), request.now):
                raise Refused(508)
        return [request.success()]

    def channel_bind(self, request: Request, allocation: Allocation) -> list[Action]:
        """RFC 8656 §12.2. Raises Refused."""
        value = request.message.get(Attribute.CHANNEL_NUMBER)
        peers = request.peers()
        if value is None or not peers or allocation.is_tcp:
            raise Refused(400)
        number, peer, now = of.read_channel_number(value), peers[0], request.now
        if not FIRST <= number <= LAST or not allocation.may_bind(number, peer, now):
            raise Refused(400)
        self._check(allocation, [peer])
        if not allocation.permit(canonical(peer[0]), now) or not allocation.bind(number, peer, now):
            raise Refused(508)
        channel = allocation.channels[number]
        return [request.success(), *self._allocations.flow_installed(allocation, channel)]

    def _check(self, allocation: Allocation, peers: Iterable[Address]) -> None:
        for peer in peers:
            if allocation.relay_for(peer[0]) is None:
                raise Refused(443)
            ours = self._allocations.is_ours(peer[0]) or self._media.bound_at(peer) is not None
            if not (ours or self._peers.may(peer[0])):
                raise Refused(403)

    # --- data -------------------------------------------------------------------------------------

    def send(self, message: Message, allocation: Allocation, now: float) -> list[Action]:
        """A Send indication (§11.2); whatever is wrong with it, nobody is told."""
        peer_value, data = message.get(Attribute.XOR_PEER_ADDRESS), message.get(Attribute.DATA)
        if peer_value is None or data is None or message.unknown:
            return []
        peer = of.read_xor_address(peer_value, message.transaction_id)
        fragment = message.has(Attribute.DONT_FRAGMENT)
        return self._to_peer(allocation, peer, data, now, dont_fragment=fragment)

    def channel_data(self, data: bytes, allocation: Allocation, now: float) -> list[Action]:
        """ChannelData that no flow has taken (§12.6)."""
        number, payload = channel_data.parse(data)
        channel = allocation.channel(number, now)
        return [] if channel is None else self._to_peer(allocation, channel.peer, payload, now)

    def _to_peer(
        self,
        allocation: Allocation,
        peer: Address,
        data: bytes,
        now: float,
        *,
        dont_fragment: bool = False,
    ) -> list[Action]:
        relay = allocation.relay_for(peer[0])
        if relay is None or not allocation.is_permitted(canonical(peer[0]), now):
            return [Note("not_permitted")]
        inside = self._media.bound_at(peer)
        if inside is not None:
            return [ToPeer(data, relay, inside, dont_fragment)]
        if self._allocations.is_ours(peer[0]):
            return self._round_inside(data, relay, peer, now)
        return [ToPeer(data, relay, peer, dont_fragment)]

    def _round_inside(self, data: bytes, relay: Address, peer: Address, now: float) -> list[Action]:
        """The peer is another client of ours: it gets the data as from this one's relayed address,
        and no packet leaves us. Nothing else that listens on our addresses can be reached."""
        other = self._allocations.bound_at(peer)
        if other is None:
            return [Note("not_permitted")]
        return self.from_peer(data, other, self._allocations.shown_at(relay), now)

    def from_peer(self, data: bytes, relay: Address, peer: Address, now: float) -> list[Action]:
        """§11.3, §12.7: as ChannelData if the peer has a channel, else as a Data indication."""
        allocation = self._allocations.at(relay)
        peer = self._media.shown_at(peer) or peer
        if allocation is None or not allocation.is_permitted(canonical(peer[0]), now):
            return [Note("peer_not_permitted")]
        channel = allocation.channel_to(peer, now)
        client = allocation.client
        if channel is not None:
            framed = channel_data.build(channel.number, data, padded=client.stream)
            return [ToClient(framed, client)]
        return [self._indication(client, peer, (Attribute.DATA, data))]

    def icmp(
        self, relay: Address, peer: Address, kind: int, code: int, mtu: int, now: float
    ) -> list[Action]:
        """An ICMP error for what we sent to this peer (§11.5)."""
        allocation = self._allocations.at(relay)
        if allocation is None or not allocation.is_permitted(canonical(peer[0]), now):
            return []
        value = (Attribute.ICMP, of.icmp(kind, code, mtu))
        return [self._indication(allocation.client, peer, value)]

    def _indication(
        self, client: Client, peer: Address, value: tuple[Attribute, bytes]
    ) -> ToClient:
        transaction_id = self._random(12)
        whence = (Attribute.XOR_PEER_ADDRESS, of.xor_address(peer, transaction_id))
        data = build(Method.DATA, Class.INDICATION, transaction_id, [whence, value])
        return ToClient(data, client)
