"""Allocate and Refresh (RFC 8656 §7, §8): relayed addresses are found, kept, and given up.

A relayed address is ours when its socket is open. Until then the request waits here; it may come
again meanwhile, and is then one with the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from math import inf

from stun_turn import attributes as of
from stun_turn.actions import Action, Bind, Client, Install, Note, Remove, Unbind
from stun_turn.allocation import Allocation, Channel
from stun_turn.attributes import IPV4, IPV6, Address
from stun_turn.message import Value
from stun_turn.own_media import OwnMedia
from stun_turn.ports import Choose, PortPool
from stun_turn.quota import Quota
from stun_turn.rate import Rates
from stun_turn.registry import Attribute
from stun_turn.request import Refused, Request
from stun_turn.settings import Settings
from stun_turn.wish import Wish, read_wish

RESERVATION = 30.0
"""Seconds that a port is kept for whoever shows its token (RFC 8656 §7.2)."""
MOST_TRIES = 10
"""Ports found in use by somebody else, before we say that there are none."""
Random = Callable[[int], bytes]


@dataclass(slots=True)
class _Pending:
    """An allocation whose sockets are not open yet."""

    request: Request
    allocation: Allocation
    wish: Wish
    waits_for: set[Address] = field(default_factory=set)
    reserved: Address | None = None
    tries: int = 0
    failed: set[int] = field(default_factory=set)


class Allocations:
    """All allocations, by client and by relayed address; and those that are being made."""

    def __init__(self, settings: Settings, choose: Choose, random: Random) -> None:
        self._settings = settings
        self._random = random
        self.quota = Quota(settings.quotas)
        rate = settings.quotas.rate
        self._begun = Rates(rate, 2 * rate)
        """By user: what begins and ends at once costs a port for the time that it rests."""
        self._pools = {
            family: PortPool(relay.low, relay.high, choose)
            for family, relay in settings.relays.items()
        }
        self.media = OwnMedia(settings.media)
        self._shown = {relay.shown: relay.bind for relay in settings.relays.values()}
        self._of: dict[Client, Allocation] = {}
        self._at: dict[Address, Allocation] = {}
        self._pending: dict[Client, _Pending] = {}
        self._binding: dict[Address, _Pending] = {}
        self._reserved: dict[bytes, tuple[int, int, float]] = {}
        """Token → family, port, and until when."""
        self._alarms: list[tuple[float, int, Client | bytes]] = []
        self._armed: dict[Client | bytes, float] = {}
        """The one alarm of each key that counts: a client may refresh as often as it likes."""
        self._serial = 0
        self.ending: Callable[[Allocation], list[Action]] = lambda _: []
        """What else has to end with an allocation."""

    def __len__(self) -> int:
        return len(self._of)

    def __iter__(self) -> Iterator[Allocation]:
        return iter(self._of.values())

    def find(self, client: Client) -> Allocation | None:
        return self._of.get(client)

    def at(self, relay: Address) -> Allocation | None:
        return self._at.get(relay)

    # --- our own addresses ------------------------------------------------------------------------

    def is_ours(self, ip: str) -> bool:
        """Peers see clients of ours there."""
        return ip in self._shown

    def bound_at(self, shown: Address) -> Address | None:
        """The relayed address that peers see there, if somebody has it."""
        relay = (self._shown[shown[0]], shown[1])
        return relay if relay in self._at else None

    def shown_at(self, relay: Address) -> Address:
        """How peers see a relayed address."""
        return self._settings.relays[of.family_of(relay[0])].shown, relay[1]

    # --- Allocate ---------------------------------------------------------------------------------

    def allocate(self, request: Request) -> list[Action]:
        """Raises Refused."""
        client, transaction_id = request.client, request.message.transaction_id
        pending = self._pending.get(client)
        if pending is not None:  # it came again, or is another that is too early
            if pending.allocation.transaction_id == transaction_id:
                return []
            raise Refused(437)
        existing = self._of.get(client)
        if existing is not None:
            if not client.stream and existing.transaction_id == transaction_id:
                return [self._granted(request, existing)]
            raise Refused(437)
        wish = self._wish(request)
        assert request.who is not None
        if self._settings.alternate is not None:
            raise Refused(
                300, (Attribute.ALTERNATE_SERVER, of.plain_address(self._settings.alternate))
            )
        user = request.who.account.user
        if not self._begun.allow(user, request.now):
            raise Refused(486)
        refusal = self.quota.take(user, client.remote[0])
        if refusal:
            raise Refused(refusal)
        allocation = Allocation(client, user, request.who.username, transaction_id)
        allocation.is_tcp = wish.tcp
        return self._begin(_Pending(request, allocation, wish))

    def _wish(self, request: Request) -> Wish:
        wish = read_wish(request.message, frozenset(self._pools))
        if wish.tcp and not request.client.stream:
            raise Refused(400)  # RFC 6062 §5.1
        if wish.token is None:
            return wish
        held = self._reserved.get(wish.token)
        if held is None or held[2] <= request.now:
            raise Refused(508)
        return replace(wish, families=(held[0],))

    def _begin(self, pending: _Pending) -> list[Action]:
        self._pending[pending.request.client] = pending
        actions: list[Action] = []
        for family in pending.wish.families:
            actions += self._take(pending, family)
        return actions or self._settle(pending)

    def _take(self, pending: _Pending, family: int) -> list[Action]:
        """Bind the next port of this family; nothing when there is none."""
        now, wish = pending.request.now, pending.wish
        pool = self._pools.get(family)
        port = None
        if wish.token is not None:
            held = self._reserved.pop(wish.token, None)
            port = held and held[1]
        elif pool is not None and (wish.even or wish.reserve):
            port = pool.take_even(now, pair=wish.reserve)
        elif pool is not None:
            port = pool.take(now)
        if port is None:
            pending.failed.add(family)
            return []
        relay = (self._settings.relays[family].bind, port)
        pending.allocation.relays[family] = relay
        pending.waits_for.add(relay)
        self._binding[relay] = pending
        if wish.reserve:
            pending.reserved = (relay[0], port + 1)
        return [Bind(relay, tcp=wish.tcp)]

    def bound(self, relay: Address, now: float) -> list[Action]:
        pending = self._binding.pop(relay, None)
        if pending is None:
            return [Unbind(relay)]  # its client has gone
        pending.waits_for.discard(relay)
        return self._settle(pending, now) if not pending.waits_for else []

    def bind_failed(self, relay: Address, now: float) -> list[Action]:
        pending = self._binding.pop(relay, None)
        if pending is None:
            return []
        family = of.family_of(relay[0])
        pending.waits_for.discard(relay)
        del pending.allocation.relays[family]
        self._release(relay, now)
        self._release_reserved(pending, now)
        pending.tries += 1
        if pending.tries < MOST_TRIES and pending.wish.token is None:
            actions = self._take(pending, family)
            if actions:
                return actions
        pending.failed.add(family)
        return self._settle(pending, now) if not pending.waits_for else []

    def _settle(self, pending: _Pending, now: float | None = None) -> list[Action]:
        """Every socket is open, or cannot be had."""
        request, allocation = pending.request, pending.allocation
        now = request.now if now is None else now
        del self._pending[request.client]
        if not allocation.relays or IPV4 in pending.failed:
            actions: list[Action] = [Unbind(relay) for relay in allocation.relays.values()]
            for relay in allocation.relays.values():
                self._release(relay, now)
            self._release_reserved(pending, now)
            self.quota.give_back(allocation.user, request.client.remote[0])
            code = 440 if pending.wish.additional and IPV4 not in self._pools else 508
            return [*actions, request.error(code), Note("allocation_refused", str(code))]
        self._of[request.client] = allocation
        for relay in allocation.relays.values():
            self._at[relay] = allocation
        self._extend(allocation, self._lifetime(request), now)
        token = self._reserve(pending, now)
        answer = self._granted(request, allocation, token, pending.failed)
        return [answer, Note("allocated", allocation.user)]

    def _granted(
        self,
        request: Request,
        allocation: Allocation,
        token: bytes | None = None,
        failed: set[int] | None = None,
    ) -> Action:
        transaction_id = request.message.transaction_id
        values: list[Value] = []
        for _, relay in sorted(allocation.relays.items()):
            shown = of.xor_address(self.shown_at(relay), transaction_id)
            values.append((Attribute.XOR_RELAYED_ADDRESS, shown))
        left = round(allocation.expires - request.now)
        values.append((Attribute.LIFETIME, of.number(max(0, left))))
        if token is not None:
            values.append((Attribute.RESERVATION_TOKEN, token))
        mapped = of.xor_address(request.client.remote, transaction_id)
        values.append((Attribute.XOR_MAPPED_ADDRESS, mapped))
        if failed:
            code = 508 if IPV6 in self._pools else 440
            values.append((Attribute.ADDRESS_ERROR_CODE, of.address_error_code(IPV6, code)))
        return request.success(*values)

    def _reserve(self, pending: _Pending, now: float) -> bytes | None:
        if pending.reserved is None:
            return None
        token = self._random(8)
        ip, port = pending.reserved
        self._reserved[token] = (of.family_of(ip), port, now + RESERVATION)
        self._alarm(now + RESERVATION, token)
        return token

    def _release_reserved(self, pending: _Pending, now: float) -> None:
        if pending.reserved is not None:
            self._release(pending.reserved, now)
            pending.reserved = None

    def _release(self, relay: Address, now: float) -> None:
        self._pools[of.family_of(relay[0])].release(relay[1], now)

    # --- Refresh, and the end ---------------------------------------------------------------------

    def refresh(self, request: Request, allocation: Allocation) -> list[Action]:
        """RFC 8656 §8.2. Raises Refused."""
        family = request.message.get(Attribute.REQUESTED_ADDRESS_FAMILY)
        if family is not None and of.read_address_family(family) not in allocation.relays:
            raise Refused(443)
        if request.number(Attribute.LIFETIME) == 0:
            ended = self.end(allocation, request.now)
            return [request.success((Attribute.LIFETIME, of.number(0))), *ended]
        lifetime = self._lifetime(request)
        self._extend(allocation, lifetime, request.now)
        return [request.success((Attribute.LIFETIME, of.number(int(lifetime))))]

    def _lifetime(self, request: Request) -> float:
        """What it asks for, within our bounds, and never beyond its credentials."""
        settings = self._settings
        wanted = request.number(Attribute.LIFETIME)
        granted = settings.default_lifetime
        if wanted is not None:
            granted = min(max(wanted, settings.default_lifetime), settings.longest_lifetime)
        assert request.who is not None
        expires = request.who.account.expires
        return granted if expires is None else min(granted, max(0.0, expires - request.wall))

    def _extend(self, allocation: Allocation, lifetime: float, now: float) -> None:
        allocation.expires = now + lifetime
        self._alarm(allocation.expires, allocation.client)

    def end(self, allocation: Allocation, now: float, why: str = "ended") -> list[Action]:
        """Its sockets are closed, with every flow that used them."""
        del self._of[allocation.client]
        self.quota.give_back(allocation.user, allocation.client.remote[0])
        actions = self.ending(allocation)
        for channel in allocation.channels.values():
            actions += self._flow_removed(allocation, channel)
        for relay in allocation.relays.values():
            del self._at[relay]
            self._release(relay, now)
            actions.append(Unbind(relay))
        return [*actions, Note(f"allocation_{why}", allocation.user)]

    def gone(self, client: Client, now: float) -> list[Action]:
        """The connection of this client is closed: so is its allocation (RFC 8656 §3.1)."""
        pending = self._pending.pop(client, None)
        if pending is not None:
            self.quota.give_back(pending.allocation.user, client.remote[0])
            for relay in pending.allocation.relays.values():
                self._release(relay, now)
                self._binding.pop(relay, None)
            self._release_reserved(pending, now)
            bound = set(pending.allocation.relays.values()) - pending.waits_for
            return [Unbind(relay) for relay in bound]
        allocation = self._of.get(client)
        return [] if allocation is None else self.end(allocation, now, "disconnected")

    def end_of_user(self, user: str, now: float) -> list[Action]:
        """The account was revoked."""
        mine = [each for each in self._of.values() if each.user == user]
        return [action for each in mine for action in self.end(each, now, "revoked")]

    # --- flows ------------------------------------------------------------------------------------

    def flow_installed(self, allocation: Allocation, channel: Channel) -> list[Action]:
        """Until its binding expires; what goes round inside does not flow past the core."""
        self._alarm(channel.expires, allocation.client)
        peer = self._reached_at(channel)
        if channel.flowing or peer is None:
            return []
        channel.flowing = True
        relay = self._relay(allocation, channel)
        return [Install(allocation.client, channel.number, relay, peer)]

    def _flow_removed(self, allocation: Allocation, channel: Channel) -> list[Action]:
        peer = self._reached_at(channel)
        if not channel.flowing or peer is None:
            return []
        channel.flowing = False
        relay = self._relay(allocation, channel)
        return [Remove(allocation.client, channel.number, relay, peer)]

    def _reached_at(self, channel: Channel) -> Address | None:
        """Where its packets go; None: round inside, past no socket."""
        inside = self.media.bound_at(channel.peer)
        return inside or (None if self.is_ours(channel.peer[0]) else channel.peer)

    def _relay(self, allocation: Allocation, channel: Channel) -> Address:
        relay = allocation.relay_for(channel.peer[0])
        assert relay is not None, "a channel was bound to a peer of another family"
        return relay

    # --- time -------------------------------------------------------------------------------------

    def _alarm(self, at: float, key: Client | bytes) -> None:
        """Look at `key` no later than `at`; what then is not due yet is looked at again."""
        if self._armed.get(key, inf) <= at:
            return
        self._armed[key] = at
        self._serial += 1
        heappush(self._alarms, (at, self._serial, key))

    def next_deadline(self) -> float | None:
        return self._alarms[0][0] if self._alarms else None

    def handle_timeout(self, now: float) -> list[Action]:
        actions: list[Action] = []
        while self._alarms and self._alarms[0][0] <= now:
            at, _, key = heappop(self._alarms)
            if self._armed.get(key) != at:
                continue  # an earlier one took its place
            del self._armed[key]
            if isinstance(key, bytes):
                held = self._reserved.get(key)
                if held is not None and held[2] <= now:
                    del self._reserved[key]
                    self._pools[held[0]].release(held[1], now)
                continue
            allocation = self._of.get(key)
            if allocation is None:
                continue
            if allocation.expires <= now:
                actions += self.end(allocation, now, "expired")
            else:
                actions += self._expired_flows(allocation, now)
                flowing = [each.expires for each in allocation.channels.values() if each.flowing]
                self._alarm(min([allocation.expires, *flowing]), key)
        return actions

    def _expired_flows(self, allocation: Allocation, now: float) -> list[Action]:
        expired = [each for each in allocation.channels.values() if each.expires <= now]
        return [action for each in expired for action in self._flow_removed(allocation, each)]
