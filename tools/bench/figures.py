"""Arithmetic on measurements. Pure."""

from collections.abc import Sequence
from math import ceil
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank: the smallest value which at least `share` (0..1) of all do not exceed."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float | None:
    """The median over rounds of ours by theirs: what disturbs a round disturbs both of its figures.

    None without a round that has both.
    """
    quotients = [a / b for a, b in zip(ours, theirs, strict=False) if b > 0]
    return median(quotients) if quotients else None


def per_item(seconds: float, items: int) -> float:
    """Seconds by count; 0 items cost infinitely much, so that nobody takes it for a good figure."""
    return seconds / items if items else float("inf")
