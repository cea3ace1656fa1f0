"""What goes between the TURN core and its shell: clients, relayed addresses, actions out.

One input, then all of its actions, then one alarm at `next_deadline()`.
"""

from dataclasses import dataclass
from typing import Literal

from stun_turn.attributes import Address

Transport = Literal["udp", "tcp", "tls", "dtls"]


@dataclass(frozen=True, slots=True)
class Client:
    """The five-tuple that an allocation belongs to (RFC 8656 §3): our listener, their address."""

    transport: Transport
    local: Address
    remote: Address

    @property
    def stream(self) -> bool:
        return self.transport in {"tcp", "tls"}

    def __str__(self) -> str:
        return f"{self.transport} {self.local} {self.remote}"


@dataclass(frozen=True, slots=True)
class ToClient:
    data: bytes
    client: Client


@dataclass(frozen=True, slots=True)
class ToPeer:
    """One datagram from a relayed address."""

    data: bytes
    relay: Address
    peer: Address
    dont_fragment: bool = False


@dataclass(frozen=True, slots=True)
class Bind:
    """Open this socket of ours; answered by `bound` or `bind_failed`."""

    relay: Address
    tcp: bool = False
    """Listen for connections of peers (RFC 6062)."""


@dataclass(frozen=True, slots=True)
class Unbind:
    relay: Address


@dataclass(frozen=True, slots=True)
class Install:
    """Whatever comes from `peer` to `relay` goes to `client` as ChannelData, and the other way
    round, without asking. In place of an older flow of this relay and peer."""

    client: Client
    channel: int
    relay: Address
    peer: Address


@dataclass(frozen=True, slots=True)
class Remove:
    client: Client
    channel: int
    relay: Address
    peer: Address


@dataclass(frozen=True, slots=True)
class ConnectPeer:
    """From this relayed address; answered by `peer_connected` or `peer_failed`."""

    number: int
    relay: Address
    peer: Address


@dataclass(frozen=True, slots=True)
class Join:
    """From now on the connection of this client and that of the peer are one."""

    number: int
    client: Client


@dataclass(frozen=True, slots=True)
class ClosePeer:
    """The connection with a peer, and the client's that was joined to it."""

    number: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something for the counters and the log."""

    event: str
    """In snake case, such as `allocated`, `unauthenticated`, `peer_forbidden`."""
    detail: str = ""
    """Unbounded: a user, an address. Only for the log."""


Action = (
    ToClient | ToPeer | Bind | Unbind | Install | Remove | ConnectPeer | Join | ClosePeer | Note
)
