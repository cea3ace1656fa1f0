"""The `turn` section: the embedded STUN and TURN server (RFC 8489, RFC 8656)."""

from typing import Annotated, Literal

from pydantic import Field

from config.fields import Bitrate, Name, Network, Port, PortRange, Rate, Seconds, Section, Whole
from config.secrets import Secret


class TurnListen(Section):
    """Ports of STUN and TURN on each of the interfaces; None: not by this transport."""

    udp: Port | None = None
    tcp: Port | None = None
    tls: Port | None = None
    dtls: Port | None = None
    certificate: Name | None = None
    """What clients are shown by TLS and DTLS."""


class TurnCredentials(Section):
    """Who may have data relayed (RFC 8489 §9.2)."""

    hmac: Secret | None = None
    """Shared with whoever hands out time-limited accounts."""
    users: dict[str, Secret] = {}
    """Passwords by name."""
    ttl: Annotated[Seconds, Field(ge=30, le=86_400)] = 600.0
    """The longest that an account is good which comes with a registration."""
    bind_to: Literal["none", "registration"] = "none"
    """`registration`: phones that register by TLS or secure WebSocket get a time-limited account
    with it, which ends when they leave; it needs `hmac`."""


class TurnQuotas(Section):
    per_user: Annotated[Whole, Field(ge=1)] = 10
    per_source: Annotated[Whole, Field(ge=1)] = 40
    total: Annotated[Whole, Field(ge=1)] = 2000
    rate: Rate = 20.0
    """Allocations that one user may begin in a second: a port rests for two minutes after each."""
    bitrate: Bitrate | None = None
    """Of one allocation, each way."""


class TurnPeers(Section):
    """Public addresses are allowed by themselves, all others only here."""

    allow: tuple[Network, ...] = ()
    deny: tuple[Network, ...] = ()


class TurnStun(Section):
    public: bool = True
    """Strangers may ask for their address."""
    rate: Rate = 20.0
    """Answers that a stranger's address gets."""


class Turn(Section):
    """The embedded STUN and TURN server (RFC 8489, RFC 8656)."""

    interfaces: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Listened on, and relayed from: one of each address family."""
    listen: TurnListen = TurnListen(udp=3478, tcp=3478)
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$", max_length=253)] | None = None
    """By which name clients reach it, as its certificate says. None: by our addresses."""
    realm: Annotated[str, Field(min_length=1, max_length=127)]
    relay_ports: PortRange
    credentials: TurnCredentials
    quotas: TurnQuotas = TurnQuotas()
    peers: TurnPeers = TurnPeers()
    stun: TurnStun = TurnStun()
