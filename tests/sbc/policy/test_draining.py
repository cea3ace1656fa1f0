from dataclasses import replace

from sbc.policy.chain import Reject
from sbc.policy.draining import draining
from tests.support.attempts import attempt


def test_a_border_that_runs_lets_every_call_by_unchanged() -> None:
    made = attempt()
    assert draining(made) is made


def test_a_border_that_is_stopping_takes_no_call_and_says_when_to_come_again() -> None:
    refused = draining(replace(attempt(), draining=True))
    assert isinstance(refused, Reject)
    assert (refused.status, refused.fields) == (503, (("Retry-After", "30"),))
    assert refused.why
