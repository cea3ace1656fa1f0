import pytest

from config.model import TrunkLimits
from sbc.policy.admission import admission
from sbc.policy.chain import Reject
from tests.support.attempts import attempt


@pytest.mark.parametrize(
    ("most", "up", "admitted"), [(None, 10_000, True), (2, 1, True), (2, 2, False), (0, 0, False)]
)
def test_a_trunk_takes_no_more_calls_than_its_limit(
    most: int | None, up: int, admitted: bool
) -> None:
    verdict = admission({"carrier": TrunkLimits(calls=most)})(attempt(calls=up))
    assert isinstance(verdict, Reject) is not admitted


def test_a_full_trunk_says_when_to_come_back() -> None:
    verdict = admission({"carrier": TrunkLimits(calls=0)})(attempt())
    assert isinstance(verdict, Reject)
    assert (verdict.status, verdict.fields) == (503, (("Retry-After", "5"),))
