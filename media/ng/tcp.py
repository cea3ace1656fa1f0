"""NG over TCP: messages follow each other without any mark between them.

Only bencoding can be told apart so. The reader finds the end of each message, and the replies are
written in the same way.
"""

from collections.abc import Hashable

from media.ng.bencode import BadBencode, Reader, Unfinished
from media.ng.message import LONGEST_COOKIE, error, write
from media.ng.service import Service

LONGEST_MESSAGE = 256 << 10
"""Bytes."""


class TcpTalk:
    """What one client says."""

    __slots__ = ("_address", "_client", "_data", "_reader", "_service", "over")

    def __init__(self, service: Service, client: Hashable, address: str) -> None:
        self._service = service
        self._client = client
        self._address = address
        self._data = bytearray()
        self._reader: Reader | None = None
        self.over = False
        """Nothing more can be understood: the connection is to end."""

    @property
    def waits(self) -> bool:
        """For the rest of a message."""
        return bool(self._data)

    def receive(self, data: bytes, now: float) -> bytes:
        """The replies to all messages that are whole."""
        self._data += data
        replies = []
        while self._data and not self.over:
            reply = self._one(now)
            if reply is None:
                break
            replies.append(reply)
        return b"".join(replies)

    def _one(self, now: float) -> bytes | None:
        space = self._data.find(b" ", 0, LONGEST_COOKIE + 1)
        if space < 1:
            self.over = space == 0 or len(self._data) > LONGEST_COOKIE
            return None
        if self._reader is None:
            self._reader = Reader(space + 1)
        try:
            self._reader.read(self._data)
        except Unfinished:
            return self._too_long(space) if len(self._data) > LONGEST_MESSAGE else None
        except BadBencode as bad:
            return self._refused(space, f"Invalid data: {bad}")
        end = self._reader.at
        message, self._reader = bytes(self._data[:end]), None
        del self._data[:end]
        return self._service.datagram(message, self._client, self._address, now)

    def _too_long(self, space: int) -> bytes:
        return self._refused(space, "The message is too long")

    def _refused(self, space: int, reason: str) -> bytes:
        """Where the next message begins nobody knows."""
        self.over = True
        return bytes(self._data[: space + 1]) + write(error(reason), "bencode")
