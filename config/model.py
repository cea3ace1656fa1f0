"""The typed model of the configuration file: every fact once, every name the field's own.

The values here are frozen and already in SI units (seconds, bytes). Parsing of written units such
as `20ms` and of `${ENV:…}` lies in `units` and `secrets`; what spans several sections in `checks`.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from config.addresses import IpAddress, IpNetwork, parse_address, parse_network
from config.secrets import Secret
from config.units import (
    parse_bitrate,
    parse_duration,
    parse_listen,
    parse_port_range,
    parse_rate,
    parse_size,
)

NAME_PATTERN = r"^[a-z0-9][a-z0-9-]*$"

DurationText = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(ms|s|m|h|d)$")]
SizeText = Annotated[str, Field(pattern=r"^[0-9]+(B|kB|KiB|MB|MiB)$")]
PortRangeText = Annotated[str, Field(pattern=r"^[0-9]{1,5}-[0-9]{1,5}$")]
BitrateText = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(bit|kbit|Mbit|Gbit)/s$")]
RateText = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?/(s|m|h)$")]
"""As written in the file: what an editor is told by the JSON schema."""

Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=64)]
Whole = Annotated[int, Field(strict=True)]
"""Strict, for otherwise `true` would be read as 1."""
Port = Annotated[Whole, Field(ge=1, le=65535)]
Seconds = Annotated[
    float, BeforeValidator(parse_duration, json_schema_input_type=DurationText), Field(ge=0)
]
Bytes = Annotated[int, BeforeValidator(parse_size, json_schema_input_type=SizeText), Field(gt=0)]
PortRange = Annotated[
    tuple[Port, Port], BeforeValidator(parse_port_range, json_schema_input_type=PortRangeText)
]
Bitrate = Annotated[
    float, BeforeValidator(parse_bitrate, json_schema_input_type=BitrateText), Field(gt=0)
]
"""Bits a second."""
Rate = Annotated[float, BeforeValidator(parse_rate, json_schema_input_type=RateText), Field(gt=0)]
"""A second."""
Listen = Annotated[tuple[str, Port], BeforeValidator(parse_listen, json_schema_input_type=str)]
"""`"127.0.0.1:9100"` as written; (host, port) as read."""
Address = Annotated[IpAddress, BeforeValidator(parse_address)]
Network = Annotated[IpNetwork, BeforeValidator(parse_network)]

WORD, MAPPING, LIST = "<word>", "<mapping>", "<list>"
"""Branches of a union, by the form of what is written; pydantic puts them into an error's `loc`."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Node(Section):
    name: Name = "sbc"
    user_agent: Annotated[str, Field(pattern=r"^[A-Za-z0-9 ./()_-]+$", max_length=64)] = "SBC"
    run_directory: str | None = None
    """Where the Unix sockets of control and admin lie. None: `/run/sbc`, or the user's own."""


Transport = Literal["udp", "tcp", "tls", "ws", "wss"]
PORTS: Mapping[str, int] = {"udp": 5060, "tcp": 5060, "tls": 5061, "ws": 80, "wss": 443}
"""Where a listener is when the file does not say it (RFC 3261 §19.1.2, RFC 7118 §5.2.4)."""


def _several(written: object) -> object:
    """One name may stand where several could."""
    return (written,) if isinstance(written, str) else written


class SipListener(Section):
    transport: Transport
    port: Port = 5060
    """Of `tls` by default 5061, of `ws` 80, of `wss` 443."""
    certificate: Annotated[
        tuple[Name, ...], BeforeValidator(_several, json_schema_input_type=str | list[str])
    ] = ()
    """`tls`, `wss`: what we show. Of several the one that has the server name asked for (SNI);
    else the first."""
    client_ca: Name | None = None
    """`tls`, `wss`: ask whoever connects for a certificate, and verify it against this `trust`."""
    client_certificate: Literal["required", "requested"] = "required"
    """Whether, being asked, one may come without."""
    path: Annotated[str, Field(pattern=r"^/[!-~]*$", max_length=256)] = "/"
    """`ws`, `wss`: the path that clients ask for."""
    origins: tuple[Annotated[str, Field(pattern=r"^https?://[!-~]+$", max_length=256)], ...] = ()
    """`ws`, `wss`: the pages whose scripts may connect (RFC 6455 §10.2). Empty: every page."""
    ping: Seconds = 30.0
    """`ws`, `wss`: of a silent client we ask so often whether it is there."""

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, written: object) -> object:
        if isinstance(written, dict) and "port" not in written:
            usual = PORTS.get(str(written.get("transport")))
            return {**written, "port": usual} if usual else written
        return written


