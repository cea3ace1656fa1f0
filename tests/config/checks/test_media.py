from typing import Any

import pytest

from config.checks.media import codec_orders, latching, overlaps, pairs, signalling_inside
from config.problems import Loc
from tests.config.samples import model, told

WAN: Loc = ("interfaces", "wan", "media", "ports")
LAN: Loc = ("interfaces", "lan", "media", "ports")
SAME: dict[Loc, Any] = {("interfaces", "lan", "bind"): "203.0.113.10"}


def test_the_smallest_file_has_no_findings() -> None:
    config = model()
    assert [*pairs(config), *overlaps(config), *signalling_inside(config)] == []
    assert [*codec_orders(config), *latching(config)] == []


def test_a_range_needs_an_even_port_and_the_odd_one_behind_it() -> None:
    (finding,) = pairs(model({WAN: "20001-20002"}))
    assert (finding.loc, finding.hint) == (WAN, "the next pair is 20002-20003")
    assert list(pairs(model({WAN: "20000-20001"}))) == []
    assert list(pairs(model({WAN: "20001-20003"}))) == []
    assert list(pairs(model({WAN: "65534-65535"}))) == []


@pytest.mark.parametrize("span", ["20999-21500", "20100-20200", "19000-20000", "20000-20999"])
def test_ranges_on_one_address_may_not_overlap(span: str) -> None:
    (finding,) = overlaps(model(SAME | {LAN: span}))
    assert finding.loc in (WAN, LAN)
    assert "overlaps interfaces." in finding.message


def test_ranges_side_by_side_or_on_other_addresses_are_right() -> None:
    assert list(overlaps(model(SAME | {LAN: "21000-21999"}))) == []
    assert list(overlaps(model({LAN: "20000-20999"}))) == []


def test_a_range_is_compared_with_the_one_that_reaches_furthest() -> None:
    interface = {
        "zone": "inside",
        "bind": "203.0.113.10",
        "sip": [{"transport": "tcp", "port": 5090}],
        "media": {"ports": "20500-20600"},
    }
    config = model(SAME | {LAN: "20100-20200", ("interfaces", "third"): interface})
    assert told(list(overlaps(config))) == [
        (LAN, "the range overlaps interfaces.wan.media.ports on the same address"),
        (
            ("interfaces", "third", "media", "ports"),
            "the range overlaps interfaces.wan.media.ports on the same address",
        ),
    ]


def test_a_range_may_not_hold_a_port_on_which_sip_is_listened_for() -> None:
    message = "the range holds port 5060, on which SIP is listened for"
    assert told(list(signalling_inside(model({WAN: "5000-5999"})))) == [(WAN, message)]
    assert list(signalling_inside(model({WAN: "5061-5999"}))) == []
    assert list(signalling_inside(model({WAN: "5000-5059"}))) == []


def test_a_listener_of_another_interface_on_the_same_address_counts_too() -> None:
    changes = SAME | {("interfaces", "lan", "sip", 0, "port"): 20_500, LAN: "30000-30999"}
    assert [finding.loc for finding in signalling_inside(model(changes))] == [WAN]


def test_tcp_takes_no_port_from_media() -> None:
    config = model({("interfaces", "wan", "sip", 0, "transport"): "tcp", WAN: "5000-5999"})
    assert list(signalling_inside(config)) == []


def test_a_codec_that_is_ordered_must_be_allowed() -> None:
    policy = {"allow": ["PCMA", "opus"], "order": ["pcma", "pcmu", "OPUS"]}
    (finding,) = codec_orders(model({("codec_policies", "a"): policy}))
    assert finding.loc == ("codec_policies", "a", "order", 1)
    assert finding.message == "the codec `pcmu` is ordered but not allowed"
    assert (finding.word, list(finding.known)) == ("pcmu", ["opus", "pcma"])


def test_where_all_codecs_are_allowed_any_may_be_ordered() -> None:
    assert list(codec_orders(model({("codec_policies", "a"): {"order": ["pcmu"]}}))) == []


def test_an_untrusted_zone_without_latching_is_worth_a_warning() -> None:
    (finding,) = latching(model({("zones", "outside", "latching"): {"mode": "none"}}))
    assert (finding.loc, finding.severity) == (("zones", "outside", "latching", "mode"), "warning")


def test_a_trunk_in_an_untrusted_zone_without_latching_is_worth_a_warning() -> None:
    (finding,) = latching(model({("trunks", "carrier", "latching"): {"mode": "none"}}))
    assert (finding.loc, finding.severity) == (("trunks", "carrier", "latching", "mode"), "warning")


@pytest.mark.parametrize(
    "changes",
    [
        {("zones", "inside", "latching"): {"mode": "none"}},
        {("trunks", "pbx", "latching"): {"mode": "none"}},
        {("trunks", "carrier", "latching"): {"mode": "signalled"}},
        {
            ("trunks", "carrier", "zone"): "away",
            ("trunks", "carrier", "latching"): {"mode": "none"},
        },
    ],
)
def test_elsewhere_latching_is_the_operator_s_choice(changes: dict[Loc, Any]) -> None:
    assert list(latching(model(changes))) == []
