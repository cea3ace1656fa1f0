"""The typed model of the configuration file: every fact once, every name the field's own.

The values here are frozen and already in SI units (seconds, bytes). Parsing of written units such as
`20ms` and of `${ENV:…}` lies in `units` and `secrets`; what spans several sections lies in `checks`.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from config.units import parse_duration, parse_listen, parse_port_range, parse_size

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, BeforeValidator(parse_duration), Field(ge=0)]
Bytes = Annotated[int, BeforeValidator(parse_size), Field(gt=0)]
PortRange = Annotated[tuple[Port, Port], BeforeValidator(parse_port_range)]
Listen = Annotated[tuple[str, Port], BeforeValidator(parse_listen)]
"""`"127.0.0.1:9100"` as written; (host, port) as read."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Node(Section):
    name: Name = "sbc"
    user_agent: Annotated[str, Field(pattern=r"^[A-Za-z0-9 ./()_-]+$", max_length=64)] = "SBC"
    run_directory: str | None = None
    """Where the Unix sockets of control and admin lie. None: `/run/sbc`, or the user's own."""


class SipListener(Section):
    transport: Literal["udp", "tcp"]
    port: Port = 5060


class MediaPorts(Section):
    ports: PortRange
    quarantine: Seconds = 32.0


class Interface(Section):
    zone: Name
    bind: IpAddress
    advertise: IpAddress | None = None
    """What peers are told (1:1 NAT, clouds); None: the bind address."""
    sip: Annotated[tuple[SipListener, ...], Field(min_length=1)]
    media: MediaPorts

    @property
    def shown(self) -> IpAddress:
        """The address that peers of this interface are told."""
        return self.advertise or self.bind


LatchingMode = Literal["none", "signalled", "subnet", "first-packet", "ranked"]


class Latching(Section):
    """Who may claim a media stream (RFC 7362), by zone; a trunk may override it."""

    mode: LatchingMode
    window: Seconds = 3.0
    """`ranked`: for so long after the first packet a better-ranked source may take over."""
    prefix: Annotated[int, Field(ge=1, le=128)] = 24
    """`subnet`: length of the prefix around the signalled IPv4 address."""
    prefix6: Annotated[int, Field(ge=1, le=128)] = 64


class MessageLimits(Section):
    bytes: Bytes = 65_535
    headers: Annotated[int, Field(ge=8, le=1000)] = 160
    header_bytes: Bytes = 8192
    body: Bytes = 32_768


class Zone(Section):
    trust: Literal["trusted", "untrusted"]
    unknown_action: Literal["drop", "reject"] = "drop"
    latching: Latching | None = None
    """None: `none` in a trusted zone, `ranked` in an untrusted one."""
    codec_policy: Name | None = None
    media: Name | None = None
    message_limits: MessageLimits = MessageLimits()
    connections_per_source: Annotated[int, Field(ge=1)] = 32


class CodecPolicy(Section):
    allow: tuple[str, ...] = ()
    """Codec names as in rtpmap, any case. Empty: every codec."""
    order: tuple[str, ...] = ()
    """These first, in this order; the others keep theirs."""


class RtpTimeout(Section):
    initial: Seconds = 30.0
    """From the answer to the first packet of a direction."""
    subsequent: Seconds = 60.0


class MediaProfile(Section):
    rtp_timeout: RtpTimeout = RtpTimeout()


class Endpoint(Section):
    uri: str
    """A SIP URI with an IP address as its host."""
    priority: int = 1
    weight: Annotated[int, Field(ge=0)] = 1


class Identify(Section):
    sources: Annotated[tuple[IpNetwork, ...], Field(min_length=1)]


class TrunkLimits(Section):
    max_duration: Seconds = 14_400.0
    ring: Seconds = 180.0
    calls: Annotated[int, Field(ge=0)] | None = None


class Trunk(Section):
    zone: Name
    endpoints: Annotated[tuple[Endpoint, ...], Field(min_length=1)]
    identify: Identify
    domain: str | None = None
    """Host part of From and To towards this trunk. None: the addresses of the two ends."""
    codec_policy: Name | None = None
    latching: Latching | None = None
    media: Name | None = None
    limits: TrunkLimits = TrunkLimits()


class Source(Section):
    zone: Name | None = None
    trunk: Name | None = None


class Match(Section):
    to: str | tuple[str, ...] | None = None
    """A regular expression searched in the called number, or a list of exact numbers; `*` ends one."""


class Route(Section):
    name: Name
    from_: Annotated[Source | Literal["any"], Field(alias="from")]
    match: Match = Match()
    to: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Trunks, tried in this order."""


class Cdr(Section):
    spool: str = "/var/lib/sbc/cdr"


class Prometheus(Section):
    listen: Listen


class Quality(Section):
    interval: Seconds = 10.0
    """Length of one measuring interval of every stream."""


class Monitoring(Section):
    prometheus: Prometheus | None = None
    quality: Quality = Quality()


class Config(Section):
    version: Literal[1]
    node: Node = Node()
    interfaces: Annotated[dict[Name, Interface], Field(min_length=1)]
    zones: Annotated[dict[Name, Zone], Field(min_length=1)]
    codec_policies: dict[Name, CodecPolicy] = {}
    media_profiles: dict[Name, MediaProfile] = {}
    trunks: Annotated[dict[Name, Trunk], Field(min_length=1)]
    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    cdr: Cdr = Cdr()
    monitoring: Monitoring = Monitoring()
