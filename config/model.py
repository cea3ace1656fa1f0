"""The typed model of the configuration file: every fact once, every name the field's own.

The values here are frozen and already in SI units (seconds, bytes). Parsing of written units such
as `20ms` and of `${ENV:…}` lies in `units` and `secrets`; what spans several sections in `checks`.
"""

from typing import Annotated, Literal

from pydantic import Field

from config.access import (
    Access,
    AccessAuth,
    AccessIdentity,
    AccessLimits,
    PerUser,
    Registers,
    Registrar,
    Survivability,
)
from config.fields import (
    LIST,
    MAPPING,
    NAME_PATTERN,
    WORD,
    Address,
    Bitrate,
    BitrateText,
    Bytes,
    DurationText,
    Listen,
    Name,
    Network,
    Port,
    PortRange,
    PortRangeText,
    Rate,
    RateText,
    Seconds,
    Section,
    SizeText,
    Whole,
)
from config.interfaces import PORTS, Certificate, Interface, MediaPorts, SipListener, Transport
from config.monitoring import Collector, Monitoring, Prometheus, Quality, Verdicts
from config.peers import (
    Endpoint,
    Identify,
    Reason,
    Register,
    SessionTimer,
    Trunk,
    TrunkAuth,
    TrunkLimits,
    TrunkTls,
)
from config.routing import Failover, Match, Route, Source
from config.secrets import Secret
from config.srtp import Keying, Srtp, Suite
from config.turn import Turn, TurnCredentials, TurnListen, TurnPeers, TurnQuotas, TurnStun
from config.zones import (
    EVENTS,
    METHODS,
    CodecPolicy,
    Connections,
    IceMode,
    Latching,
    LatchingMode,
    MediaProfile,
    MessageLimits,
    Method,
    MuxMode,
    Nat,
    Privacy,
    RtpTimeout,
    Zone,
)

__all__ = [
    "EVENTS",
    "LIST",
    "MAPPING",
    "METHODS",
    "NAME_PATTERN",
    "PORTS",
    "WORD",
    "Access",
    "AccessAuth",
    "AccessIdentity",
    "AccessLimits",
    "Address",
    "Bitrate",
    "BitrateText",
    "Bytes",
    "Cdr",
    "Certificate",
    "CodecPolicy",
    "Collector",
    "Config",
    "Connections",
    "Dns",
    "DurationText",
    "Endpoint",
    "Failover",
    "IceMode",
    "Identify",
    "Interface",
    "Keying",
    "Latching",
    "LatchingMode",
    "Listen",
    "Match",
    "MediaPorts",
    "MediaProfile",
    "MessageLimits",
    "Method",
    "Monitoring",
    "MuxMode",
    "Name",
    "Nat",
    "Network",
    "Node",
    "PerUser",
    "Port",
    "PortRange",
    "PortRangeText",
    "Privacy",
    "Prometheus",
    "Quality",
    "Rate",
    "RateText",
    "Reason",
    "Register",
    "Registers",
    "Registrar",
    "Route",
    "RtpTimeout",
    "Seconds",
    "Section",
    "SessionTimer",
    "SipListener",
    "SizeText",
    "Source",
    "Srtp",
    "Suite",
    "Survivability",
    "Transport",
    "Trunk",
    "TrunkAuth",
    "TrunkLimits",
    "TrunkTls",
    "Turn",
    "TurnCredentials",
    "TurnListen",
    "TurnPeers",
    "TurnQuotas",
    "TurnStun",
    "Verdicts",
    "Whole",
    "Zone",
]
"""Whoever reads the configuration imports from here."""


class Node(Section):
    name: Name = "sbc"
    user_agent: Annotated[str, Field(pattern=r"^[A-Za-z0-9 ./()_-]+$", max_length=64)] = "SBC"
    run_directory: str | None = None
    """Where the Unix sockets of control and admin lie. None: `/run/sbc`, or the user's own."""
    proxy_key: Secret | None = None
    """Proves to us our own Record-Route and Path. Several borders that stand for each other share
    it. None: a new one at each start, and dialogs of proxy routes end with a restart."""


class Dns(Section):
    servers: tuple[Listen, ...] = ()
    """Address and port of each server that names are asked of. Empty: those of this host."""


class Cdr(Section):
    spool: str = "/var/lib/sbc/cdr"


class Config(Section):
    version: Literal[1]
    node: Node = Node()
    interfaces: Annotated[dict[Name, Interface], Field(min_length=1)]
    zones: Annotated[dict[Name, Zone], Field(min_length=1)]
    certificates: dict[Name, Certificate] = {}
    codec_policies: dict[Name, CodecPolicy] = {}
    media_profiles: dict[Name, MediaProfile] = {}
    trunks: Annotated[dict[Name, Trunk], Field(min_length=1)]
    access: dict[Name, Access] = {}
    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    turn: Turn | None = None
    dns: Dns = Dns()
    cdr: Cdr = Cdr()
    monitoring: Monitoring = Monitoring()
