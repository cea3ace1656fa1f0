"""What the TURN server is told by its operator."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stun_turn.attributes import Address
from stun_turn.own_media import MediaRange
from stun_turn.peers import PeerRules


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """An IP address that peers see clients at."""

    bind: str
    shown: str
    """As peers reach it (1:1 NAT); the same as `bind` elsewhere."""
    low: int = 49152
    high: int = 65535


@dataclass(frozen=True, slots=True)
class Quotas:
    """Allocations at once."""

    per_user: int = 10
    per_source: int = 40
    """By IP address of the client."""
    total: int = 2000
    rate: float = 20.0
    """That one user may begin in a second."""


@dataclass(frozen=True, slots=True)
class Settings:
    realm: str
    relays: Mapping[int, RelayAddress]
    """By address family."""
    peers: PeerRules = field(default_factory=PeerRules)
    quotas: Quotas = Quotas()
    media: tuple[MediaRange, ...] = ()
    """Our own media ports that clients may reach."""
    default_lifetime: float = 600.0
    longest_lifetime: float = 3600.0
    """Seconds of an allocation (RFC 8656 §7.2)."""
    bitrate: float | None = None
    """Bits a second that one allocation may relay, each way; None: any."""
    public_stun: bool = True
    """Answer Binding requests of strangers."""
    stranger_rate: float = 20.0
    """Answers a second that one source gets before it is authenticated."""
    alternate: Address | None = None
    """Where new clients are sent instead (RFC 8489 §10)."""
    software: str = ""
    """Empty: we do not say (RFC 8489 §14.14)."""
