from config.effective import codec_policy_for, latching_for, media_profile_for
from config.model import CodecPolicy, Latching, MediaProfile
from tests.config.samples import model


def test_a_zone_that_says_nothing_latches_by_its_trust() -> None:
    config = model()
    assert latching_for(config, None, "outside") == Latching(mode="ranked")
    assert latching_for(config, "pbx", "inside") == Latching(mode="none")


def test_a_zone_holds_before_the_defaults() -> None:
    config = model({("zones", "outside", "latching"): {"mode": "signalled"}})
    assert latching_for(config, None, "outside").mode == "signalled"
    assert latching_for(config, "carrier", "outside").mode == "signalled"


def test_a_trunk_holds_before_its_zone_and_leaves_it_what_it_does_not_say() -> None:
    config = model(
        {
            ("zones", "outside", "latching"): {"mode": "ranked", "window": "9s", "prefix": 28},
            ("trunks", "carrier", "latching"): {"mode": "subnet", "prefix": 30},
        }
    )
    latching = latching_for(config, "carrier", "outside")
    assert (latching.mode, latching.window, latching.prefix) == ("subnet", 9.0, 30)
    assert latching_for(config, None, "outside").mode == "ranked"


def test_a_trunk_s_codec_policy_holds_before_its_zone_s() -> None:
    narrow, wide = {"allow": ["pcma"]}, {"allow": ["opus", "pcma"]}
    config = model(
        {
            ("codec_policies",): {"narrow": narrow, "wide": wide},
            ("zones", "outside", "codec_policy"): "wide",
            ("trunks", "carrier", "codec_policy"): "narrow",
        }
    )
    assert codec_policy_for(config, "carrier", "outside").allow == ("pcma",)
    assert codec_policy_for(config, None, "outside").allow == ("opus", "pcma")
    assert codec_policy_for(config, "pbx", "inside") == CodecPolicy()


def test_a_trunk_s_media_profile_holds_before_its_zone_s() -> None:
    config = model(
        {
            ("media_profiles",): {
                "short": {"rtp_timeout": {"initial": "5s"}},
                "long": {"rtp_timeout": {"initial": "50s"}},
            },
            ("zones", "outside", "media"): "long",
            ("trunks", "carrier", "media"): "short",
        }
    )
    assert media_profile_for(config, "carrier", "outside").rtp_timeout.initial == 5.0
    assert media_profile_for(config, None, "outside").rtp_timeout.initial == 50.0
    assert media_profile_for(config, "pbx", "inside") == MediaProfile()
