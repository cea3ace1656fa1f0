"""Trunks: who they are, and what holds for them."""

from typing import Annotated, Literal

from pydantic import Field

from config.fields import Name, Network, Seconds, Section, Whole
from config.secrets import Secret
from config.srtp import Srtp
from config.zones import IceMode, Latching, MuxMode, Privacy


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
    subscriptions: Annotated[Whole, Field(ge=0)] = 2000
    """That it holds at once (RFC 6665), and as many published states (RFC 3903)."""


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


class Reason(Section):
    """What the peer is told of why a call ended (RFC 3326)."""

    protocols: tuple[Literal["SIP", "Q.850"], ...] | None = None
    """Which it gets, in this order; the one that nobody named is made from the other (RFC 3398).
    Empty: none. None: what the other side said, or else a Q.850 cause of ours."""
    in_responses: bool = True
    """Q.850 in final responses too (RFC 6432)."""
    causes: dict[
        Annotated[str, Field(pattern=r"^[3-6]\d\d$")], Annotated[Whole, Field(ge=1, le=127)]
    ] = {}
    """Q.850 cause by SIP status, for what this peer means otherwise than the RFCs."""


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
    srtp: Srtp | None = None
    ice: IceMode | None = None
    rtcp_mux: MuxMode | None = None
    media: Name | None = None
    limits: TrunkLimits = TrunkLimits()
    tls: TrunkTls = TrunkTls()
    session_timer: SessionTimer = SessionTimer()
    privacy: Privacy = Privacy()
    """What it does not say, its zone says."""
    offerless: Literal["relay", "insert"] = "relay"
    """An INVITE without an offer goes there as it came, or with an offer of ours (S6)."""
    refer: Literal["relay", "local", "reject"] | None = None
    """What becomes of its REFER (RFC 3515): it crosses to the other side, the border does the
    transfer itself, or it gets 403. None: `relay` in a trusted zone, `reject` in an untrusted
    one."""
    replaces: Literal["relay", "local"] = "relay"
    """Its INVITE with Replaces (RFC 3891) goes to the party whose dialog it names; or the border
    puts the newcomer into that call itself."""
    reason: Reason = Reason()
    diversion: Literal["keep", "diversion", "history-info", "both", "none"] | None = None
    """Who forwarded a call before (RFC 5806, RFC 7044): `none` is neither read from it nor told;
    else it is read, and told as it came (`keep`) or in this form (RFC 7544), with our own host.
    None: `keep` if it is trusted, else `none`."""
    redirect: Literal["relay", "follow"] = "relay"
    """Its 3xx goes back to the caller, at our own address; or the border calls the numbers that it
    names, where the routes of the caller let it."""
    max_redirects: Annotated[Whole, Field(ge=1, le=10)] = 3
    """How many of its 3xx are followed in one call."""
    quality_reports: Literal["refuse", "take"] = "refuse"
    """Its reports of voice quality (PUBLISH `vq-rtcpxr`, RFC 6035) go into the records of its
    calls, or are refused. They never cross: they name addresses."""
    auth: TrunkAuth | None = None
    """None: whatever it challenges is refused."""
    register_: Annotated[Register | None, Field(alias="register")] = None
    """None: it knows where we are."""
