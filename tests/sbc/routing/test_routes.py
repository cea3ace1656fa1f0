import pytest

from config.model import Match
from sbc.routing.routes import Routes, matcher
from tests.support.configs import TWO_ZONES, config


@pytest.mark.parametrize(
    ("to", "called", "matches"),
    [
        (None, "anything", True),
        (r"^\+49", "+4969", True),
        (r"^\+49", "0049", False),
        (("112", "110"), "112", True),
        (("112", "110"), "1120", False),
        (("urn:service:sos*",), "urn:service:sos.fire", True),
        (("112",), "", False),
    ],
)
def test_what_a_match_takes(to: str | tuple[str, ...] | None, called: str, matches: bool) -> None:
    assert matcher(Match(to=to))(called) is matches


def test_the_first_route_that_matches_is_taken() -> None:
    routes = Routes(
        config(
            TWO_ZONES.replace(
                "routes:\n",
                "routes:\n"
                '  - { name: short, from: any, match: { to: ["112"] }, to: [pbx, carrier] }\n',
            )
        )
    )
    chosen = routes.choose("inside", "pbx", "112")
    assert chosen is not None
    assert chosen.trunks == ("pbx", "carrier")
    other = routes.choose("inside", "pbx", "113")
    assert other is not None
    assert other.route == "out"


def test_a_route_from_a_trunk_takes_no_other() -> None:
    assert Routes(config()).choose("inside", "stranger", "1") is None


def test_a_route_from_a_zone_takes_all_its_trunks() -> None:
    routes = Routes(config(TWO_ZONES.replace("{ trunk: pbx }", "{ zone: inside }")))
    assert routes.choose("inside", "whichever", "1") is not None
    assert routes.choose("elsewhere", "whichever", "1") is None
