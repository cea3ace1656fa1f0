"""Call admission control (P1): refuse while refusing is cheap, before media is allocated."""

from collections.abc import Mapping

from config.model import TrunkLimits
from sbc.policy.chain import Attempt, Policy, Reject


def admission(limits: Mapping[str, TrunkLimits]) -> Policy:
    def admit(attempt: Attempt) -> Attempt | Reject:
        most = limits[attempt.trunk].calls
        if most is not None and attempt.calls >= most:
            return Reject(503, "trunk is full", (("Retry-After", "5"),))
        return attempt

    return admit
