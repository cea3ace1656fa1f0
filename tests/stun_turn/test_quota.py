"""How many allocations there may be (RFC 8656 §7.2)."""

from stun_turn.quota import Quota
from stun_turn.settings import Quotas


def test_whoever_has_enough_is_refused_and_may_come_again_after() -> None:
    quota = Quota(Quotas(per_user=1, per_source=2, total=3))
    assert quota.take("ann", "s1") == 0
    assert quota.take("ann", "s2") == 486
    assert quota.take("bob", "s1") == 0
    assert quota.take("eve", "s1") == 486
    assert quota.take("eve", "s2") == 0
    assert quota.take("joe", "s3") == 508
    quota.give_back("ann", "s1")
    assert quota.users() == {"bob": 1, "eve": 1}
    assert quota.take("ann", "s1") == 0


def test_a_refusal_counts_for_nobody() -> None:
    quota = Quota(Quotas(per_user=1, per_source=1, total=10))
    quota.take("ann", "s1")
    for _ in range(5):
        quota.take("ann", "s2")
    assert quota.users() == {"ann": 1}
    assert quota.take("bob", "s2") == 0
    assert quota.total == 2
