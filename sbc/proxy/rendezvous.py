"""Rendezvous hashing: which of several endpoints serves a Call-ID, without memory.

Each endpoint draws a number for each Call-ID and the highest wins. One that is taken away loses
only what it had won, and one that is added takes its share evenly from all others.
"""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from math import log
from typing import TypeVar

T = TypeVar("T")

_MOST = 2.0**64


def ranked(
    key: str, nodes: Iterable[T], name: Callable[[T], str], weight: Callable[[T], float]
) -> list[T]:
    """The nodes, best first. Shares are as the weights; a weight of 0 comes last."""
    return sorted(nodes, key=lambda node: (-_drawn(key, name(node), weight(node)), name(node)))


def _drawn(key: str, name: str, weight: float) -> float:
    text = f"{len(key)}:{key}{name}".encode("utf-8", "surrogateescape")
    number = int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
    return weight / -log((number + 0.5) / _MOST)
