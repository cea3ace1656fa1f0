"""One allocation (RFC 8656 §3): its relayed addresses, permissions and channels, and how long each
of them lasts."""

from __future__ import annotations

from dataclasses import dataclass

from stun_turn.actions import Client
from stun_turn.attributes import Address, family_of

PERMISSION = 300.0
"""Seconds (RFC 8656 §9)."""
CHANNEL = 600.0
"""Seconds that a binding lasts (§12)."""
CHANNEL_REST = 300.0
"""Seconds after it, in which neither number nor peer may be bound to another (§12)."""
MOST_PERMISSIONS = 256
MOST_CHANNELS = 256
"""Of one allocation: the more there are, the dearer is one client."""


@dataclass(slots=True)
class Channel:
    number: int
    peer: Address
    expires: float
    flowing: bool = False
    """A flow is installed for it."""


class Allocation:
    __slots__ = (
        "channels",
        "client",
        "expires",
        "is_tcp",
        "numbers",
        "permissions",
        "relays",
        "transaction_id",
        "user",
        "username",
    )

    def __init__(self, client: Client, user: str, username: str, transaction_id: bytes) -> None:
        self.client = client
        self.user = user
        """Who counts against the quota."""
        self.username = username
        """As it was presented: every later request must come under the same name (§5)."""
        self.transaction_id = transaction_id
        """Of the request that made it, which may come again (§7.2)."""
        self.relays: dict[int, Address] = {}
        """By address family."""
        self.is_tcp = False
        """Its peers connect, and are connected to (RFC 6062)."""
        self.expires = 0.0
        self.permissions: dict[str, float] = {}
        """IP address of a peer → when it expires."""
        self.channels: dict[int, Channel] = {}
        self.numbers: dict[Address, int] = {}
        """Peer → number of its channel."""

    def relay_for(self, ip: str) -> Address | None:
        """The relayed address that can reach this peer; None: it has another family (443)."""
        return self.relays.get(family_of(ip))

    def permit(self, ip: str, now: float) -> bool:
        """Install or refresh; False: there are too many."""
        if ip not in self.permissions and len(self.permissions) >= MOST_PERMISSIONS:
            self.permissions = {each: end for each, end in self.permissions.items() if end > now}
            if len(self.permissions) >= MOST_PERMISSIONS:
                return False
        self.permissions[ip] = now + PERMISSION
        return True

    def is_permitted(self, ip: str, now: float) -> bool:
        return self.permissions.get(ip, 0.0) > now

    def may_bind(self, number: int, peer: Address, now: float) -> bool:
        """Neither number nor peer belongs to another binding, nor did a moment ago (§12.1)."""
        self._forget_channels(now)
        held = self.channels.get(number)
        if held is not None:
            return held.peer == peer
        return peer not in self.numbers

    def bind(self, number: int, peer: Address, now: float) -> bool:
        """Bind or refresh; False: there are too many."""
        if number not in self.channels and len(self.channels) >= MOST_CHANNELS:
            return False
        channel = self.channels.setdefault(number, Channel(number, peer, 0.0))
        channel.expires = now + CHANNEL
        self.numbers[peer] = number
        return True

    def channel(self, number: int, now: float) -> Channel | None:
        found = self.channels.get(number)
        return found if found is not None and found.expires > now else None

    def channel_to(self, peer: Address, now: float) -> Channel | None:
        number = self.numbers.get(peer)
        return None if number is None else self.channel(number, now)

    def _forget_channels(self, now: float) -> None:
        for number, channel in list(self.channels.items()):
            if channel.expires + CHANNEL_REST <= now:
                del self.channels[number]
                del self.numbers[channel.peer]
