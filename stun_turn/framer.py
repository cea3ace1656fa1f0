"""Messages out of a stream of bytes (RFC 8489 §6.2.2, RFC 8656 §12.5): STUN and ChannelData take
turns on one connection."""

import struct

from stun_turn import channel_data
from stun_turn.message import HEADER, MAGIC_COOKIE, BadStun


class Framer:
    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    def __len__(self) -> int:
        """Bytes that wait for the rest of their message: never more than one message has."""
        return len(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """All messages that are complete now, ChannelData without its padding.

        Raises BadStun for what is neither: there is no way to find the next message then.
        """
        self._held += data
        messages = []
        at = 0
        while True:
            size, padded = self._next(at)
            if not size or len(self._held) - at < padded:
                break
            messages.append(bytes(self._held[at : at + size]))
            at += padded
        del self._held[:at]
        return messages

    def _next(self, at: int) -> tuple[int, int]:
        """Size of the message at this place, without and with padding; 0: not known yet."""
        held = self._held
        left = len(held) - at
        if left < channel_data.HEADER:
            return 0, 0
        kind, length = struct.unpack_from("!HH", held, at)
        if channel_data.FIRST <= kind <= channel_data.LAST:
            return channel_data.HEADER + length, channel_data.HEADER + length + -length % 4
        if kind >= channel_data.FIRST or length % 4:
            raise BadStun("neither STUN nor ChannelData")
        cookie = bytes(held[at + 4 : at + 8])
        if cookie != MAGIC_COOKIE[: len(cookie)]:
            raise BadStun("a STUN header without the magic cookie")
        return HEADER + length, HEADER + length
