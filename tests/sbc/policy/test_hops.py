import pytest

from sbc.policy.chain import Attempt, Reject
from sbc.policy.hops import hops
from tests.support.attempts import attempt


@pytest.mark.parametrize(("received", "sent"), [(70, 69), (1, 0), (255, 254), (None, 69)])
def test_max_forwards_is_counted_down_and_never_reset(received: int | None, sent: int) -> None:
    passed = hops(attempt(max_forwards=received))
    assert isinstance(passed, Attempt)
    assert passed.max_forwards == sent


def test_zero_ends_the_loop() -> None:
    refused = hops(attempt(max_forwards=0))
    assert isinstance(refused, Reject)
    assert refused.status == 483
