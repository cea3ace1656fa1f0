"""Random numbers from the kernel's generator, fetched in bulk: a system call for each is dear."""

import os
from collections.abc import Callable

_STORE = 4096
"""Bytes fetched at once."""
_SPARE = 8
"""Bytes beyond what a bound needs: no number is favoured by more than one part in 2⁶⁴."""


class RandomStore:
    __slots__ = ("_at", "_bytes", "_fetch")

    def __init__(self, fetch: Callable[[int], bytes] = os.urandom) -> None:
        self._fetch = fetch
        self._bytes = b""
        self._at = 0

    def below(self, bound: int) -> int:
        """From 0 up to, and without, `bound`. No byte is used twice."""
        size = (bound.bit_length() + 7) // 8 + _SPARE
        at = self._at
        if at + size > len(self._bytes):
            self._bytes, at = self._fetch(max(size, _STORE)), 0
        self._at = at + size
        return int.from_bytes(self._bytes[at : at + size], "big") * bound >> 8 * size
