"""Max-Forwards through a back-to-back user agent: counted down, never reset (RFC 7332)."""

from dataclasses import replace

from sbc.policy.chain import Attempt, Reject

DEFAULT = 70
"""RFC 3261 §20.22, for a request that brings none."""


def hops(attempt: Attempt) -> Attempt | Reject:
    left = DEFAULT if attempt.max_forwards is None else attempt.max_forwards
    if left <= 0:
        return Reject(483, "Max-Forwards has reached 0: a loop")
    return replace(attempt, max_forwards=left - 1)
