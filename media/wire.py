"""The control contract on its Unix socket: one JSON object a line (RFC 8259), strictly both ways.

    {"id":7,"do":"query","session":"c1"}          signalling asks
    {"id":7,"reply":"failed","session":"c1", …}   the relay answers
    {"event":"latched","session":"c1", …}         the relay tells

Every value has exactly the fields of its class in `control`, under the same names; what has a
default may be left out. Tuples are arrays. NaN, infinity and unknown fields are errors.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from functools import cache, lru_cache
from json import JSONDecoder, JSONEncoder
from math import isfinite
from re import sub
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from media.control import CodecClock, Command, Event, Reply

LONGEST_LINE = 1 << 20
"""Bytes of one command."""

_LARGEST_INT = 1 << 63

Reader = Callable[[Any], Any]
"""From what JSON gave us to a field; raises _Wrong."""


class BadLine(Exception):
    """What came is not of this contract."""

    def __init__(self, text: str, number: int = 0) -> None:
        super().__init__(text)
        self.number = number
        """The id of the command, if it could be read; else 0."""


class _Wrong(Exception):
    """A value that does not fit; every container it lies in puts its place before the text."""

    def within(self, place: object) -> "_Wrong":
        return _Wrong(f"{place}: {self}" if ": " not in str(self) else f"{place}.{self}")


# --- from JSON ------------------------------------------------------------------------------------


def _exactly(kind: type) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise _Wrong(f"expected {kind.__name__}")
        return value

    return read


def _int(value: Any) -> int:
    if type(value) is not int or not -_LARGEST_INT <= value < _LARGEST_INT:
        raise _Wrong("expected int")
    return value


def _float(value: Any) -> float:
    if type(value) is int:
        return float(_int(value))
    if type(value) is not float or not isfinite(value):
        raise _Wrong("expected float")
    return value


def _literal(allowed: tuple[Any, ...]) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not str or value not in allowed:
            raise _Wrong(f"expected one of {', '.join(allowed)}")
        return value

    return read


def _optional(reader: Reader) -> Reader:
    def read(value: Any) -> Any:
        return None if value is None else reader(value)

    return read


def _many(reader: Reader) -> Reader:
    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise _Wrong("expected array")
        done: list[Any] = []
        try:
            for item in value:
                done.append(reader(item))
        except _Wrong as wrong:
            raise wrong.within(len(done)) from None
        return tuple(done)

    return read


def _pair(first: Reader, second: Reader) -> Reader:
    def read(value: Any) -> tuple[Any, Any]:
        if type(value) is not list or len(value) != 2:
            raise _Wrong("expected array of 2")
        return first(value[0]), second(value[1])

    return read


def _object(kind: type) -> Reader:
    hints = get_type_hints(kind)
    # Texts and truth values, the most of all, are looked at right here: a call takes longer.
    readers = tuple(
        (name, hint if hint in {str, bool} else None, _reader(hint)) for name, hint in hints.items()
    )
    defaults = {field.name: field.default for field in fields(kind) if field.default is not MISSING}
    count = len(readers)
    # The same few codecs come in every call: one value serves all.
    make = lru_cache(1024)(kind) if kind is CodecClock else kind

    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise _Wrong("expected object")
        if len(value) != count:
            value = {**defaults, **value}
        name = ""
        done: list[Any] = []
        try:
            for name, exact, reader in readers:
                item = value[name]
                done.append(item if type(item) is exact else reader(item))
        except _Wrong as wrong:
            raise wrong.within(name) from None
        except KeyError:
            raise _Wrong(f"{name}: missing") from None
        if len(value) != count:
            raise _Wrong(f"unknown field among {', '.join(map(repr, value))[:200]}")
        return make(*done)

    return read


@cache
def _reader(kind: Any) -> Reader:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return _literal(arguments)
    if origin in {Union, UnionType}:
        (inner,) = (each for each in arguments if each is not NoneType)
        return _optional(_reader(inner))
    if origin is tuple:
        if arguments[1:] == (...,):
            return _many(_reader(arguments[0]))
        return _pair(*map(_reader, arguments))
    if kind is int:
        return _int
    if kind is float:
        return _float
    return _exactly(kind) if kind in {str, bool} else _object(kind)


def _name(kind: type) -> str:
    return sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


def _table(union: Any) -> Mapping[str, Reader]:
    return {_name(kind): _reader(kind) for kind in get_args(union)}


_COMMANDS, _REPLIES, _EVENTS = _table(Command), _table(Reply), _table(Event)
_NAMES: Mapping[type, str] = {
    kind: _name(kind) for union in (Command, Reply, Event) for kind in get_args(union)
}


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


_decode = JSONDecoder(parse_constant=_refuse).decode


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        value = _decode(line.decode())
    except (ValueError, RecursionError) as error:
        raise BadLine(f"not JSON: {error}"[:200]) from None
    if type(value) is not dict:
        raise BadLine("not an object")
    return value


def _value(message: dict[str, Any], key: str, table: Mapping[str, Reader], number: int) -> Any:
    name = message.pop(key, None)
    reader = table.get(name) if type(name) is str else None
    if reader is None:
        raise BadLine(f"no such {key}: {name!r}"[:200], number)
    try:
        return reader(message)
    except _Wrong as wrong:
        raise BadLine(f"{name}: {wrong}"[:400], number) from None


def _number(message: dict[str, Any]) -> int:
    number = message.pop("id", None)
    if type(number) is not int or not 0 <= number < _LARGEST_INT:
        raise BadLine("id: expected a positive int")
    return number


def decode_command(line: bytes) -> tuple[int, Command]:
    message = _parsed(line)
    number = _number(message)
    return number, cast(Command, _value(message, "do", _COMMANDS, number))


def decode_answer(line: bytes) -> tuple[int, Reply | Event]:
    """A reply with the id of its command, or an event with 0."""
    message = _parsed(line)
    if "event" in message:
        return 0, cast(Event, _value(message, "event", _EVENTS, 0))
    number = _number(message)
    return number, cast(Reply, _value(message, "reply", _REPLIES, number))


# --- to JSON --------------------------------------------------------------------------------------


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _as_dict(value: Any) -> dict[str, Any]:
    kind: Any = type(value)
    return {name: getattr(value, name) for name in _names(kind)}


_encode = JSONEncoder(separators=(",", ":"), allow_nan=False, default=_as_dict).encode


def _line(head: dict[str, Any], value: Command | Reply | Event) -> bytes:
    return f"{_encode({**head, **_as_dict(value)})}\n".encode()


def encode_command(number: int, command: Command) -> bytes:
    return _line({"id": number, "do": _NAMES[type(command)]}, command)


def encode_reply(number: int, reply: Reply) -> bytes:
    return _line({"id": number, "reply": _NAMES[type(reply)]}, reply)


def encode_event(event: Event) -> bytes:
    return _line({"event": _NAMES[type(event)]}, event)


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
