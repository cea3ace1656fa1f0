"""What holds for a call, from what is written where: trunk before zone before the defaults.

A block of the trunk is merged into that of its zone key by key, one level deep: what the trunk
does not say, its zone says.
"""

from config.model import CodecPolicy, Config, Latching, MediaProfile

OPEN = Latching(mode="none")
GUARDED = Latching(mode="ranked")
"""The defaults of a trusted and of an untrusted zone."""


def latching_for(config: Config, trunk_name: str | None, zone_name: str) -> Latching:
    zone = config.zones[zone_name]
    latching = zone.latching or (OPEN if zone.trust == "trusted" else GUARDED)
    own = None if trunk_name is None else config.trunks[trunk_name].latching
    if own is None:
        return latching
    return latching.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})


def codec_policy_for(config: Config, trunk_name: str | None, zone_name: str) -> CodecPolicy:
    own = None if trunk_name is None else config.trunks[trunk_name].codec_policy
    name = own or config.zones[zone_name].codec_policy
    return CodecPolicy() if name is None else config.codec_policies[name]


def media_profile_for(config: Config, trunk_name: str | None, zone_name: str) -> MediaProfile:
    own = None if trunk_name is None else config.trunks[trunk_name].media
    name = own or config.zones[zone_name].media
    return MediaProfile() if name is None else config.media_profiles[name]
