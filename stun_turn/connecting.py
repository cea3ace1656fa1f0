"""TCP between clients and peers (RFC 6062): connections that wait for their client, then are its.

A peer's connection is named by a random CONNECTION-ID. Within 30 seconds the client has to bind a
connection of its own to it; from then on the two are one, and nothing of it passes here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf

from stun_turn import attributes as of
from stun_turn.actions import Action, Client, ClosePeer, ConnectPeer, Join, Note, ToClient
from stun_turn.allocate import Allocations
from stun_turn.allocation import Allocation
from stun_turn.attributes import Address
from stun_turn.message import Class, build
from stun_turn.peers import PeerRules, canonical
from stun_turn.registry import Attribute, Method
from stun_turn.request import Refused, Request

PATIENCE = 30.0
"""Seconds for a peer to answer, and for the client to bind (§5.2, §5.3)."""
MOST_OF_ONE = 64
"""Peers' connections of one allocation."""


@dataclass(slots=True)
class _Peer:
    number: int
    """CONNECTION-ID"""
    allocation: Allocation
    peer: Address
    expires: float
    asked: Request | None = None
    """The Connect that waits for its answer."""
    joined: bool = False


class Connecting:
    def __init__(
        self, allocations: Allocations, peers: PeerRules, random: Callable[[int], bytes]
    ) -> None:
        self._allocations = allocations
        self._rules = peers
        self._random = random
        self._open: dict[int, _Peer] = {}

    def __len__(self) -> int:
        return len(self._open)

    # --- what the client asks ---------------------------------------------------------------------

    def connect(self, request: Request, allocation: Allocation) -> list[Action]:
        """§5.2. Raises Refused."""
        peers = request.peers()
        if not peers or not allocation.is_tcp:
            raise Refused(400)
        peer = peers[0]
        relay = allocation.relay_for(peer[0])
        if relay is None:
            raise Refused(443)
        to = self._reached_at(peer)
        if any(each.peer == peer for each in self._of(allocation)):
            raise Refused(446)
        if self._is_full(allocation):
            raise Refused(508)
        made = self._begin(allocation, peer, request.now)
        made.asked = request
        return [ConnectPeer(made.number, relay, to)]

    def bind(self, request: Request) -> list[Action]:
        """§5.4: on the connection that is to be the peer's. Raises Refused."""
        value = request.message.get(Attribute.CONNECTION_ID)
        found = self._open.get(of.read_number(value)) if value is not None else None
        who = request.who
        if found is None or found.asked is not None or found.joined or not request.client.stream:
            raise Refused(400)
        if who is None or who.username != found.allocation.username:
            raise Refused(441)
        found.joined, found.expires = True, inf
        return [request.success(_id(found.number)), Join(found.number, request.client)]

    # --- what peers do ----------------------------------------------------------------------------

    def connected(self, number: int, now: float) -> list[Action]:
        found = self._open.get(number)
        if found is None or found.asked is None:
            return [ClosePeer(number)]
        request, found.asked = found.asked, None
        found.expires = now + PATIENCE
        return [request.success(_id(number))]

    def failed(self, number: int) -> list[Action]:
        found = self._open.pop(number, None)
        if found is None or found.asked is None:
            return []
        return [found.asked.error(447), Note("peer_unreachable")]

    def accepted(
        self, relay: Address, peer: Address, now: float
    ) -> tuple[int | None, list[Action]]:
        """A peer has connected to a relayed address (§5.3). None: it is closed again."""
        allocation = self._allocations.at(relay)
        if self._allocations.at(peer) is not None:  # another client of ours
            peer = self._allocations.shown_at(peer)
        if allocation is None or not allocation.is_permitted(canonical(peer[0]), now):
            return None, [Note("peer_not_permitted")]
        if self._is_full(allocation):
            return None, [Note("peers_exhausted", allocation.user)]
        made = self._begin(allocation, peer, now)
        return made.number, [self._attempt(made)]

    def closed(self, number: int) -> None:
        """By the peer, or by the client that had been bound to it."""
        self._open.pop(number, None)

    # --- ends -------------------------------------------------------------------------------------

    def ended(self, allocation: Allocation) -> list[Action]:
        """All of its connections are closed (§5.1)."""
        return [self._close(each) for each in list(self._of(allocation))]

    def next_deadline(self) -> float:
        return min((each.expires for each in self._open.values()), default=inf)

    def handle_timeout(self, now: float) -> list[Action]:
        actions: list[Action] = []
        for each in [each for each in self._open.values() if each.expires <= now]:
            if each.asked is not None:
                actions.append(each.asked.error(447))
            actions.append(self._close(each))
        return actions

    # --- within -----------------------------------------------------------------------------------

    def _reached_at(self, peer: Address) -> Address:
        """Of our own addresses only those where another client listens. Raises Refused."""
        if not self._allocations.is_ours(peer[0]):
            if not self._rules.may(peer[0]):
                raise Refused(403)
            return peer
        bound = self._allocations.bound_at(peer)
        if bound is None:
            raise Refused(403)
        other = self._allocations.at(bound)
        if other is None or not other.is_tcp:
            raise Refused(403)
        return bound

    def _of(self, allocation: Allocation) -> Iterator[_Peer]:
        return (each for each in self._open.values() if each.allocation is allocation)

    def _is_full(self, allocation: Allocation) -> bool:
        return sum(1 for _ in self._of(allocation)) >= MOST_OF_ONE

    def _begin(self, allocation: Allocation, peer: Address, now: float) -> _Peer:
        number = int.from_bytes(self._random(4), "big")
        while number in self._open:
            number = int.from_bytes(self._random(4), "big")
        made = self._open[number] = _Peer(number, allocation, peer, now + PATIENCE)
        return made

    def _close(self, each: _Peer) -> Action:
        del self._open[each.number]
        return ClosePeer(each.number)

    def _attempt(self, made: _Peer) -> ToClient:
        transaction_id = self._random(12)
        whence = (Attribute.XOR_PEER_ADDRESS, of.xor_address(made.peer, transaction_id))
        values = [_id(made.number), whence]
        client: Client = made.allocation.client
        data = build(Method.CONNECTION_ATTEMPT, Class.INDICATION, transaction_id, values)
        return ToClient(data, client)


def _id(number: int) -> tuple[Attribute, bytes]:
    return Attribute.CONNECTION_ID, of.number(number)
