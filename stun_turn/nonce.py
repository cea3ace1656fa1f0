"""Nonces that need no memory (RFC 8489 §9.2, §18.1): signed, dated, and good for one client only.

They begin with the cookie that tells a client which security features we have, so that nobody in
between can make it use weaker ones: to change the cookie is to break the nonce.
"""

import hmac
import struct
from base64 import b64decode, b64encode
from binascii import Error as BadBase64

COOKIE = "obMatJos2"
PASSWORD_ALGORITHMS = 1 << 23
"""Bit 0, the highest, of the security feature set (RFC 8489 §18.1)."""
USERNAME_ANONYMITY = 1 << 22
"""Bit 1."""
LIFETIME = 600.0
"""Seconds; a client that comes later is told a new one (RFC 8656 §5 would have an hour at most)."""
_MAC = 11
"""Bytes; with the date fifteen, which base64 writes without padding."""
_FEATURES = 4
"""Characters of base64 that carry the feature set."""


class Nonces:
    __slots__ = ("_key", "_lifetime", "_prefix")

    def __init__(self, key: bytes, features: int, lifetime: float = LIFETIME) -> None:
        """`features`: those of the set which we have."""
        self._prefix = COOKIE + b64encode(features.to_bytes(3, "big")).decode()
        self._key = key
        self._lifetime = lifetime

    def make(self, client: str, now: float) -> str:
        """`client`: whatever names the five-tuple that it is good for."""
        return self._prefix + self._signed(int(now), client)

    def is_fresh(self, nonce: str, client: str, now: float) -> bool:
        """We made it, for this client, and not too long ago."""
        made = _date(nonce)
        if made is None or not 0 <= now - made < self._lifetime + 1:
            return False
        wanted = self._prefix + self._signed(made, client)
        return hmac.compare_digest(wanted.encode(), nonce.encode())

    def _signed(self, date: int, client: str) -> str:
        dated = struct.pack("!I", date & 0xFFFFFFFF)
        mac = hmac.digest(self._key, dated + client.encode(), "sha256")[:_MAC]
        return b64encode(dated + mac).decode()


def features(nonce: str) -> int:
    """The security features that a nonce announces; 0 for one without the cookie."""
    encoded = nonce[len(COOKIE) : len(COOKIE) + _FEATURES]
    if not nonce.startswith(COOKIE) or len(encoded) != _FEATURES:
        return 0
    try:
        return int.from_bytes(b64decode(encoded, validate=True), "big")
    except (BadBase64, ValueError):
        return 0


def _date(nonce: str) -> int | None:
    try:
        signed = b64decode(nonce[len(COOKIE) + _FEATURES :], validate=True)
    except (BadBase64, ValueError):
        return None
    return struct.unpack_from("!I", signed)[0] if len(signed) >= 4 else None
