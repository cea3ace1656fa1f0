"""What one user of an access group may do of the group's share (P1): calls at once, and calls
begun in a second."""

from collections.abc import Mapping

from config.model import Access
from sbc.policy.chain import Attempt, Policy, Reject

_LATER = (("Retry-After", "5"),)


def per_user(access: Mapping[str, Access]) -> Policy:
    def limit(attempt: Attempt) -> Attempt | Reject:
        if attempt.user is None:
            return attempt
        most = access[attempt.trunk].limits.per_user.calls
        if most is not None and attempt.calls_of_user >= most:
            return Reject(503, f"{attempt.user} has {most} calls already", _LATER)
        if attempt.too_fast:
            return Reject(503, f"{attempt.user} calls too often", _LATER)
        return attempt

    return limit
