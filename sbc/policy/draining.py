"""A border that is stopping takes no new calls (R7, U3)."""

from sbc.policy.chain import Attempt, Reject

RETRY_AFTER = ("Retry-After", "30")


def draining(attempt: Attempt) -> Attempt | Reject:
    if attempt.draining:
        return Reject(503, "the border is stopping", (RETRY_AFTER,))
    return attempt
