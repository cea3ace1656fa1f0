from typing import Any

from config.effective import Terms, terms_of
from config.model import CodecPolicy, Latching, MediaProfile, Srtp
from tests.config.samples import model


def terms(name: str, changes: dict[tuple[str | int, ...], Any] | None = None) -> Terms:
    return terms_of(model(changes or {}))[name]


def test_a_zone_that_says_nothing_latches_by_its_trust() -> None:
    assert terms("carrier").latching == Latching(mode="ranked")
    assert terms("pbx").latching == Latching(mode="none")


def test_a_zone_holds_before_the_defaults() -> None:
    signalled = terms("carrier", {("zones", "outside", "latching"): {"mode": "signalled"}})
    assert signalled.latching.mode == "signalled"


def test_a_trunk_holds_before_its_zone_and_leaves_it_what_it_does_not_say() -> None:
    latching = terms(
        "carrier",
        {
            ("zones", "outside", "latching"): {"mode": "ranked", "window": "9s", "prefix": 28},
            ("trunks", "carrier", "latching"): {"mode": "subnet", "prefix": 30},
        },
    ).latching
    assert (latching.mode, latching.window, latching.prefix) == ("subnet", 9.0, 30)


def test_srtp_of_a_trunk_holds_before_that_of_its_zone_key_by_key() -> None:
    assert terms("carrier").srtp == Srtp()
    changes: dict[tuple[str | int, ...], Any] = {
        ("zones", "outside", "srtp"): {"mode": "optional", "keying": ["dtls", "sdes"]},
        ("trunks", "carrier", "srtp"): {"mode": "required", "sdes_over_plain": "warn"},
    }
    srtp = terms("carrier", changes).srtp
    assert (srtp.mode, srtp.keying, srtp.sdes_over_plain) == ("required", ("dtls", "sdes"), "warn")
    del changes["trunks", "carrier", "srtp"]
    assert terms("carrier", changes).srtp.mode == "optional"


def test_a_trunk_s_codec_policy_holds_before_its_zone_s() -> None:
    changes: dict[tuple[str | int, ...], Any] = {
        ("codec_policies",): {"narrow": {"allow": ["pcma"]}, "wide": {"allow": ["opus", "pcma"]}},
        ("zones", "outside", "codec_policy"): "wide",
    }
    assert terms("carrier", changes).codecs.allow == ("opus", "pcma")
    assert terms("pbx", changes).codecs == CodecPolicy()
    changes["trunks", "carrier", "codec_policy"] = "narrow"
    assert terms("carrier", changes).codecs.allow == ("pcma",)


def test_a_trunk_s_media_profile_holds_before_its_zone_s() -> None:
    changes: dict[tuple[str | int, ...], Any] = {
        ("media_profiles",): {
            "short": {"rtp_timeout": {"initial": "5s"}},
            "long": {"rtp_timeout": {"initial": "50s"}},
        },
        ("zones", "outside", "media"): "long",
    }
    assert terms("carrier", changes).media.rtp_timeout.initial == 50.0
    assert terms("pbx", changes).media == MediaProfile()
    changes["trunks", "carrier", "media"] = "short"
    assert terms("carrier", changes).media.rtp_timeout.initial == 5.0


def test_descriptions_cross_whatever_types_a_zone_lists() -> None:
    found = terms("carrier", {("zones", "outside", "message_limits"): {"body_types": []}})
    assert found.body_types == {"application/sdp"}
    assert found.accept == "application/sdp"
