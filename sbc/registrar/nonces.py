"""Nonces of our challenges (RFC 7616 §3.3, §5.4): signed and dated, so that a challenge needs no
memory; counted once somebody has proved to know a password, so that nothing can be played again.
"""

import hmac
import struct
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Callable

_UNIQUE, _MAC = 5, 12
_SIZE = 4 + _UNIQUE + _MAC
_WINDOW = 64
"""Counts behind the highest that may come late, since UDP changes the order."""


class Nonces:
    __slots__ = ("_key", "_lifetime", "_most", "_random", "_used")

    def __init__(
        self, key: bytes, lifetime: float, random: Callable[[int], bytes], most: int = 50_000
    ) -> None:
        """`random`: unguessable bytes. `most`: nonces whose counts are remembered; only clients
        that know a password can fill that memory."""
        self._key = key
        self._lifetime = lifetime
        self._random = random
        self._most = most
        self._used: dict[str, tuple[int, int]] = {}
        """Nonce → highest count, and which of those before it have been seen, bit by bit."""

    def __len__(self) -> int:
        return len(self._used)

    def make(self, now: float) -> str:
        dated = struct.pack("!I", int(now) & 0xFFFFFFFF) + self._random(_UNIQUE)
        return b64encode(dated + self._mac(dated)).decode()

    def is_fresh(self, nonce: str, now: float) -> bool:
        """We made it, and not too long ago."""
        try:
            data = b64decode(nonce, validate=True)
        except (BadBase64, ValueError):
            return False
        if len(data) != _SIZE:
            return False
        dated, mac = data[: 4 + _UNIQUE], data[4 + _UNIQUE :]
        (made,) = struct.unpack_from("!I", dated)
        age = (int(now) - made) & 0xFFFFFFFF
        return hmac.compare_digest(mac, self._mac(dated)) and age <= self._lifetime

    def use(self, nonce: str, count: int, now: float) -> bool:
        """Take this count of a fresh nonce; False: it was taken before, or is too old to tell."""
        highest, seen = self._used.get(nonce, (0, 0))
        if count <= 0 or count + _WINDOW <= highest:
            return False
        if count > highest:
            # A client may jump as far as it likes: nothing is shifted beyond the window.
            seen = (seen << min(count - highest, _WINDOW) | 1) & (1 << _WINDOW) - 1
            highest = count
        elif seen >> (highest - count) & 1:
            return False
        else:
            seen |= 1 << (highest - count)
        if nonce not in self._used and len(self._used) >= self._most:
            self._forget(now)
        self._used[nonce] = (highest, seen)
        return True

    def _forget(self, now: float) -> None:
        """Those that are no longer fresh; and if that is not enough, the oldest half."""
        self._used = {each: used for each, used in self._used.items() if self.is_fresh(each, now)}
        if len(self._used) >= self._most:
            for nonce in list(self._used)[: self._most // 2]:
                del self._used[nonce]

    def _mac(self, dated: bytes) -> bytes:
        return hmac.digest(self._key, dated, "sha256")[:_MAC]
