"""Who calls is who was authenticated (A6): a phone cannot speak for another."""

from collections.abc import Mapping

from config.model import Access
from sbc.policy.chain import Attempt, Policy, Reject


def identity(access: Mapping[str, Access]) -> Policy:
    def verify(attempt: Attempt) -> Attempt | Reject:
        if attempt.user is None or not access[attempt.trunk].identity.from_must_match:
            return attempt
        if attempt.anonymous or attempt.caller == attempt.user:
            return attempt
        return Reject(403, f"{attempt.user} calls as another user")

    return verify
