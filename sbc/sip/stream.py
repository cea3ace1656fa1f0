"""Cuts a byte stream into messages (RFC 3261 §18.3) and keep-alives (RFC 5626 §4.4.1).

Every byte is looked at once, in whatever pieces it comes.
"""

import re
from dataclasses import dataclass

from sbc.sip.errors import BadMessage
from sbc.sip.grammar import number
from sbc.sip.limits import DEFAULT, Limits
from sbc.sip.lines import value_of
from sbc.sip.message import Request, parse

_END = b"\r\n\r\n"
_LENGTH = re.compile(
    rb"\r\n(?:l|content-length)[ \t]*+:([^\r]*+(?:\r\n[ \t][^\r]*+)*+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Ping:
    """The peer asks whether we are there: answer CRLF."""


PING = Ping()


class StreamFramer:
    """One connection's input. After `BadMessage` nothing more can be read: close it.

    `BadMessage.request` holds the request, if its header could be read, so that it can be answered.
    """

    __slots__ = ("_buffer", "_fault", "_limits", "_scanned", "_wanted")

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._scanned = 0
        """How far the end of the header has been sought."""
        self._wanted = 0
        """Length of the message at the start of the buffer; 0 while unknown."""
        self._fault: BadMessage | None = None

    @property
    def midway(self) -> bool:
        """Of the message that comes next there is something, but not all."""
        return bool(self._wanted or self._scanned)

    def feed(self, data: bytes) -> list[bytes | Ping]:
        """The messages that are now complete. A fault behind them is raised by the next call."""
        if self._fault is not None:
            raise self._fault
        self._buffer += data
        items: list[bytes | Ping] = []
        try:
            while self._step(items):
                pass
        except BadMessage as bad:
            self._fault = bad
            self._buffer.clear()
            if not items:
                raise
        return items

    def _step(self, items: list[bytes | Ping]) -> bool:
        """Take one message off the buffer, if there is one."""
        buffer = self._buffer
        if not self._wanted and not (self._skip_line_ends(items) and self._find_end()):
            return False
        if len(buffer) < self._wanted:
            return False
        items.append(bytes(buffer[: self._wanted]))
        del buffer[: self._wanted]
        self._wanted = 0
        return True

    def _skip_line_ends(self, items: list[bytes | Ping]) -> bool:
        """Double CRLF is a ping, and many at once are one; a single CRLF answers one of ours."""
        buffer = self._buffer
        if self._scanned or not buffer.startswith(b"\r"):
            return bool(buffer)
        at = 0
        while buffer.startswith(b"\r\n", at):
            at += 2
        if at >= 4 and (not items or items[-1] is not PING):
            items.append(PING)
        more = len(buffer) - at > 1 or not buffer.endswith((b"\r", b"\n"))
        del buffer[: at if more else at - at % 4]  # half a ping is kept
        return more

    def _find_end(self) -> bool:
        buffer = self._buffer
        end = buffer.find(_END, self._scanned)
        if end < 0:
            if len(buffer) > self._limits.bytes:
                raise BadMessage(513, "Message too large")
            self._scanned = max(len(buffer) - 3, 1)
            return False
        self._scanned = 0
        try:
            self._wanted = self._length(end)
        except BadMessage as bad:
            bad.request = self._request(end)
            raise
        return True

    def _length(self, end: int) -> int:
        found = _LENGTH.findall(self._buffer, 0, end + 2)
        if len(found) != 1:
            raise BadMessage(400, "Repeated Content-Length" if found else "Missing Content-Length")
        text = value_of(f"l:{found[0].decode('latin-1')}")
        length = end + 4 + number(text, 2**32 - 1, "Content-Length")
        if length > self._limits.bytes:
            raise BadMessage(513, "Message too large")
        return length

    def _request(self, end: int) -> Request | None:
        try:
            message = parse(bytes(self._buffer[: end + 4]), self._limits)
        except BadMessage as bad:
            return bad.request
        return message if isinstance(message, Request) else None
