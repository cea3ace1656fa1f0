"""The server of a WebSocket (RFC 6455), as NG needs it: whole messages in, one frame each out.

Pings are answered, fragments joined; a client's frames must be masked. Extensions are not spoken.
"""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha1
from struct import pack

COOKIE, PLAIN = "ng.rtpengine.com", "ng-plain.rtpengine.com"
SUBPROTOCOLS = frozenset({COOKIE, PLAIN})

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_LONGEST_CONTROL = 125
_PROTOCOL_ERROR, _TOO_BIG = 1002, 1009


def accept_key(key: str) -> str:
    """§4.2.2"""
    return b64encode(sha1(f"{key}{_GUID}".encode(), usedforsecurity=False).digest()).decode()


@dataclass(frozen=True, slots=True)
class Message:
    data: bytes
    text: bool


@dataclass(frozen=True, slots=True)
class _Frame:
    final: bool
    opcode: int
    data: bytes


class _Wrong(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class WebSocket:
    __slots__ = ("_data", "_kind", "_longest", "_out", "_parts", "over", "plain")

    def __init__(self, plain: bool, longest: int) -> None:
        self.plain = plain
        """Its messages have no cookies."""
        self.over = False
        self._longest = longest
        self._data = bytearray()
        self._parts = bytearray()
        self._kind: int | None = None
        """Of the message whose fragments are coming."""
        self._out = bytearray()

    @property
    def waits(self) -> bool:
        """For the rest of a frame or of a message."""
        return bool(self._data) or self._kind is not None

    def receive(self, data: bytes) -> Iterator[Message]:
        """Messages that are whole. What else is to be said is in `taken_out`."""
        self._data += data
        try:
            while not self.over and (frame := self._frame()) is not None:
                message = self._take(frame)
                if message is not None:
                    yield message
        except _Wrong as wrong:
            self._end(wrong.code)

    def message(self, data: bytes, text: bool) -> bytes:
        return _framed(_TEXT if text else _BINARY, data)

    def taken_out(self) -> bytes:
        """Pongs, and our close."""
        out, self._out = bytes(self._out), bytearray()
        return out

    def _frame(self) -> _Frame | None:
        data = self._data
        if len(data) < 2:
            return None
        if data[0] & 0x70 or not data[1] & 0x80:
            raise _Wrong(_PROTOCOL_ERROR)
        opcode, length, at = data[0] & 15, data[1] & 127, 2
        if opcode >= _CLOSE and (length > _LONGEST_CONTROL or not data[0] & 0x80):
            raise _Wrong(_PROTOCOL_ERROR)
        if length > _LONGEST_CONTROL:
            size = 2 if length == 126 else 8
            if len(data) < at + size:
                return None
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if length + len(self._parts) > self._longest:
            raise _Wrong(_TOO_BIG)
        if len(data) < at + 4 + length:
            return None
        mask, body = bytes(data[at : at + 4]), bytes(data[at + 4 : at + 4 + length])
        frame = _Frame(bool(data[0] & 0x80), opcode, _unmasked(body, mask))
        del data[: at + 4 + length]
        return frame

    def _take(self, frame: _Frame) -> Message | None:
        match frame.opcode:
            case 8:
                self._end(None, frame.data[:2])
            case 9:
                self._out += _framed(_PONG, frame.data)
            case 10:
                pass
            case 0 | 1 | 2:
                return self._fragment(frame)
            case _:
                raise _Wrong(_PROTOCOL_ERROR)
        return None

    def _fragment(self, frame: _Frame) -> Message | None:
        if (frame.opcode == _CONTINUATION) is (self._kind is None):
            raise _Wrong(_PROTOCOL_ERROR)
        kind = frame.opcode if self._kind is None else self._kind
        self._parts += frame.data
        self._kind = None if frame.final else kind
        if not frame.final:
            return None
        data, self._parts = bytes(self._parts), bytearray()
        return Message(data, kind == _TEXT)

    def _end(self, code: int | None, echo: bytes = b"") -> None:
        self.over = True
        self._out += _framed(_CLOSE, echo if code is None else pack("!H", code))


def _unmasked(data: bytes, mask: bytes) -> bytes:
    """As numbers: octet by octet it would take longer than all else."""
    size = len(data)
    whole = mask * (size // 4 + 1)
    number = int.from_bytes(data, "big") ^ int.from_bytes(whole[:size], "big")
    return number.to_bytes(size, "big")


def _framed(opcode: int, data: bytes) -> bytes:
    size = len(data)
    if size <= _LONGEST_CONTROL:
        head = pack("!BB", 0x80 | opcode, size)
    elif size < 1 << 16:
        head = pack("!BBH", 0x80 | opcode, 126, size)
    else:
        head = pack("!BBQ", 0x80 | opcode, 127, size)
    return head + data
