"""Bencoding, as the NG protocol uses it: integers, byte strings, lists, dictionaries.

Strict in form, and of bounded depth: it reads with a stack of its own, never by recursion. Keys
need no order, for no client sorts them; of a key that comes twice, the last one holds.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

Value = int | bytes | str | Sequence["Value"] | Mapping[str, "Value"]
"""To be written. Text goes out as UTF-8, with the bytes that were none as they came."""
Read = int | str | list["Read"] | dict[str, "Read"]
"""What was read. Bytes that are no UTF-8 are kept as surrogates."""

MOST_DEPTH = 16
MOST_ITEMS = 20_000
"""Of all containers of one document together."""

_INTEGER = re.compile(rb"i(0|-?[1-9][0-9]{0,18})e")
_LENGTH = re.compile(rb"(0|[1-9][0-9]{0,9}):")
_LONGEST_INTEGER = 21
_LONGEST_LENGTH = 11


class BadBencode(Exception):
    """It is none, or more than we take."""


class Unfinished(BadBencode):
    """So far it is bencoding, but the end is missing."""


def decode(data: bytes) -> Read:
    """One value, and nothing behind it. Raises BadBencode."""
    value, end = decode_from(data, 0)
    if end != len(data):
        raise BadBencode("more after the end")
    return value


def decode_from(data: bytes | bytearray, at: int) -> tuple[Read, int]:
    """The value that begins at `at`, and where it ends. Raises BadBencode, or Unfinished."""
    reader = Reader(at)
    return reader.read(data), reader.at


class Reader:
    """Reads one value, which may come in pieces: after Unfinished it goes on where it was."""

    __slots__ = ("_items", "_open", "at")

    def __init__(self, at: int = 0) -> None:
        self.at = at
        """Up to here all has been read."""
        self._open: list[_Container] = []
        self._items = 0

    def read(self, data: bytes | bytearray) -> Read:
        """`data`: all that has come, from the very beginning."""
        while True:
            value = self._next(data)
            if value is None:
                continue
            if not self._open:
                return value
            self._items += 1
            if self._items > MOST_ITEMS:
                raise BadBencode("too many items")
            self._open[-1].add(value)

    def _next(self, data: bytes | bytearray) -> Read | None:
        """The next value that is whole; None: a container has begun."""
        kind = data[self.at : self.at + 1]
        if kind in (b"d", b"l"):
            if len(self._open) == MOST_DEPTH:
                raise BadBencode("too deep")
            self._open.append(_Container(kind == b"d"))
            self.at += 1
            return None
        if kind == b"e" and self._open:
            self.at += 1
            return self._open.pop().closed()
        value: Read
        value, self.at = (_integer if kind == b"i" else _string)(data, self.at)
        return value


class _Container:
    """A list or a dictionary that is being read."""

    __slots__ = ("_is_dictionary", "_items", "_key", "_pairs")

    def __init__(self, is_dictionary: bool) -> None:
        self._is_dictionary = is_dictionary
        self._items: list[Read] = []
        self._pairs: dict[str, Read] = {}
        self._key: str | None = None

    def add(self, value: Read) -> None:
        if not self._is_dictionary:
            self._items.append(value)
        elif self._key is not None:
            self._pairs[self._key] = value
            self._key = None
        elif isinstance(value, str):
            self._key = value
        else:
            raise BadBencode("a key is no string")

    def closed(self) -> Read:
        if self._key is not None:
            raise BadBencode("a key without a value")
        return self._pairs if self._is_dictionary else self._items


def _integer(data: bytes | bytearray, at: int) -> tuple[int, int]:
    match = _INTEGER.match(data, at)
    if match is None:
        raise _broken(data, at, _LONGEST_INTEGER, b"e", "an integer is malformed")
    return int(match[1]), match.end()


def _string(data: bytes | bytearray, at: int) -> tuple[str, int]:
    match = _LENGTH.match(data, at)
    if match is None:
        raise _broken(
            data, at, _LONGEST_LENGTH, b":", "neither integer, string, list nor dictionary"
        )
    begin = match.end()
    end = begin + int(match[1])
    if end > len(data):
        raise Unfinished("a string is longer than what came")
    return data[begin:end].decode("utf-8", "surrogateescape"), end


def _broken(data: bytes | bytearray, at: int, longest: int, end: bytes, text: str) -> BadBencode:
    """Could what came still become well-formed?"""
    rest = data[at : at + longest]
    digits = rest.removeprefix(b"i").removeprefix(b"-")
    if len(rest) < longest and end not in rest and (not digits or digits.isdigit()):
        return Unfinished("it ends too early")
    return BadBencode(text)


def encode(value: Value) -> bytes:
    """What we say ourselves; it is never deep."""
    parts: list[bytes] = []
    _write(value, parts)
    return b"".join(parts)


def _write(value: Value, parts: list[bytes]) -> None:
    kind = type(value)
    if isinstance(value, str):
        parts.append(_text(value))
    elif isinstance(value, int):
        parts.append(b"i%de" % value)
    elif kind is dict:
        assert isinstance(value, dict)
        parts.append(b"d")
        for key, item in value.items():
            parts.append(_key(key))
            _write(item, parts)
        parts.append(b"e")
    elif isinstance(value, bytes):
        parts.append(b"%d:%b" % (len(value), value))
    else:
        assert isinstance(value, Sequence)
        parts.append(b"l")
        for item in value:
            _write(item, parts)
        parts.append(b"e")


def _text(value: str) -> bytes:
    text = value.encode("utf-8", "surrogateescape")
    return b"%d:%b" % (len(text), text)


_key = lru_cache(512)(_text)
"""The same few keys stand in every reply."""
