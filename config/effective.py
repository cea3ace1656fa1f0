"""What holds for a call, from what is written where: trunk before zone before the defaults.

A block of the trunk is merged into that of its zone key by key, one level deep: what the trunk
does not say, its zone says. It is worked out once for a configuration, as `Terms` by name; a call
only looks it up.
"""

from dataclasses import dataclass
from typing import Literal

from config.model import (
    Access,
    AccessLimits,
    CodecPolicy,
    Config,
    IceMode,
    Latching,
    MediaProfile,
    MuxMode,
    Nat,
    Privacy,
    Reason,
    Register,
    SessionTimer,
    Srtp,
    Trunk,
    TrunkAuth,
    TrunkLimits,
    Zone,
)

SDP = "application/sdp"
"""Crosses whatever a zone lists: without it there are no calls."""
OPEN = Latching(mode="none")
GUARDED = Latching(mode="ranked")
"""The defaults of a trusted and of an untrusted zone."""


UNKEPT = Nat(keepalive="none")
"""Where nothing is said of NAT."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that holds for one peer of ours, whatever level of the file says it."""

    name: str
    zone: str
    trusted: bool
    domain: str | None
    """Host part of From and To towards it. None: the addresses of the two ends."""
    codecs: CodecPolicy
    latching: Latching
    srtp: Srtp
    ice: IceMode
    rtcp_mux: MuxMode
    media: MediaProfile
    limits: TrunkLimits
    offerless: Literal["relay", "insert"]
    refer: Literal["relay", "local", "reject"]
    """What becomes of a REFER that it sends."""
    replaces: Literal["relay", "local"]
    """What becomes of its INVITE with Replaces."""
    reason: Reason
    """What it is told of why a call ended."""
    diversion: Literal["keep", "diversion", "history-info", "both", "none"]
    """How it tells, and is told, who has forwarded a call."""
    redirect: Literal["relay", "follow"]
    """What becomes of a 3xx that it sends."""
    max_redirects: int
    session_timer: SessionTimer
    quality_reports: Literal["refuse", "take"]
    """What becomes of its reports of voice quality."""
    believed: bool
    """What it asserts of identities holds."""
    send_identity: bool
    """It is told of identities, unless they ask for privacy."""
    methods: frozenset[str]
    """What may come from it and go to it."""
    allow: str
    """The same, as our Allow says it."""
    body_types: frozenset[str]
    """Content types that may come from it and go to it."""
    accept: str
    """The same, as our Accept says it."""
    events: tuple[str, ...]
    """Event packages that may be subscribed to by it and at it, as our Allow-Events says them."""
    auth: TrunkAuth | None
    register: Register | None
    nat: Nat


def terms_of(config: Config) -> dict[str, Terms]:
    """Of each peer, by its name: trunks and access groups, whose names are unique together."""
    trunks = {name: _trunk(config, name, trunk) for name, trunk in config.trunks.items()}
    return trunks | {name: _access(config, name, each) for name, each in config.access.items()}


def _trunk(config: Config, name: str, trunk: Trunk) -> Terms:
    return _peer(config, name, trunk, trunk.domain, trunk.auth, trunk.register_)


def _access(config: Config, name: str, access: Access) -> Terms:
    return _peer(config, name, access, access.domains[0], None, None)


def _peer(
    config: Config,
    name: str,
    peer: Trunk | Access,
    domain: str | None,
    auth: TrunkAuth | None,
    register: Register | None,
) -> Terms:
    zone = config.zones[peer.zone]
    codecs = peer.codec_policy or zone.codec_policy
    media = peer.media or zone.media
    return Terms(
        name=name,
        zone=peer.zone,
        trusted=zone.trust == "trusted",
        domain=domain,
        codecs=CodecPolicy() if codecs is None else config.codec_policies[codecs],
        latching=_latching(zone, peer.latching),
        srtp=srtp_of(zone, peer.srtp),
        ice=peer.ice or zone.ice,
        rtcp_mux=peer.rtcp_mux or zone.rtcp_mux,
        media=MediaProfile() if media is None else config.media_profiles[media],
        limits=_limits(peer.limits),
        offerless=peer.offerless,
        refer=peer.refer or ("relay" if zone.trust == "trusted" else "reject"),
        replaces=peer.replaces,
        reason=peer.reason,
        diversion=peer.diversion or ("keep" if zone.trust == "trusted" else "none"),
        redirect=peer.redirect,
        max_redirects=peer.max_redirects,
        session_timer=peer.session_timer,
        quality_reports=peer.quality_reports,
        believed=_believed(zone, peer.privacy),
        send_identity=_is_told(zone, peer.privacy),
        methods=frozenset(zone.methods),
        allow=", ".join(zone.methods),
        body_types=frozenset((SDP, *zone.message_limits.body_types)),
        accept=", ".join(dict.fromkeys((SDP, *zone.message_limits.body_types))),
        events=zone.events,
        auth=auth,
        register=register,
        nat=zone.nat or UNKEPT,
    )


def _limits(limits: TrunkLimits | AccessLimits) -> TrunkLimits:
    """Of an access group, what holds for it as for a trunk."""
    if isinstance(limits, TrunkLimits):
        return limits
    names = TrunkLimits.model_fields
    return TrunkLimits.model_construct(**{name: getattr(limits, name) for name in names})


def _believed(zone: Zone, own: Privacy) -> bool:
    said = own.assert_identity or zone.privacy.assert_identity
    return zone.trust == "trusted" if said is None else said == "pass"


def _is_told(zone: Zone, own: Privacy) -> bool:
    for said in (own.send_identity, zone.privacy.send_identity):
        if said is not None:
            return said
    return zone.trust == "trusted"


def _latching(zone: Zone, own: Latching | None) -> Latching:
    latching = zone.latching or (OPEN if zone.trust == "trusted" else GUARDED)
    if own is None:
        return latching
    return latching.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})


def srtp_of(zone: Zone, own: Srtp | None) -> Srtp:
    """A block of a trunk or an access group over that of its zone."""
    if own is None:
        return zone.srtp
    return zone.srtp.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})
