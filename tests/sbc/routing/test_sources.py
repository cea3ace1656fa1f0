import pytest

from sbc.routing.sources import Sources
from tests.support.configs import TWO_ZONES, config

OVERLAP = TWO_ZONES.replace(
    "trunks:\n",
    "trunks:\n"
    '  narrow: { zone: outside, endpoints: [{ uri: "sip:192.0.2.9" }],'
    " identify: { sources: [192.0.2.9/32] } }\n",
)


@pytest.mark.parametrize(
    ("interface", "source", "trunk"),
    [
        ("wan", "192.0.2.77", "carrier"),
        ("wan", "::ffff:192.0.2.77", "carrier"),
        ("wan", "192.0.3.1", None),
        ("wan", "2001:db8::1", None),
        ("lan", "10.20.0.11", "pbx"),
        ("lan", "192.0.2.77", None),
        ("wan", "10.20.0.11", None),
    ],
)
def test_a_source_is_known_only_in_the_zone_of_its_trunk(
    interface: str, source: str, trunk: str | None
) -> None:
    assert Sources(config()).trunk(interface, source) == trunk


def test_the_longest_prefix_wins() -> None:
    sources = Sources(config(OVERLAP))
    assert sources.trunk("wan", "192.0.2.9") == "narrow"
    assert sources.trunk("wan", "192.0.2.8") == "carrier"


def test_a_flood_of_sources_does_not_fill_the_memory() -> None:
    sources = Sources(config())
    for number in range(10_000):
        sources.trunk("wan", f"198.51.{number // 250}.{number % 250}")
    assert len(sources._remembered) <= 4096
    assert sources.trunk("wan", "192.0.2.77") == "carrier"


def test_the_zone_is_that_of_the_interface() -> None:
    assert Sources(config()).zone("lan") == "inside"


def named(identify: str) -> Sources:
    """A carrier that is known so, beside a narrower trunk."""
    text = OVERLAP.replace("identify: { sources: [192.0.2.0/24] }", f"identify: {{ {identify} }}")
    return Sources(config(text))


@pytest.mark.parametrize(
    ("names", "source", "trunk"),
    [
        (("sip.carrier.example",), "192.0.2.1", "carrier"),
        (("other.example", "sip.carrier.example"), "192.0.2.1", "carrier"),
        (("other.example",), "192.0.2.1", None),
        ((), "192.0.2.1", None),
        (("sip.carrier.example",), "198.51.100.1", None),
        (("sip.carrier.example",), "192.0.2.9", "narrow"),
    ],
)
def test_a_trunk_may_need_both_source_and_certificate(
    names: tuple[str, ...], source: str, trunk: str | None
) -> None:
    """The wrong name is nobody's, wherever it comes from (X6)."""
    sources = named("sources: [192.0.2.0/24], tls_san: [SIP.carrier.example]")
    assert sources.trunk("wan", source, names) == trunk


@pytest.mark.parametrize(
    ("names", "source", "trunk"),
    [
        (("sip.carrier.example",), "198.51.100.1", "carrier"),
        (("other.example",), "192.0.2.1", "carrier"),
        (("other.example",), "198.51.100.1", None),
        (("sip.carrier.example",), "192.0.2.9", "carrier"),
    ],
)
def test_or_one_of_them_where_that_is_said(
    names: tuple[str, ...], source: str, trunk: str | None
) -> None:
    sources = named("sources: [192.0.2.0/24], tls_san: [sip.carrier.example], require: any")
    assert sources.trunk("wan", source, names) == trunk


def test_a_name_alone_makes_a_trunk_wherever_it_comes_from_but_only_in_its_zone() -> None:
    sources = named("tls_san: [sip.carrier.example]")
    name = ("sip.carrier.example",)
    assert sources.trunk("wan", "198.51.100.1", name) == "carrier"
    assert sources.trunk("wan", "2001:db8::1", name) == "carrier"
    assert sources.trunk("lan", "198.51.100.1", name) is None
    assert sources.trunk("wan", "198.51.100.1") is None


def test_who_can_be_known_once_a_certificate_is_seen() -> None:
    both = named("sources: [192.0.2.0/24], tls_san: [sip.carrier.example]")
    assert both.may_be_known("wan", "192.0.2.1", secure=True)
    assert not both.may_be_known("wan", "192.0.2.1", secure=False)
    assert not both.may_be_known("wan", "198.51.100.1", secure=True)
    alone = named("tls_san: [sip.carrier.example]")
    assert alone.may_be_known("wan", "198.51.100.1", secure=True)
    assert not alone.may_be_known("wan", "198.51.100.1", secure=False)
    assert not alone.may_be_known("lan", "198.51.100.1", secure=True)
