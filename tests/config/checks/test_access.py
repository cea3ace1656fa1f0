from typing import Any

import pytest

from config.checks.access import (
    domains,
    intervals,
    names,
    proofs,
    registrars,
    survival,
    zones,
)
from config.model import Config
from config.problems import Loc
from tests.config.samples import model, told


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNA", "pw")


def group(**more: Any) -> dict[str, Any]:
    auth = {"users": {"anna": "${ENV:ANNA}"}}
    return {"zone": "outside", "domains": ["example.com"], "auth": auth, **more}


def configured(*names: str, **more: Any) -> Config:
    changes: dict[Loc, Any] = {("access",): {name: group(**more) for name in names}}
    return model(changes)


def test_a_group_without_mistakes_has_no_findings() -> None:
    for check in (names, zones, domains, registrars, proofs, survival):
        assert list(check(configured("phones"))) == []
        assert list(check(model())) == []


def test_a_name_is_a_trunk_s_or_a_group_s() -> None:
    ((loc, message),) = told(list(names(configured("carrier"))))
    assert (loc, message) == (("access", "carrier"), "there is a trunk `carrier` too")


def test_a_zone_has_one_group() -> None:
    ((loc, message),) = told(list(zones(configured("phones", "more"))))
    assert loc == ("access", "more", "zone")
    assert message == "the zone has the access group `phones` already"


def test_a_domain_is_a_name() -> None:
    ((loc, _),) = told(list(domains(configured("phones", domains=["example.com", "a b"]))))
    assert loc == ("access", "phones", "domains", 1)


@pytest.mark.parametrize(
    ("registrar", "where"),
    [
        ({"mode": "absorb"}, "mode"),
        ({"mode": "relay"}, "mode"),
        ({"mode": "local", "upstream": "pbx"}, "upstream"),
        ({"client_expires": "30s", "min_expires": "31s"}, "min_expires"),
    ],
)
def test_a_registrar_that_cannot_work_is_told(registrar: dict[str, Any], where: str) -> None:
    ((loc, _),) = told(list(registrars(configured("phones", registrar=registrar))))
    assert loc == ("access", "phones", "registrar", where)


def test_absorbing_needs_a_trunk_upstream() -> None:
    right = {"mode": "absorb", "upstream": "pbx"}
    assert list(registrars(configured("phones", registrar=right))) == []


RELAY = {"mode": "relay", "upstream": "pbx"}
USERS = {"users": {"anna": "${ENV:ANNA}"}}


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"auth": {"at": "core"}}, ("auth", "at")),
        ({"auth": {"at": "core", **USERS}, "registrar": RELAY}, ("auth", "users")),
        ({"auth": {}}, ("auth",)),
        ({"auth": {"at": "core", "users_file": "/u"}, "registrar": RELAY}, ("auth", "users_file")),
        ({"survivability": {"hold_bindings": "1h"}}, ("survivability", "hold_bindings")),
        ({"survivability": {"local_calls": True}}, ("survivability", "local_calls")),
    ],
)
def test_who_challenges_and_what_survives_must_make_sense(
    more: dict[str, Any], where: tuple[str, ...]
) -> None:
    config = configured("phones", **more)
    ((loc, _),) = told([*proofs(config), *survival(config)])
    assert loc == ("access", "phones", *where)


def test_the_core_may_challenge_in_our_place_and_phones_may_survive_it() -> None:
    kept = {"local_calls": True, "hold_bindings": "2h"}
    config = configured("phones", auth={"at": "core"}, registrar=RELAY, survivability=kept)
    assert list(proofs(config)) == list(survival(config)) == []


def test_the_shortest_interval_of_a_nat_is_not_longer_than_the_longest() -> None:
    changes: dict[Loc, Any] = {
        ("zones", "outside", "nat"): {"min_interval": "60s", "max_interval": "50s"}
    }
    ((loc, _),) = told(list(intervals(model(changes))))
    assert loc == ("zones", "outside", "nat", "min_interval")
    assert list(intervals(configured("phones"))) == []