class MediaPorts(Section):
    ports: PortRange
    quarantine: Seconds = 32.0


class Interface(Section):
    zone: Name
    bind: Address
    advertise: Address | None = None
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
    prefix: Annotated[Whole, Field(ge=1, le=32)] = 24
    """`subnet`: length of the prefix around the signalled IPv4 address."""
    prefix6: Annotated[Whole, Field(ge=1, le=128)] = 64


class MessageLimits(Section):
    bytes: Bytes = 65_535
    headers: Annotated[Whole, Field(ge=8, le=1000)] = 160
    header_bytes: Bytes = 8192
    body: Bytes = 32_768


class Connections(Section):
    """Limits of what a peer may hold without speaking (TCP, TLS, WebSocket), in each listener."""

    total: Annotated[Whole, Field(ge=1)] | None = None
    """None: an equal share of the file descriptors that the process may have."""
    handshake: Seconds = 10.0
    """From a connection to the end of its TLS handshake and WebSocket upgrade."""
    message: Seconds = 32.0
    """From the first byte of a message to its last; and to the first one after the handshake."""
    idle: Seconds = 600.0
    """A connection that has been silent for so long makes room for others, if they need it."""


Method = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9._-]{0,31}$")]
METHODS = (
    *("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO", "MESSAGE", "REFER"),
    *("NOTIFY", "SUBSCRIBE", "PUBLISH"),
)
EventPackage = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
EVENTS = (
    *("conference", "dialog", "message-summary", "presence", "presence.winfo", "refer", "reg"),
    "vq-rtcpxr",
)
MediaType = Annotated[str, Field(pattern=r"^[a-z0-9.+-]{1,64}/[a-z0-9.+-]{1,64}$")]


class Privacy(Section):
    """Asserted identities across the border of the trust domain (RFC 3325)."""

    assert_identity: Literal["pass", "strip"] | None = None
    """May P-Asserted-Identity of it be believed? None: if it is trusted."""
    send_identity: bool | None = None
    """Is it told P-Asserted-Identity, where nobody asked for privacy? None: if it is trusted."""


class Zone(Section):
    trust: Literal["trusted", "untrusted"]
    unknown_action: Literal["drop", "reject"] = "drop"
    latching: Latching | None = None
    """None: `none` in a trusted zone, `ranked` in an untrusted one."""
    codec_policy: Name | None = None
    media: Name | None = None
    message_limits: MessageLimits = MessageLimits()
    privacy: Privacy = Privacy()
    methods: tuple[Method, ...] = METHODS
    """Methods which the border takes from this zone and sends there; any other gets 405."""
    connections_per_source: Annotated[Whole, Field(ge=1)] = 32
    connections: Connections = Connections()


class Certificate(Section):
    """Files in PEM form. They are read again when they change; connections go on meanwhile."""

    chain: str | None = None
    """Our certificate and what leads from it to a root, in this order."""
    key: str | None = None
    trust: str | None = None
    """Certificates of authorities, for verifying those of peers."""
    min_version: Literal["1.2", "1.3"] = "1.2"
    watch: Seconds = 2.0
    """Time between two looks at the files."""
    warn_before: Seconds = 2_592_000.0
    """Warn so long before it expires; and again 7 days and 1 day before."""


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
    priority: Whole = 1
    weight: Annotated[Whole, Field(ge=0)] = 1


class Identify(Section):
    """How a message is known to be of a trunk."""

    sources: tuple[Network, ...] = ()
    tls_san: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]+$", max_length=253)], ...] = ()
    """Names in the certificate of its connection, of which one is enough (RFC 5922)."""
    require: Literal["all", "any"] = "all"
    """Where both are given: a source and a name, or one of them."""


