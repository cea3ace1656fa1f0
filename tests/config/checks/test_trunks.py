from typing import Any

import pytest

from config.checks.trunks import (
    accounts,
    collector,
    domains,
    endpoints,
    sources,
    ways_out,
    zones_without_interface,
)
from config.problems import Loc
from tests.config.samples import model, told

URI: Loc = ("trunks", "carrier", "endpoints", 0, "uri")
SOURCES: Loc = ("trunks", "carrier", "identify", "sources")


def test_who_registers_must_be_somebody() -> None:
    wanted = model({("trunks", "pbx", "register"): {}})
    (finding,) = accounts(wanted)
    assert finding.loc == ("trunks", "pbx", "register")
    assert list(accounts(model({("trunks", "pbx", "register"): {"user": "u"}}))) == []


def told_to(trunk: str) -> list[str]:
    wanted = model({("monitoring",): {"quality": {"collector": {"trunk": trunk}}}})
    return [finding.message for finding in collector(wanted)]


def test_reports_of_calls_go_to_a_trunk_of_a_trusted_zone_only() -> None:
    """(Q7)"""
    assert list(collector(model())) == []
    assert told_to("pbx") == []
    assert told_to("nobody") == ["there is no trunk `nobody`"]
    assert told_to("carrier") == [
        "the zone of `carrier` is not trusted, and reports name both sides"
    ]


def test_the_smallest_file_has_no_findings() -> None:
    config = model()
    assert [*accounts(config), *domains(config), *endpoints(config), *sources(config)] == []
    assert [*zones_without_interface(config), *ways_out(config)] == []


@pytest.mark.parametrize(
    "domain", ["example.com", "a", "192.0.2.1", "xn--mnchen-3ya.example", "A-1.B"]
)
def test_a_domain_is_a_host_name(domain: str) -> None:
    assert list(domains(model({("trunks", "pbx", "domain"): domain}))) == []


@pytest.mark.parametrize(
    "domain",
    [
        *["", ".", "a..b", "-a.example", "a-.example", "a_b", "münchen.example", "a.example:5060"],
        *["sip:a", "a\r\nX: y", "a" * 64, ".".join(["a" * 60] * 5)],
    ],
)
def test_anything_else_is_no_domain(domain: str) -> None:
    (finding,) = domains(model({("trunks", "pbx", "domain"): domain}))
    assert finding.loc == ("trunks", "pbx", "domain")


def test_an_endpoint_is_read_where_it_stands() -> None:
    (finding,) = endpoints(model({URI: "sip:sip_example.com"}))
    assert finding.loc == URI
    assert finding.message == "the host of the URI: `sip_example.com` is not an IP address"
    assert finding.hint == "write an address, or a host name"
    assert list(endpoints(model({URI: "sip:sip.example.com"}))) == []


@pytest.mark.parametrize("address", ["203.0.113.10", "198.51.100.7"])
def test_an_endpoint_may_not_be_one_of_our_own_sockets(address: str) -> None:
    changes = {URI: f"sip:{address}", ("interfaces", "wan", "advertise"): "198.51.100.7"}
    assert told(list(endpoints(model(changes)))) == [
        (URI, f"`sip:{address}` is our own interfaces.wan: calls would go in a circle")
    ]
    assert list(endpoints(model(changes | {URI: f"sip:{address}:5070"}))) == []


def test_two_trunks_of_a_zone_may_not_have_the_same_source() -> None:
    changes: dict[Loc, Any] = {
        ("trunks", "pbx", "zone"): "outside",
        ("trunks", "pbx", "identify", "sources"): ["198.51.100.0/24", "192.0.2.1/32"],
    }
    assert told(list(sources(model(changes)))) == [
        (
            ("trunks", "pbx", "identify", "sources", 1),
            "192.0.2.1/32 is also in trunks.carrier.identify.sources[0]",
        )
    ]


def test_a_longer_prefix_another_zone_or_the_same_trunk_is_no_clash() -> None:
    pbx: Loc = ("trunks", "pbx", "identify", "sources")
    assert list(sources(model({pbx: ["192.0.2.1/32"]}))) == []
    longer = {("trunks", "pbx", "zone"): "outside", pbx: ["192.0.2.0/24"]}
    assert list(sources(model(longer))) == []
    assert list(sources(model({SOURCES: ["192.0.2.1", "192.0.2.1/32"]}))) == []


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0"])
def test_a_trunk_that_is_everybody_of_an_untrusted_zone_is_worth_a_warning(everybody: str) -> None:
    (finding,) = sources(model({SOURCES: [everybody]}))
    assert (finding.loc, finding.severity) == ((*SOURCES, 0), "warning")
    assert list(sources(model({("trunks", "pbx", "identify", "sources"): [everybody]}))) == []
    assert list(sources(model({SOURCES: [everybody], ("trunks", "carrier", "zone"): "x"}))) == []


def test_a_zone_needs_an_interface() -> None:
    (finding,) = zones_without_interface(model({("zones", "dmz"): {"trust": "trusted"}}))
    assert (finding.loc, finding.at_key) == (("zones", "dmz"), True)
    assert finding.message == "no interface leads to this zone"


@pytest.mark.parametrize(
    ("uri", "what"),
    [
        ("sip:192.0.2.1;transport=tcp", "tcp over IPv4"),
        ("sip:[2001:db8::1]", "udp over IPv6"),
    ],
)
def test_a_trunk_needs_an_interface_that_speaks_as_its_endpoint(uri: str, what: str) -> None:
    message = f"no interface of the zone `outside` speaks {what}"
    assert told(list(ways_out(model({URI: uri})))) == [(URI, message)]


def test_a_second_interface_of_the_zone_will_do() -> None:
    interface = {
        "zone": "outside",
        "bind": "2001:db8::5",
        "sip": [{"transport": "udp"}],
        "media": {"ports": "20000-20999"},
    }
    config = model({URI: "sip:[2001:db8::1]", ("interfaces", "wan6"): interface})
    assert list(ways_out(config)) == []


def test_what_is_said_elsewhere_is_not_said_of_the_way_out_too() -> None:
    assert list(ways_out(model({URI: "sip:sip.example.com"}))) == []
    assert list(ways_out(model({("trunks", "carrier", "zone"): "nowhere"}))) == []
