import re
from typing import Any

import pytest

from config.checks.routes import (
    MOST_PATTERN,
    circles,
    hiding,
    names,
    origins,
    patterns,
    proxies,
    shadows,
)
from config.model import Config
from config.problems import Loc
from tests.config.samples import model, told


def routes(*made: dict[str, Any]) -> Config:
    """Routes to the carrier, called r0, r1, … where they say nothing else."""
    base = {"to": ["carrier"], "from": {"trunk": "pbx"}}
    return model({("routes",): [base | {"name": f"r{i}"} | one for i, one in enumerate(made)]})


def test_the_smallest_file_has_no_findings() -> None:
    config = model()
    assert [*names(config), *origins(config), *patterns(config)] == []
    assert [*shadows(config), *circles(config)] == []


def test_two_routes_of_one_name() -> None:
    config = routes({"name": "a"}, {"name": "b"}, {"name": "a"})
    assert told(list(names(config))) == [
        (("routes", 2, "name"), "an earlier route is called `a` too")
    ]


def test_a_route_comes_from_a_trunk_or_a_zone_or_any() -> None:
    config = routes(
        {"from": {}}, {"from": {"zone": "inside", "trunk": "pbx"}}, {"from": {"zone": "inside"}}
    )
    assert told(list(origins(config))) == [
        (("routes", 0, "from"), "names neither a trunk nor a zone"),
        (("routes", 1, "from"), "names more than one origin"),
    ]
    assert list(origins(routes({"from": "any"}))) == []


@pytest.mark.parametrize("to", [r"^\+?49\d+$", ["112", "00*", "*21#"], "x"])
def test_a_pattern_or_a_list_is_right(to: object) -> None:
    assert list(patterns(routes({"match": {"to": to}}))) == []


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("(", "missing ), unterminated subpattern"),
        ("[0-", "unterminated character set"),
        ("*", "nothing to repeat"),
        ("", "it is empty"),
        ("1" * (MOST_PATTERN + 1), "longer than 1000 characters"),
        ("[[a]", "Possible nested set"),
        ("a{99999999999999999999}", "it is too large"),
        ("(" * MOST_PATTERN, "it is too large"),
        ([], "an empty number fits no call"),
        (["112", ""], "an empty number fits no call"),
    ],
)
def test_what_can_fit_no_number_is_refused(to: object, said: str) -> None:
    (finding,) = patterns(routes({"match": {"to": to}}))
    assert finding.loc == ("routes", 0, "match", "to")
    assert re.search(re.escape(said), finding.message)


@pytest.mark.parametrize("to", [r"^(\d+)+$", "(a*)*", "(?:x(1{2,})y)+", "((1+)|2)*", "(1+){3,}"])
def test_a_pattern_that_may_run_away_is_warned_of(to: str) -> None:
    (finding,) = patterns(routes({"match": {"to": to}}))
    assert finding.severity == "warning"
    assert "repeats a repetition" in finding.message


@pytest.mark.parametrize(
    "to",
    [
        *(r"^(\+49|0)\d+$", "(1+)?2+", "(1+){2}", "(12)+", r"(1\+)+", "([+*])+", "[(]1+[)]*"),
        *("(1++)*", "([]+*])+", "(1{2,3})+", r"\(1+\)*"),
    ],
)
def test_a_pattern_that_repeats_once_is_right(to: str) -> None:
    assert list(patterns(routes({"match": {"to": to}}))) == []


