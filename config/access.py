"""Access groups: phones, who they are, where they register, and what holds for them."""

from typing import Annotated, Literal

from pydantic import Field

from config.fields import Name, Rate, Seconds, Section, Whole
from config.peers import Reason, SessionTimer
from config.secrets import Secret
from config.srtp import Srtp
from config.zones import IceMode, Latching, MuxMode, Privacy


class Registrar(Section):
    """Where phones register (RFC 3261 §10.3)."""

    mode: Literal["local", "absorb", "relay"] = "local"
    """`local`: we are the registrar; `absorb`: so for the phones, and for each user we register
    upstream, once in a long time (N6); `relay`: each REGISTER goes on to the registrar upstream,
    with a Path of ours (RFC 3327)."""
    upstream: Name | None = None
    """`absorb`, `relay`: the trunk with the registrar behind us."""
    client_expires: Annotated[Seconds, Field(ge=30, le=86_400)] = 300.0
    """The longest that a phone is granted."""
    min_expires: Annotated[Seconds, Field(ge=10, le=3600)] = 30.0
    """Whoever asks for less gets 423."""
    upstream_expires: Annotated[Seconds, Field(ge=60, le=86_400)] = 3600.0
    """`absorb`: what we ask for; `relay`: the most that a phone may ask for."""
    max_contacts: Annotated[Whole, Field(ge=1, le=64)] = 5
    """Of one user."""
    forking: Literal["parallel", "serial"] = "parallel"
    """Phones of a user with the same `q` ring at once, or one after the other."""
    reconnect: Annotated[Seconds, Field(le=3600)] = 60.0
    """`absorb`: so long a phone whose connection was lost may take to come back, until upstream is
    told that it is gone."""
    spread: Annotated[Seconds, Field(le=3600)] = 60.0
    """`absorb`: after a restart users are registered upstream again within this time, one by
    one."""
    on_stop: Literal["keep", "unregister"] = "keep"
    """`absorb`: what the end of the border means for registrations upstream."""


class Survivability(Section):
    """What phones can do while the trunk upstream is lost (A4)."""

    local_calls: bool = False
    """A call that would go upstream goes to the called user's phone, when nobody answers there."""
    hold_bindings: Annotated[Seconds, Field(le=604_800)] = 0.0
    """`relay`: for so long phones are told that they are registered, though nobody upstream can say
    so."""


class AccessAuth(Section):
    """Digest authentication (RFC 7616, RFC 8760)."""

    at: Literal["edge", "core"] = "edge"
    """Who challenges: we, or the registrar upstream (`relay`), whose challenges then pass."""
    users: dict[str, Secret] = {}
    """Passwords by name; the name is the user of the address of record."""
    users_file: Annotated[str, Field(pattern=r"^/")] | None = None
    """More users, a line each, with passwords or hashes; read again when it changes."""
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


class PerUser(Section):
    calls: Annotated[Whole, Field(ge=0)] | None = None
    """At once, made by that user. None: as many as the group may."""
    cps: Rate | None = None
    """Calls begun by that user. None: as fast as he likes."""


class Registers(Section):
    """How many REGISTERs are looked at; a storm of them shall cost nobody else anything."""

    per_source: Rate = 100.0
    """From one address, challenges included; ten times as many at once."""
    per_user: Rate = 1.0
    """Of one user who has proved to be one; ten at once."""
    excess: Literal["reject", "drop"] = "reject"
    """What is too much gets 503 with Retry-After, or no answer."""


class AccessLimits(Section):
    max_duration: Seconds = 14_400.0
    ring: Seconds = 180.0
    calls: Annotated[Whole, Field(ge=0)] | None = None
    """Of all phones together."""
    subscriptions: Annotated[Whole, Field(ge=0)] = 2000
    per_user: PerUser = PerUser()
    registers: Registers = Registers()


class Access(Section):
    """Phones of a zone, known by name and password."""

    zone: Name
    domains: Annotated[tuple[str, ...], Field(min_length=1)]
    """Of their addresses of record; the first is the realm, and our name for them."""
    registrar: Registrar = Registrar()
    auth: AccessAuth
    identity: AccessIdentity = AccessIdentity()
    survivability: Survivability = Survivability()
    codec_policy: Name | None = None
    latching: Latching | None = None
    srtp: Srtp | None = None
    ice: IceMode | None = None
    rtcp_mux: MuxMode | None = None
    media: Name | None = None
    limits: AccessLimits = AccessLimits()
    session_timer: SessionTimer = SessionTimer()
    privacy: Privacy = Privacy()
    offerless: Literal["relay", "insert"] = "relay"
    refer: Literal["relay", "local", "reject"] | None = None
    replaces: Literal["relay", "local"] = "relay"
    reason: Reason = Reason()
    diversion: Literal["keep", "diversion", "history-info", "both", "none"] | None = None
    redirect: Literal["relay", "follow"] = "relay"
    max_redirects: Annotated[Whole, Field(ge=1, le=10)] = 3
    quality_reports: Literal["refuse", "take"] = "refuse"
    """Its reports of voice quality (PUBLISH `vq-rtcpxr`, RFC 6035) go into the records of its
    calls, or are refused. They never cross: they name addresses."""
