"""ChannelData messages (RFC 8656 §12.4): four bytes before the data, nothing else."""

import struct

from stun_turn.message import BadStun

FIRST, LAST = 0x4000, 0x7FFF
"""Channel numbers that a client may bind: up to 0x4FFF by RFC 8656 §12, and up to here by RFC 5766
§11, which clients still follow. Nothing but STUN shares our ports, so both can be told apart."""
HEADER = 4


def is_channel_data(data: bytes) -> bool:
    """By its first two bits, if it shares a port with STUN (RFC 8656 §12)."""
    return len(data) >= HEADER and 0x40 <= data[0] <= 0x7F


def parse(data: bytes) -> tuple[int, bytes]:
    """Channel and data; what pads it is left out. Raises BadStun."""
    if not is_channel_data(data):
        raise BadStun("no ChannelData")
    channel, length = struct.unpack_from("!HH", data)
    payload = data[HEADER : HEADER + length]
    if len(payload) != length:
        raise BadStun("ChannelData is cut short")
    return channel, payload


def build(channel: int, payload: bytes, *, padded: bool) -> bytes:
    """`padded`: over a stream it must come to a multiple of four bytes (§12.5)."""
    padding = bytes(-len(payload) % 4) if padded else b""
    return struct.pack("!HH", channel, len(payload)) + payload + padding