ANY = {"from": "any"}
ZONE = {"from": {"zone": "inside"}}
TRUNK = {"from": {"trunk": "pbx"}}
OTHER = {"from": {"trunk": "carrier"}}
TO_112 = {"match": {"to": ["112"]}}
TO_110 = {"match": {"to": "110"}}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (ANY, ANY),
        (ANY, ZONE),
        (ANY, TRUNK),
        (ZONE, ZONE),
        (ZONE, TRUNK),
        (TRUNK, TRUNK),
        (ANY, TRUNK | TO_112),
        (TRUNK | TO_112, TRUNK | TO_112),
        (ANY | TO_112, ZONE | TO_112),
    ],
)
def test_a_route_behind_a_wider_one_is_never_reached(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    assert told(list(shadows(routes(first, second)))) == [
        (("routes", 1), "never reached: the route `r0` above takes its calls")
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (TRUNK, ANY),
        (TRUNK, ZONE),
        (ZONE, ANY),
        (ZONE, OTHER),
        (TRUNK, OTHER),
        (ANY | TO_112, ANY),
        (ANY | TO_112, TRUNK | TO_110),
        (TRUNK | TO_112, ZONE | TO_112),
        (ANY | TO_112, {"from": {"trunk": "nowhere"}}),
        ({"from": {}}, {"from": {}}),
    ],
)
def test_a_route_that_takes_other_calls_is_reached(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    assert list(shadows(routes(first, second))) == []


def test_an_unknown_trunk_may_still_be_behind_any() -> None:
    assert len(list(shadows(routes(ANY, {"from": {"trunk": "nowhere"}})))) == 1


def test_a_route_back_to_its_own_trunk_is_worth_a_warning() -> None:
    (finding,) = circles(routes({"to": ["carrier", "pbx"]}))
    assert (finding.loc, finding.severity) == (("routes", 0, "to", 1), "warning")
    assert finding.message == "calls of the trunk `pbx` go back to it"


def test_a_route_from_a_zone_into_itself_is_worth_a_warning() -> None:
    (finding,) = circles(routes(ZONE | {"to": ["carrier", "pbx"]}))
    assert (finding.loc, finding.severity) == (("routes", 0, "to", 1), "warning")


def test_a_route_from_any_or_to_an_unknown_trunk_is_no_circle() -> None:
    assert list(circles(routes(ANY | {"to": ["pbx"]}, {"to": ["nowhere"]}))) == []


TRUSTED: dict[Loc, Any] = {("zones", "outside", "trust"): "trusted"}


@pytest.mark.parametrize("mode", ["proxy", "stateless"])
def test_a_proxy_joins_zones_that_ask_for_no_hiding(mode: str) -> None:
    """S16: hiding is what a proxy cannot give; an untrusted zone always asks for it."""
    asked: dict[Loc, Any] = {("routes", 0, "mode"): mode}
    assert list(proxies(model(asked | TRUSTED))) == []
    (found,) = proxies(model(asked))
    assert found.loc == ("routes", 0, "to", 0)
    assert found.message == f"`mode: {mode}` cannot hide what the zone `outside` hides"
    assert "b2bua" in found.hint
    hidden: dict[Loc, Any] = {("zones", "inside", "topology_hiding"): "full"}
    (found,) = proxies(model(asked | TRUSTED | hidden))
    assert found.loc == ("routes", 0, "from", "trunk")


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("any", [("from",), ("to", 0)]),
        ({"zone": "outside"}, [("from", "zone"), ("to", 0)]),
        ({"zone": "inside"}, [("to", 0)]),
    ],
)
def test_every_end_of_a_proxy_route_is_looked_at(source: Any, places: list[Any]) -> None:
    config = model({("routes", 0, "mode"): "proxy", ("routes", 0, "from"): source})
    assert [finding.loc for finding in proxies(config)] == [("routes", 0, *at) for at in places]


def test_an_untrusted_zone_cannot_do_without_hiding() -> None:
    config = model({("zones", "outside", "topology_hiding"): "none"})
    assert told(list(hiding(config))) == [
        (("zones", "outside", "topology_hiding"), "an untrusted zone is always hidden from")
    ]
    assert list(hiding(model({("zones", "inside", "topology_hiding"): "none"}))) == []


def test_a_proxy_for_phones_keeps_transactions_and_is_where_nothing_is_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANNA", "pw")

    def phones_of(zone: str, mode: str) -> list[tuple[Loc, str]]:
        phones = {"zone": zone, "domains": ["h"], "auth": {"users": {"anna": "${ENV:ANNA}"}}}
        changes: dict[Loc, Any] = {
            ("access",): {"phones": phones},
            ("routes", 0, "mode"): mode,
            ("routes", 0, "to"): ["phones"],
        }
        return told(list(proxies(model(TRUSTED | changes))))

    assert phones_of("inside", "proxy") == []
    assert phones_of("inside", "stateless") == [
        (("routes", 0, "to", 0), "`mode: stateless` is between trunks, `phones` is not one")
    ]
