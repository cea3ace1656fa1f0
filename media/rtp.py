"""The RTP header (RFC 3550 §5.1): is it one, what does it say, arithmetic that wraps.

RTP and RTCP are told apart by RFC 5761 §4, both from STUN, DTLS and TURN by RFC 7983 §7.
"""

from dataclasses import dataclass
from struct import Struct

Datagram = bytes | bytearray | memoryview

FIXED = Struct("!BBHII")
"""Flags, marker and payload type, sequence number, timestamp, SSRC."""

FIXED_SIZE = FIXED.size
RTCP_HEADER_SIZE = 8

_VERSION_ALONE = 0x80
_PADDING, _EXTENSION, _CSRC_COUNT = 0x20, 0x10, 0x0F


def is_rtcp(buffer: Datagram, size: int) -> bool:
    """RFC 5761 §4: packet types 192..223 are RTCP, on a port of its own and on a shared one."""
    return size >= RTCP_HEADER_SIZE and 128 <= buffer[0] <= 191 and 192 <= buffer[1] <= 223


def is_rtp(buffer: Datagram, size: int) -> bool:
    """RTP in clear whose header fits. (In SRTP the count of padding is ciphered: decrypt first.)"""
    if size < FIXED_SIZE or 192 <= buffer[1] <= 223:
        return False
    first = buffer[0]
    if first == _VERSION_ALONE:  # no CSRC, extension or padding: nearly every packet
        return True
    return 128 <= first <= 191 and payload_bounds(buffer, size) is not None


def looks_like_rtp(datagram: Datagram) -> bool:
    """RTP or SRTP, as far as the clear part of a header tells (RFC 3711 §3.1, RFC 7983 §7)."""
    return (
        len(datagram) >= FIXED_SIZE and 128 <= datagram[0] <= 191 and not 192 <= datagram[1] <= 223
    )


def payload_bounds(buffer: Datagram, size: int) -> tuple[int, int] | None:
    """Where the payload begins and ends; None when what the header announces does not fit."""
    first = buffer[0]
    start = FIXED_SIZE + 4 * (first & _CSRC_COUNT)
    if first & _EXTENSION:
        if start + 4 > size:
            return None
        start += 4 + 4 * int.from_bytes(buffer[start + 2 : start + 4], "big")
    padding = 0
    if first & _PADDING:
        padding = buffer[size - 1]
        if not padding:  # RFC 3550 §5.1: it counts itself
            return None
    return (start, size - padding) if start + padding <= size else None


@dataclass(frozen=True, slots=True)
class Header:
    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int


def read_header(buffer: Datagram) -> Header:
    """Of a packet that `is_rtp` has passed."""
    _, second, sequence, timestamp, ssrc = FIXED.unpack_from(buffer)
    return Header(second > 127, second & 0x7F, sequence, timestamp, ssrc)


def sequence_distance(later: int, earlier: int) -> int:
    """Steps from `earlier` to `later`, -32768..32767: the shorter way around."""
    return ((later - earlier + 0x8000) & 0xFFFF) - 0x8000


def timestamp_distance(later: int, earlier: int) -> int:
    """Ticks from `earlier` to `later`, the shorter way around."""
    return ((later - earlier + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000


def kind_of(data: bytes) -> str:
    """Why it is not what belongs on its port (RFC 5761 §4, RFC 7983 §7)."""
    first = data[0] if data else 255
    if not 128 <= first <= 191:
        return "stun" if first < 4 else "not_rtp"
    if is_rtcp(data, len(data)):
        return "rtcp_on_rtp_port"
    return "rtp_on_rtcp_port" if is_rtp(data, len(data)) else "malformed"
