"""Attempts as policies see them."""

from sbc.policy.chain import Attempt


def attempt(
    *,
    zone: str = "outside",
    trunk: str = "carrier",
    called: str = "100",
    max_forwards: int | None = 70,
    require: tuple[str, ...] = (),
    calls: int = 0,
) -> Attempt:
    return Attempt(zone, trunk, called, max_forwards, require, calls)
