from dataclasses import replace

from sbc.policy.chain import Reject
from sbc.policy.session_interval import session_interval
from tests.support.attempts import attempt


def test_an_interval_that_will_do_passes() -> None:
    asked = attempt()
    assert session_interval(asked) is asked


def test_one_that_is_too_small_is_refused_with_the_least_that_would_do() -> None:
    refused = session_interval(replace(attempt(), min_se=120))
    assert isinstance(refused, Reject)
    assert (refused.status, refused.fields) == (422, (("Min-SE", "120"),))
