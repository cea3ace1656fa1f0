"""SDP security descriptions: the a=crypto attribute (RFC 4568), its suites (RFC 6188, RFC 7714).

A line that we could not keep to is no line for us: `read` gives None, and the next one is tried.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Suite:
    name: str
    key: int
    """Bytes of the master key."""
    salt: int
    """Bytes of the master salt."""
    tag: int
    """Bytes of the authentication tag of SRTP."""
    aead: bool = False

    @property
    def size(self) -> int:
        return self.key + self.salt


SUITES: Mapping[str, Suite] = {
    suite.name: suite
    for suite in (
        Suite("AES_CM_128_HMAC_SHA1_80", 16, 14, 10),
        Suite("AES_CM_128_HMAC_SHA1_32", 16, 14, 4),
        Suite("AES_256_CM_HMAC_SHA1_80", 32, 14, 10),
        Suite("AES_256_CM_HMAC_SHA1_32", 32, 14, 4),
        Suite("AEAD_AES_128_GCM", 16, 12, 16, aead=True),
        Suite("AEAD_AES_256_GCM", 32, 12, 16, aead=True),
    )
}
"""Not AES_192_CM: libsrtp derives other session keys for it than RFC 6188 does."""

MOST_KEYS = 8
"""Of one line. Each costs a context in the relay."""

_LINE = re.compile(r"([1-9][0-9]{0,8}) +([A-Za-z0-9_]{1,40}) +([!-~]{1,1024})((?: +[!-~]+)*) *")
_KEY = re.compile(
    r"inline:([A-Za-z0-9+/]{16,64}={0,2})"
    r"(?:\|(?:2\^[0-9]{1,2}|[0-9]{1,15}))?"  # a lifetime: who gave it will change its key in time
    r"(?:\|([0-9]{1,39}):([1-9][0-9]{0,2}))?",
    re.IGNORECASE,
)
_WINDOW = re.compile(r"WSH=[0-9]{2,5}", re.IGNORECASE)
"""The one session parameter that asks nothing of us. KDR, FEC_* and UNENCRYPTED_* do (§6.3)."""
_LONGEST_MKI = 16
"""Bytes. The RFC allows 128; nobody names keys so long."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    text: str = field(repr=False)
    """Base64 of master key and salt."""
    mki: str = ""
    """Hexadecimal, as it stands in each packet; empty: there is none."""


@dataclass(frozen=True, slots=True)
class Crypto:
    """One line."""

    tag: int
    suite: Suite
    keys: tuple[MasterKey, ...]


def read(value: str) -> Crypto | None:
    match = _LINE.fullmatch(value)
    suite = SUITES.get(match[2].upper()) if match is not None else None
    if match is None or suite is None or not _asks_nothing(match[4]):
        return None
    texts = match[3].split(";")
    keys = [_key(text, suite) for text in texts[:MOST_KEYS]]
    known = tuple(key for key in keys if key is not None)
    if len(known) < len(texts) or not _tell_apart(known):
        return None
    return Crypto(int(match[1]), suite, known)


def write(tag: int, suite: str, key: str) -> str:
    """The whole a= line; `key` as `new_key` gave it."""
    return f"a=crypto:{tag} {suite} inline:{key}"


def new_key(random: bytes) -> str:
    """From as many unguessable bytes as the suite wants (`size`)."""
    return b64encode(random).decode()


def key_bytes(text: str) -> bytes:
    return b64decode(text)


def _asks_nothing(parameters: str) -> bool:
    """A parameter with a minus may be ignored by who does not know it (§6.3.7)."""
    return all(each.startswith("-") or _WINDOW.fullmatch(each) for each in parameters.split())


def _key(text: str, suite: Suite) -> MasterKey | None:
    match = _KEY.fullmatch(text)
    if match is None:
        return None
    bare = match[1].rstrip("=")
    try:
        octets = b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except BadBase64:
        return None
    if len(octets) != suite.size:
        return None
    if match[2] is None:
        return MasterKey(b64encode(octets).decode())
    length, number = int(match[3]), int(match[2])
    if length > _LONGEST_MKI or number >= 1 << 8 * length:
        return None
    return MasterKey(b64encode(octets).decode(), number.to_bytes(length, "big").hex())


def _tell_apart(keys: tuple[MasterKey, ...]) -> bool:
    """More than one need MKIs, all of one length (§6.1)."""
    names = {key.mki for key in keys}
    return len(names) == len(keys) and len({len(name) for name in names}) == 1
