"""Who calls is who was authenticated (A6)."""

import pytest

from config.model import Access
from sbc.policy.chain import Attempt, Reject
from sbc.policy.identity import identity


def attempt(**facts: object) -> Attempt:
    return Attempt("outside", "phones", "100", 70, (), 0, **facts)  # type: ignore[arg-type]


@pytest.fixture
def access(monkeypatch: pytest.MonkeyPatch) -> Access:
    monkeypatch.setenv("ANNA", "pw")
    auth = {"users": {"anna": "${ENV:ANNA}"}}
    return Access.model_validate({"zone": "outside", "domains": ["example.com"], "auth": auth})


def test_a_trunk_says_who_it_likes(access: Access) -> None:
    assert identity({"phones": access})(attempt(caller="bert")) == attempt(caller="bert")


def test_a_phone_speaks_for_its_user_alone(access: Access) -> None:
    verify = identity({"phones": access})
    own = attempt(user="anna", caller="anna")
    assert verify(own) == own
    refused = verify(attempt(user="anna", caller="bert"))
    assert isinstance(refused, Reject)
    assert refused.status == 403


def test_a_phone_may_be_nobody(access: Access) -> None:
    hidden = attempt(user="anna", caller="anonymous", anonymous=True)
    assert identity({"phones": access})(hidden) == hidden


def test_an_operator_may_allow_other_names(access: Access) -> None:
    free = access.model_copy(
        update={"identity": access.identity.model_copy(update={"from_must_match": False})}
    )
    other = attempt(user="anna", caller="reception")
    assert identity({"phones": free})(other) == other
