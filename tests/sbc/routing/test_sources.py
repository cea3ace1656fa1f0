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
