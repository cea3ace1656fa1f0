"""Unguessable names (tags, branches, Call-IDs) without a random source in the core.

RFC 3261 §19.3 asks for 32 bits of randomness in a tag; these carry 64 or more. The shell gives a
secret seed once; all that follows is a keyed hash of a counter, so a run replays from its seed.
"""

from hashlib import blake2b


class Tokens:
    __slots__ = ("_counter", "_pool", "_seed")

    def __init__(self, seed: bytes) -> None:
        self._seed = seed[:64]
        self._counter = 0
        self._pool = ""

    def token(self, digits: int = 16) -> str:
        """`digits` lower-case hexadecimal digits (at most 128), never given out before."""
        if len(self._pool) < digits:
            self._counter += 1
            block = self._counter.to_bytes(8, "big")
            self._pool = blake2b(block, key=self._seed, digest_size=64).hexdigest()
        taken, self._pool = self._pool[:digits], self._pool[digits:]
        return taken

    def octets(self, count: int) -> bytes:
        """As many bytes (at most 64), never given out before: keys may be made of them."""
        return bytes.fromhex(self.token(2 * count))

    def number(self, below: int) -> int:
        """A number in 0..below-1."""
        return int(self.token(16), 16) % below
