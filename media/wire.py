"""The control contract on its Unix socket: one JSON array a line (RFC 8259), strictly both ways.

    [7,{"type":"query","session":"c1"}]          signalling asks
    [7,{"type":"failed","session":"c1", …}]      the relay answers
    [0,{"type":"latched","session":"c1", …}]     the relay tells

Every value has exactly the fields of its class in `control`, under the same names; what has a
default may be left out. Tuples are arrays. NaN, infinity and unknown fields are errors.
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from msgspec import Meta, Raw
from msgspec.json import Decoder, Encoder

from media.control import Command, Event, Reply

LONGEST_LINE = 1 << 20
"""Bytes of one command."""

T = TypeVar("T")
_Number = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]

_encode = Encoder().encode
_command = Decoder(tuple[_Number, Command]).decode
_answer = Decoder(tuple[_Number, Reply | Event]).decode
_anything = Decoder(tuple[_Number, Raw]).decode


class BadLine(Exception):
    """What came is not of this contract."""

    def __init__(self, text: str, number: int = 0) -> None:
        super().__init__(text)
        self.number = number
        """Of the command, if it could be read; else 0."""


def decode_command(line: bytes) -> tuple[int, Command]:
    return _read(_command, line)


def decode_answer(line: bytes) -> tuple[int, Reply | Event]:
    """A reply with the number of its command, or an event with 0."""
    return _read(_answer, line)


def _read(decode: Callable[[bytes], tuple[int, T]], line: bytes) -> tuple[int, T]:
    try:
        return decode(line)
    except (ValueError, RecursionError) as error:
        raise BadLine(str(error)[:400], _number_of(line)) from None


def _number_of(line: bytes) -> int:
    """Of a command that is wrong otherwise."""
    try:
        return _anything(line)[0]
    except (ValueError, RecursionError):
        return 0


def encode_command(number: int, command: Command) -> bytes:
    return _line(number, command)


def encode_reply(number: int, reply: Reply) -> bytes:
    return _line(number, reply)


def encode_event(event: Event) -> bytes:
    return _line(0, event)


def _line(number: int, value: Any) -> bytes:
    return _encode((number, value)) + b"\n"


# --- lines ----------------------------------------------------------------------------------------


class Lines:
    """Cuts what a stream socket brings into lines."""

    __slots__ = ("_begun", "_limit", "_size")

    def __init__(self, limit: int = LONGEST_LINE) -> None:
        self._limit = limit
        self._begun: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The lines which are whole now. Raises BadLine when one is too long."""
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = b"".join([*self._begun, lines[0]])
            self._begun, self._size = [], 0
        if rest:
            self._begun.append(rest)
            self._size += len(rest)
        if max([self._size, *map(len, lines)]) > self._limit:
            raise BadLine(f"a line is longer than {self._limit} bytes")
        return lines
