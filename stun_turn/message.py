"""STUN messages (RFC 8489 §5): parsed without loss of order or repetition; built with integrity and
fingerprint.

What stands behind MESSAGE-INTEGRITY is not covered by it and is left out of `attributes` (§14.5):
nobody can be misled by what was appended on the way.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from zlib import crc32

from stun_turn.registry import COMPREHENSION_OPTIONAL, KNOWN, Attribute

MAGIC_COOKIE = b"\x21\x12\xa4\x42"
HEADER = 20
"""Bytes."""
LONGEST = 0xFFFC
"""Bytes of attributes: a multiple of four that fits into sixteen bits."""
MOST_ATTRIBUTES = 64
"""A message with more serves no purpose but to be costly."""
_SIZES: Mapping[int, tuple[int, ...]] = {
    Attribute.MESSAGE_INTEGRITY: (20,),
    Attribute.MESSAGE_INTEGRITY_SHA256: (16, 20, 24, 28, 32),  # it may be truncated (§14.6)
    Attribute.FINGERPRINT: (4,),
}
"""Bytes."""
_FINGERPRINT_XOR = 0x5354554E

Value = tuple[int, bytes]
"""An attribute: its type, and its value without padding."""


class BadStun(Exception):
    """Not a STUN message, or a broken one. The sender gets no answer (§6.3)."""


class Class(IntEnum):
    REQUEST = 0b00
    INDICATION = 0b01
    SUCCESS = 0b10
    ERROR = 0b11


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it was received."""

    method: int
    kind: Class
    transaction_id: bytes
    """12 bytes, as in the header."""
    attributes: tuple[Value, ...]
    """In their order, each as often as it came."""
    raw: bytes
    integrity_at: int | None = None
    """Where MESSAGE-INTEGRITY begins in `raw`; None: there is none."""
    sha256_at: int | None = None
    """The same of MESSAGE-INTEGRITY-SHA256."""

    def get(self, kind: Attribute) -> bytes | None:
        """The first value of this type: the one that counts where one is expected (§14)."""
        for each, value in self.attributes:
            if each == kind:
                return value
        return None

    def all(self, kind: Attribute) -> list[bytes]:
        return [value for each, value in self.attributes if each == kind]

    def has(self, kind: Attribute) -> bool:
        return any(each == kind for each, _ in self.attributes)

    @property
    def unknown(self) -> tuple[int, ...]:
        """Comprehension-required attributes that we do not know, each once (§6.3.1)."""
        found = (kind for kind, _ in self.attributes)
        return tuple(
            dict.fromkeys(
                kind for kind in found if kind < COMPREHENSION_OPTIONAL and kind not in KNOWN
            )
        )

    def is_authentic(self, key: bytes) -> bool:
        """MESSAGE-INTEGRITY was made with this key (§14.5); False where there is none."""
        if self.integrity_at is None:
            return False
        at = self.integrity_at
        return hmac.compare_digest(self.raw[at + 4 : at + 24], _mac(self.raw[:at], 24, key, "sha1"))

    def is_authentic_sha256(self, key: bytes) -> bool:
        """MESSAGE-INTEGRITY-SHA256 was made with this key (§14.6), perhaps truncated."""
        if self.sha256_at is None:
            return False
        at = self.sha256_at
        (length,) = struct.unpack_from("!H", self.raw, at + 2)
        wanted = _mac(self.raw[:at], 4 + length, key, "sha256")[:length]
        return hmac.compare_digest(self.raw[at + 4 : at + 4 + length], wanted)


def is_stun(data: bytes) -> bool:
    """Tells STUN from what may share its port (RFC 7983 §7, RFC 8489 §6.3)."""
    return len(data) >= HEADER and data[0] < 0x40 and data[4:8] == MAGIC_COOKIE