class TrunkTls(Section):
    """Of connections that we make to the trunk."""

    certificate: Name | None = None
    """What we show if asked. None: that of our own listener."""
    trust: Name | None = None
    """Who may vouch for the trunk. None: whom this host trusts."""


class TrunkLimits(Section):
    max_duration: Seconds = 14_400.0
    ring: Seconds = 180.0
    calls: Annotated[Whole, Field(ge=0)] | None = None


class TrunkAuth(Section):
    """Our account with a trunk, for the challenges that it sends us (RFC 3261 §22)."""

    user: Annotated[str, Field(min_length=1, max_length=128)]
    password: Secret
    realm: Annotated[str, Field(min_length=1, max_length=255)]
    """The only realm whose challenges are answered."""


class SessionTimer(Section):
    """Session timers of one leg (RFC 4028); each leg has its own."""

    mode: Literal["none", "accept", "require"] = "accept"
    """`accept`: what the peer asks for; `require`: every call has one, even if only we refresh."""
    expires: Annotated[Seconds, Field(ge=90, le=86_400)] = 1800.0
    """What we ask for, in `require`."""
    min_se: Annotated[Seconds, Field(ge=90, le=86_400)] = 90.0
    """Whoever asks for less gets 422."""
    refresher: Literal["local", "remote"] = "local"
    """Who refreshes, where it is ours to say."""


class Register(Section):
    """We register with the trunk, as its calls come to whoever is registered (RFC 3261 §10.2)."""

    expires: Annotated[Seconds, Field(ge=30, le=86_400)] = 600.0
    """How long we ask for; the trunk may grant less, or demand more."""
    user: (
        Annotated[str, Field(pattern=r"^[A-Za-z0-9_.!~*'()&=+$,?/-]+$", max_length=128)] | None
    ) = None
    """User part of our address of record there. None: that of `auth`."""


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
    tls: TrunkTls = TrunkTls()
    session_timer: SessionTimer = SessionTimer()
    privacy: Privacy = Privacy()
    """What it does not say, its zone says."""
    offerless: Literal["relay", "insert"] = "relay"
    """An INVITE without an offer goes there as it came, or with an offer of ours (S6)."""
    refer: Literal["relay", "local", "reject"] | None = None
    """What becomes of its REFER (RFC 3515): it crosses to the other side, the border
    does a blind transfer itself, or it gets 403. None:
    `relay` in a trusted zone, `reject` in an untrusted one."""
    redirect: Literal["relay", "follow"] = "relay"
    """Its 3xx goes back to the caller, at our own address; or the border calls the numbers that it
    names, where the routes of the caller let it."""
    max_redirects: Annotated[Whole, Field(ge=1, le=10)] = 3
    """How many of its 3xx are followed in one call."""
    auth: TrunkAuth | None = None
    """None: whatever it challenges is refused."""
    register_: Annotated[Register | None, Field(alias="register")] = None
    """None: it knows where we are."""


class Registrar(Section):
    """Where phones register (RFC 3261 §10.3)."""

    mode: Literal["local", "absorb"] = "local"
    """`local`: we are the registrar; `absorb`: so for the phones, and for each user we register
    upstream, once in a long time (N6)."""
    upstream: Name | None = None
    """`absorb`: the trunk with the registrar behind us."""
    client_expires: Annotated[Seconds, Field(ge=30, le=86_400)] = 300.0
    """The longest that a phone is granted."""
    min_expires: Annotated[Seconds, Field(ge=10, le=3600)] = 30.0
    """Whoever asks for less gets 423."""
    upstream_expires: Annotated[Seconds, Field(ge=60, le=86_400)] = 3600.0
    max_contacts: Annotated[Whole, Field(ge=1, le=64)] = 5
    """Of one user."""


