from dataclasses import replace

from sbc.policy.chain import Attempt, Reject, run
from tests.support.attempts import attempt


def shorter(given: Attempt) -> Attempt | Reject:
    if not given.called:
        return Reject(404, "nothing left")
    return replace(given, called=given.called[1:])


def test_each_policy_sees_what_those_before_it_made() -> None:
    result = run([shorter, shorter], attempt(called="123"))
    assert isinstance(result, Attempt)
    assert result.called == "3"


def test_the_first_refusal_is_the_answer() -> None:
    result = run([shorter, shorter, shorter], attempt(called="1"))
    assert isinstance(result, Reject)
    assert result.status == 404
