"""Zones, and what is said of their media and messages by name."""

from typing import Annotated, Literal

from pydantic import Field

from config.fields import Bytes, Name, Seconds, Section, Whole
from config.srtp import Srtp

LatchingMode = Literal["none", "signalled", "subnet", "first-packet", "ranked"]


class Latching(Section):
    """Who may claim a media stream (RFC 7362), by zone; a trunk may override it."""

    mode: LatchingMode
    window: Seconds = 3.0
    """`ranked`: for so long after the first packet a better-ranked source may take over."""
    prefix: Annotated[Whole, Field(ge=1, le=32)] = 24
    """`subnet`: length of the prefix around the signalled IPv4 address."""
    prefix6: Annotated[Whole, Field(ge=1, le=128)] = 64


IceMode = Literal["none", "accept", "offer", "require"]
"""`accept`: where a peer offers it (RFC 8839); `offer`: we offer it too; `require`: always."""
MuxMode = Literal["none", "accept", "offer"]


BODY_TYPES = (
    *("application/sdp", "application/dtmf", "application/dtmf-relay"),
    *("application/media_control+xml", "message/sipfrag", "text/plain", "application/pidf+xml"),
    *("application/dialog-info+xml", "application/simple-message-summary"),
    *("application/reginfo+xml", "application/watcherinfo+xml", "application/resource-lists+xml"),
    *("application/rlmi+xml", "application/conference-info+xml", "application/im-iscomposing+xml"),
)
"""Those that the border rebuilds, so that no address of one side is left in them."""
BodyType = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9!#$&^_-]*/[a-z0-9][a-z0-9!#$&^_.+-]*$", max_length=127)
]


class MessageLimits(Section):
    bytes: Bytes = 65_535
    headers: Annotated[Whole, Field(ge=8, le=1000)] = 160
    header_bytes: Bytes = 8192
    body: Bytes = 32_768
    body_types: tuple[BodyType, ...] = BODY_TYPES
    """Content types that may come from this zone and go there, also as parts of multipart bodies.
    A type of this list that the border cannot rebuild crosses as it is."""


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
Package = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*$", max_length=64)]
EVENTS = (
    *("presence", "presence.winfo", "dialog", "message-summary", "reg", "conference", "refer"),
)


class Privacy(Section):
    """Asserted identities across the border of the trust domain (RFC 3325)."""

    assert_identity: Literal["pass", "strip"] | None = None
    """May P-Asserted-Identity of it be believed? None: if it is trusted."""
    send_identity: bool | None = None
    """Is it told P-Asserted-Identity, where nobody asked for privacy? None: if it is trusted."""


class Nat(Section):
    """How phones behind NAT are reached (RFC 4787, RFC 5626)."""

    fix_contact: bool = True
    """A phone is called where it was heard, not at the address in its Contact."""
    keepalive: Literal["adaptive", "fixed", "none"] = "adaptive"
    """`adaptive`: how rarely a flow must be used is found by trying; `fixed`: `min_interval`."""
    min_interval: Annotated[Seconds, Field(ge=10, le=3600)] = 20.0
    """Every NAT remembers a flow so long."""
    max_interval: Annotated[Seconds, Field(ge=10, le=86_400)] = 600.0
    """No flow is left silent for longer, and no phone is granted more than this or
    `client_expires`."""


class Zone(Section):
    trust: Literal["trusted", "untrusted"]
    unknown_action: Literal["drop", "reject"] = "drop"
    latching: Latching | None = None
    """None: `none` in a trusted zone, `ranked` in an untrusted one."""
    srtp: Srtp = Srtp()
    ice: IceMode = "none"
    """Connectivity checks decide who may send, in place of latching (RFC 8445)."""
    rtcp_mux: MuxMode = "accept"
    """RTCP on the port of RTP (RFC 5761). Where ICE is offered, so is this, unless `none`."""
    codec_policy: Name | None = None
    media: Name | None = None
    message_limits: MessageLimits = MessageLimits()
    privacy: Privacy = Privacy()
    methods: tuple[Method, ...] = METHODS
    """Methods which the border takes from this zone and sends there; any other gets 405."""
    events: tuple[Package, ...] = EVENTS
    """Event packages (RFC 6665) that may be subscribed to from this zone and in it, and published;
    any other gets 489."""
    topology_hiding: Literal["full", "none"] | None = None
    """`none`: routes may send requests of this zone on as a proxy, which hides nothing. A B2BUA
    hides always. None: `full` of an untrusted zone, `none` of a trusted one."""
    connections_per_source: Annotated[Whole, Field(ge=1)] = 32
    connections: Connections = Connections()
    nat: Nat | None = None
    """None: Contacts are fixed, and phones keep their flows open by themselves."""


class CodecPolicy(Section):
    allow: tuple[str, ...] = ()
    """Codec names as in rtpmap, any case. Empty: every codec."""
    order: tuple[str, ...] = ()
    """These first, in this order; the others keep theirs."""


class RtpTimeout(Section):
    initial: Seconds = 30.0
    """From the answer to the first packet of a direction."""
    subsequent: Seconds = 60.0


Carriage = Literal["relay", "reject"]


class MediaProfile(Section):
    rtp_timeout: RtpTimeout = RtpTimeout()
    anchor: Literal["always", "same-zone"] = "always"
    """`same-zone`: between two peers of one zone, neither of them behind a NAT, the media goes
    directly once the call is up."""
    dtmf: Literal["pass", "rfc4733", "info", "inband"] = "pass"
    """How the peer presses keys. Where both sides say it, and differently, the border translates:
    RFC 4733 events, SIP INFO, tones in G.711. `pass`: whatever they are, they cross."""
    video: Carriage = "relay"
    text: Carriage = "relay"
    """Real-time text (RFC 4103)."""
    t38: Carriage = "relay"
    """Fax over UDPTL. Refused, the gateways go on in G.711."""
    bfcp: Carriage = "relay"
    """Floor control over UDP (RFC 8856)."""
    unknown: Carriage = "reject"
    """Other m-lines over plain UDP: passed on datagram by datagram, without their attributes."""
    rtcp_xr: Literal["relay", "hide"] = "relay"
    """Extended reports of the other side (RFC 3611) to this one. The border reads them anyway."""
    police: Annotated[float, Field(strict=True, ge=1.1, le=100)] | None = None
    """A stream that sends so many times what its codecs need (or b= says) is cut down to that.
    None: it may send any amount."""