class AccessAuth(Section):
    """Digest authentication at the edge (RFC 7616, RFC 8760)."""

    users: Annotated[dict[str, Secret], Field(min_length=1)]
    """Passwords by name; the name is the user of the address of record."""
    algorithms: Annotated[tuple[Literal["SHA-256", "MD5"], ...], Field(min_length=1)] = (
        "SHA-256",
        "MD5",
    )
    """Offered in this order: the strongest first."""
    nonce_lifetime: Annotated[Seconds, Field(ge=10, le=3600)] = 300.0
    reuse_connection: bool = True
    """Who has registered on a connection needs no more credentials on it."""


class AccessIdentity(Section):
    from_must_match: bool = True
    """Who calls must be who was authenticated (A6)."""


class Access(Section):
    """Phones of a zone, known by name and password."""

    zone: Name
    domains: Annotated[tuple[str, ...], Field(min_length=1)]
    """Of their addresses of record; the first is the realm, and our name for them."""
    registrar: Registrar = Registrar()
    auth: AccessAuth
    identity: AccessIdentity = AccessIdentity()
    codec_policy: Name | None = None
    latching: Latching | None = None
    media: Name | None = None
    limits: TrunkLimits = TrunkLimits()
    session_timer: SessionTimer = SessionTimer()
    privacy: Privacy = Privacy()
    offerless: Literal["relay", "insert"] = "relay"
    refer: Literal["relay", "local", "reject"] | None = None
    redirect: Literal["relay", "follow"] = "relay"
    max_redirects: Annotated[Whole, Field(ge=1, le=10)] = 3


class Source(Section):
    zone: Name | None = None
    trunk: Name | None = None
    access: Name | None = None


def _form(value: object) -> str | None:
    """Which branch of a union is meant, so that only the mistakes of that one are reported."""
    if isinstance(value, str):
        return WORD
    if isinstance(value, dict | Source):
        return MAPPING
    return LIST if isinstance(value, list | tuple) else None


class Match(Section):
    to: (
        Annotated[
            Annotated[str, Tag(WORD)] | Annotated[tuple[str, ...], Tag(LIST)],
            Discriminator(
                _form,
                custom_error_type="form",
                custom_error_message="expected a regular expression or a list, in quotes",
            ),
        ]
        | None
    ) = None
    """A regular expression, searched in the called number, or a list of exact numbers; a `*` at
    the end of one stands for any rest."""
    registered: Name | None = None
    """An access group in which the called user has a phone that is registered."""


class Failover(Section):
    """When another server is tried (R4, RFC 3263 §4.3)."""

    no_answer_after: Annotated[Seconds, Field(ge=1, le=32)] = 4.0
    """A server that has said nothing at all for so long is given up, if there is another."""
    setup_budget: Annotated[Seconds, Field(ge=1, le=180)] = 20.0
    """After so long, from the caller's INVITE on, no other is tried."""


class Route(Section):
    name: Name
    from_: Annotated[
        Annotated[Source, Tag(MAPPING)] | Annotated[Literal["any"], Tag(WORD)],
        Discriminator(
            _form,
            custom_error_type="form",
            custom_error_message="expected { trunk: NAME } (or access, or zone), or any",
        ),
        Field(alias="from"),
    ]
    match: Match = Match()
    to: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Trunks and access groups, tried in this order."""
    failover: Failover = Failover()


class TurnListen(Section):
    """Ports of STUN and TURN on each of the interfaces; None: not by this transport."""

    udp: Port | None = None
    tcp: Port | None = None


class TurnCredentials(Section):
    """Who may have data relayed (RFC 8489 §9.2)."""

    hmac: Secret | None = None
    """Shared with whoever hands out time-limited accounts."""
    users: dict[str, Secret] = {}
    """Passwords by name."""


class TurnQuotas(Section):
    per_user: Annotated[Whole, Field(ge=1)] = 10
    per_source: Annotated[Whole, Field(ge=1)] = 40
    total: Annotated[Whole, Field(ge=1)] = 2000
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
    realm: Annotated[str, Field(min_length=1, max_length=127)]
    relay_ports: PortRange
    credentials: TurnCredentials
    quotas: TurnQuotas = TurnQuotas()
    peers: TurnPeers = TurnPeers()
    stun: TurnStun = TurnStun()


class Dns(Section):
    servers: tuple[Listen, ...] = ()
    """Address and port of each server that names are asked of. Empty: those of this host."""


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