def parse(data: bytes) -> Message:
    """One whole message. Raises BadStun."""
    if not is_stun(data):
        raise BadStun("no STUN header")
    kind, length = struct.unpack_from("!HH", data)
    if length % 4 or length != len(data) - HEADER:
        raise BadStun("the length is not that of the message")
    attributes: list[Value] = []
    integrity_at = sha256_at = None
    for at, attribute, value in _walk(data):
        _check_size(attribute, value)
        if attribute == Attribute.FINGERPRINT:
            _check_fingerprint(data, at, value)
        elif sha256_at is not None:
            continue
        elif attribute == Attribute.MESSAGE_INTEGRITY_SHA256:
            sha256_at = at
        elif integrity_at is not None:
            continue
        elif attribute == Attribute.MESSAGE_INTEGRITY:
            integrity_at = at
        else:
            attributes.append((attribute, value))
    method = kind & 0x000F | (kind & 0x00E0) >> 1 | (kind & 0x3E00) >> 2
    group = Class((kind & 0x0010) >> 4 | (kind & 0x0100) >> 7)
    return Message(method, group, data[8:HEADER], tuple(attributes), data, integrity_at, sha256_at)


def _walk(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each attribute with its place."""
    at, end, count = HEADER, len(data), 0
    while at < end:
        count += 1
        if count > MOST_ATTRIBUTES:
            raise BadStun("too many attributes")
        attribute, length = struct.unpack_from("!HH", data, at)  # at and end are multiples of four
        value = data[at + 4 : at + 4 + length]
        if len(value) != length:
            raise BadStun("an attribute goes beyond the message")
        yield at, attribute, value
        at += 4 + length + -length % 4


def _check_size(attribute: int, value: bytes) -> None:
    sizes = _SIZES.get(attribute)
    if sizes is not None and len(value) not in sizes:
        raise BadStun(f"bad length of attribute {attribute:#06x}")


def _check_fingerprint(data: bytes, at: int, value: bytes) -> None:
    if at + 8 != len(data):
        raise BadStun("FINGERPRINT is not the last attribute")  # §14.7
    if value != _fingerprint(data[:at]):
        raise BadStun("FINGERPRINT does not fit")


def build(
    method: int,
    kind: Class,
    transaction_id: bytes,
    attributes: Iterable[Value] = (),
    *,
    key: bytes | None = None,
    algorithm: str = "sha1",
    fingerprint: bool = False,
) -> bytes:
    """A message to send. With a `key` it gets the integrity attribute of `algorithm`: `sha1`, or
    `sha256` (§14.6). At most `LONGEST` bytes of attributes: who builds more is at fault."""
    parts = [b"", b""]
    for attribute, value in attributes:
        parts.append(_attribute(attribute, value))
    body = b"".join(parts)
    message = _header(method, kind, len(body), transaction_id) + body
    if key is not None:
        size = 36 if algorithm == "sha256" else 24
        attribute = (
            Attribute.MESSAGE_INTEGRITY_SHA256
            if algorithm == "sha256"
            else Attribute.MESSAGE_INTEGRITY
        )
        mac = _mac(message, size, key, algorithm)
        message = _with_length(message, size) + struct.pack("!HH", attribute, size - 4) + mac
    if fingerprint:
        value = _fingerprint(message)
        message = _with_length(message, 8) + _attribute(Attribute.FINGERPRINT, value)
    return message


def _header(method: int, kind: Class, length: int, transaction_id: bytes) -> bytes:
    """§5: the class lies between the bits of the method."""
    spread = method & 0x000F | (method & 0x0070) << 1 | (method & 0x0F80) << 2
    spread |= (kind & 0b01) << 4 | (kind & 0b10) << 7
    return struct.pack("!HH4s12s", spread, length, MAGIC_COOKIE, transaction_id)


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _with_length(message: bytes, more: int) -> bytes:
    """As if `more` bytes of attributes followed already."""
    return message[:2] + struct.pack("!H", len(message) - HEADER + more) + message[4:]


def _mac(before: bytes, size: int, key: bytes, algorithm: str) -> bytes:
    """The length in the header counts up to the end of the integrity attribute itself (§14.5)."""
    return hmac.digest(key, _with_length(before, size), algorithm)


def _fingerprint(before: bytes) -> bytes:
    return struct.pack("!I", crc32(_with_length(before, 8)) ^ _FINGERPRINT_XOR)
