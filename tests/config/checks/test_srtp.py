from typing import Any

import pytest

from config.checks.srtp import clear_signalling, lists
from config.problems import Loc
from tests.config.samples import model

TLS = "sip:192.0.2.1;transport=tls"
URI: Loc = ("trunks", "carrier", "endpoints", 0, "uri")
REQUIRED: dict[Loc, Any] = {("trunks", "carrier", "srtp"): {"mode": "required"}}


def test_the_smallest_file_has_no_findings() -> None:
    assert [*lists(model()), *clear_signalling(model())] == []


@pytest.mark.parametrize("level", [("zones", "outside"), ("trunks", "carrier")])
def test_what_is_named_twice_is_a_mistake(level: tuple[str, str]) -> None:
    (finding,) = lists(model({(*level, "srtp"): {"keying": ["dtls", "dtls"]}}))
    assert finding.loc == (*level, "srtp", "keying", 1)
    twice = ["AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"]
    (finding,) = lists(model({(*level, "srtp"): {"suites": twice}}))
    assert finding.loc == (*level, "srtp", "suites", 2)


def test_a_trunk_that_can_have_no_call_is_a_mistake() -> None:
    (finding,) = clear_signalling(model(REQUIRED))
    assert finding.loc == URI
    assert finding.message == "SRTP is required, and keys may not stand in udp signalling"


def test_a_trunk_merges_its_block_over_that_of_its_zone() -> None:
    zone: dict[Loc, Any] = {("zones", "outside", "srtp"): {"mode": "required"}}
    (finding,) = clear_signalling(model(zone))
    assert finding.loc == URI
    assert (
        list(clear_signalling(model(zone | {("trunks", "carrier", "srtp", "mode"): "none"}))) == []
    )


@pytest.mark.parametrize(
    "changes",
    [
        {("trunks", "carrier", "srtp", "sdes_over_plain"): "allow"},
        {("trunks", "carrier", "srtp", "sdes_over_plain"): "warn"},
        {("trunks", "carrier", "srtp", "mode"): "optional"},
        {("trunks", "carrier", "srtp", "keying"): ["dtls"]},
        {("trunks", "carrier", "srtp", "keying"): ["dtls", "sdes"]},
        {URI: TLS},
        {URI: "sip:carrier.example"},
    ],
)
def test_where_there_is_a_way_nothing_is_found(changes: dict[Loc, Any]) -> None:
    assert list(clear_signalling(model(REQUIRED | changes))) == []
