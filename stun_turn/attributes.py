"""Values of STUN and TURN attributes (RFC 8489 §14, RFC 8656 §18): bytes to values and back.

Each reader takes the value of one attribute and raises BadStun for a wrong one.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from stun_turn.message import MAGIC_COOKIE, BadStun
from stun_turn.registry import REASONS

Address = tuple[str, int]
"""IP address as text, and port."""

IPV4, IPV6 = 0x01, 0x02
"""Address families (RFC 8489 §14.1)."""
_LONGEST_REASON = 509
"""Bytes; 127 characters of at most four bytes, and one over (RFC 8489 §14.8)."""


def family_of(ip: str) -> int:
    return IPV6 if ":" in ip else IPV4


def xor_address(address: Address, transaction_id: bytes) -> bytes:
    """XOR-MAPPED-ADDRESS and its like (RFC 8489 §14.2)."""
    family, port, packed = _packed(address)
    masked = _xor(packed, MAGIC_COOKIE + transaction_id)
    return struct.pack("!xBH", family, port ^ 0x2112) + masked


def read_xor_address(value: bytes, transaction_id: bytes) -> Address:
    family, port, packed = _split(value)
    return _address(family, port ^ 0x2112, _xor(packed, MAGIC_COOKIE + transaction_id))


def plain_address(address: Address) -> bytes:
    """MAPPED-ADDRESS, ALTERNATE-SERVER (RFC 8489 §14.1, §14.15)."""
    family, port, packed = _packed(address)
    return struct.pack("!xBH", family, port) + packed


def read_plain_address(value: bytes) -> Address:
    return _address(*_split(value))


def error_code(code: int, reason: str | None = None) -> bytes:
    """ERROR-CODE (RFC 8489 §14.8)."""
    text = (REASONS[code] if reason is None else reason).encode()[:_LONGEST_REASON]
    return struct.pack("!xxBB", code // 100, code % 100) + text


def read_error_code(value: bytes) -> tuple[int, str]:
    if len(value) < 4 or not 3 <= value[2] & 0x07 <= 6 or value[3] > 99:
        raise BadStun("bad ERROR-CODE")
    return (value[2] & 0x07) * 100 + value[3], value[4:].decode("utf-8", "replace")


def unknown_attributes(kinds: Iterable[int]) -> bytes:
    """UNKNOWN-ATTRIBUTES (RFC 8489 §14.9)."""
    return b"".join(struct.pack("!H", kind) for kind in kinds)


def number(value: int) -> bytes:
    """LIFETIME and other values of 32 bits."""
    return struct.pack("!I", value)


def read_number(value: bytes) -> int:
    if len(value) != 4:
        raise BadStun("a value of 32 bits is expected")
    return int.from_bytes(value, "big")


def channel_number(channel: int) -> bytes:
    """CHANNEL-NUMBER (RFC 8656 §18.1)."""
    return struct.pack("!Hxx", channel)


def read_channel_number(value: bytes) -> int:
    return read_number(value) >> 16


def read_requested_transport(value: bytes) -> int:
    """The protocol number that the relay shall speak: 17 for UDP, 6 for TCP (RFC 8656 §18.7)."""
    return read_number(value) >> 24


def read_even_port(value: bytes) -> bool:
    """Shall the next higher port be reserved too? (RFC 8656 §18.6)"""
    if len(value) != 1:
        raise BadStun("bad EVEN-PORT")
    return bool(value[0] & 0x80)


def read_address_family(value: bytes) -> int:
    """REQUESTED- and ADDITIONAL-ADDRESS-FAMILY (RFC 8656 §18.5, §18.11)."""
    return read_number(value) >> 24


def address_error_code(family: int, code: int) -> bytes:
    """ADDRESS-ERROR-CODE (RFC 8656 §18.12)."""
    return struct.pack("!BxBB", family, code // 100, code % 100) + REASONS[code].encode()


def icmp(kind: int, code: int, data: int = 0) -> bytes:
    """ICMP type and code, and what the error says beside: the MTU, for one (RFC 8656 §18.13)."""
    return struct.pack("!xxBBI", kind, code, data)


# --- password algorithms (RFC 8489 §14.12) --------------------------------------------------------

MD5, SHA256 = 0x0001, 0x0002


@dataclass(frozen=True, slots=True)
class PasswordAlgorithm:
    number: int
    parameters: bytes = b""


def password_algorithms(algorithms: Iterable[PasswordAlgorithm]) -> bytes:
    """PASSWORD-ALGORITHMS, and PASSWORD-ALGORITHM with one."""
    return b"".join(
        struct.pack("!HH", each.number, len(each.parameters))
        + each.parameters
        + bytes(-len(each.parameters) % 4)
        for each in algorithms
    )


def read_password_algorithms(value: bytes) -> list[PasswordAlgorithm]:
    found = []
    at = 0
    while at < len(value):
        if len(value) - at < 4:
            raise BadStun("bad PASSWORD-ALGORITHMS")
        kind, length = struct.unpack_from("!HH", value, at)
        parameters = value[at + 4 : at + 4 + length]
        if len(parameters) != length:
            raise BadStun("bad PASSWORD-ALGORITHMS")
        found.append(PasswordAlgorithm(kind, parameters))
        at += 4 + length + -length % 4
    return found


# --- addresses ------------------------------------------------------------------------------------


def _packed(address: Address) -> tuple[int, int, bytes]:
    ip, port = address
    if ":" in ip:
        return IPV6, port, IPv6Address(ip).packed
    return IPV4, port, IPv4Address(ip).packed


def _split(value: bytes) -> tuple[int, int, bytes]:
    sizes = {IPV4: 8, IPV6: 20}
    if len(value) < 4 or sizes.get(value[1]) != len(value):
        raise BadStun("bad address")
    _, family, port = struct.unpack_from("!BBH", value)
    return family, port, value[4:]


def _address(family: int, port: int, packed: bytes) -> Address:
    ip = IPv6Address(packed) if family == IPV6 else IPv4Address(packed)
    return str(ip), port


def _xor(value: bytes, mask: bytes) -> bytes:
    size = len(value)
    mixed = int.from_bytes(value, "big") ^ int.from_bytes(mask[:size], "big")
    return mixed.to_bytes(size, "big")
