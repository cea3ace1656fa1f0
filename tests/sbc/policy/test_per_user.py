"""Limits of one user of an access group (P1)."""

from dataclasses import replace

import pytest

from config.model import Access
from sbc.policy.chain import Attempt, Reject
from sbc.policy.per_user import per_user

ATTEMPT = Attempt(
    zone="outside",
    trunk="phones",
    called="100",
    max_forwards=70,
    require=(),
    calls=0,
    user="anna",
)


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNA", "pw")


def access(**limits: object) -> dict[str, Access]:
    made = {
        "zone": "outside",
        "domains": ["example.com"],
        "auth": {"users": {"anna": "${ENV:ANNA}"}},
        "limits": {"per_user": limits},
    }
    return {"phones": Access.model_validate(made)}


def test_a_user_has_so_many_calls_and_no_more() -> None:
    limit = per_user(access(calls=2))
    assert limit(replace(ATTEMPT, calls_of_user=1)) == replace(ATTEMPT, calls_of_user=1)
    refused = limit(replace(ATTEMPT, calls_of_user=2))
    assert isinstance(refused, Reject)
    assert (refused.status, refused.fields) == (503, (("Retry-After", "5"),))


def test_who_calls_too_often_is_told_to_wait() -> None:
    refused = per_user(access())(replace(ATTEMPT, too_fast=True))
    assert isinstance(refused, Reject)
    assert refused.status == 503


def test_a_trunk_is_no_user_and_without_limits_there_are_none() -> None:
    trunk = replace(ATTEMPT, user=None, trunk="pbx", calls_of_user=999)
    assert per_user(access(calls=0))(trunk) is trunk
    many = replace(ATTEMPT, calls_of_user=999)
    assert per_user(access())(many) is many
