"""A session may not have to be refreshed too often (RFC 4028 §9)."""

from sbc.policy.chain import Attempt, Reject


def session_interval(attempt: Attempt) -> Attempt | Reject:
    if attempt.min_se is not None:
        return Reject(422, "session interval too small", (("Min-SE", str(attempt.min_se)),))
    return attempt
