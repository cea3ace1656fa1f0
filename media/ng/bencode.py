"""Bencoding, as the NG protocol uses it: integers, byte strings, lists, dictionaries.

Strict in form, and of bounded depth: it reads with a stack of its own, never by recursion. Keys
need no order, for no client sorts them; of a key that comes twice, the last one holds.
"""

import re
from collections.abc import Mapping, Sequence

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


def decode_from(data: bytes, at: int) -> tuple[Read, int]:
    """The value that begins at `at`, and where it ends. Raises BadBencode, or Unfinished."""
    open_: list[_Container] = []
    items = 0
    while True:
        kind = data[at : at + 1]
        value: Read
        if kind in {b"d", b"l"}:
            if len(open_) == MOST_DEPTH:
                raise BadBencode("too deep")
            open_.append(_Container(kind == b"d"))
            at += 1
            continue
        if kind == b"e" and open_:
            value = open_.pop().closed()
            at += 1
        else:
            value, at = _integer(data, at) if kind == b"i" else _string(data, at)
        if not open_:
            return value, at
        items += 1
        if items > MOST_ITEMS:
            raise BadBencode("too many items")
        open_[-1].add(value)


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


def _integer(data: bytes, at: int) -> tuple[int, int]:
    match = _INTEGER.match(data, at)
    if match is None:
        raise _broken(data, at, _LONGEST_INTEGER, b"e", "an integer is malformed")
    return int(match[1]), match.end()


def _string(data: bytes, at: int) -> tuple[str, int]:
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


def _broken(data: bytes, at: int, longest: int, end: bytes, text: str) -> BadBencode:
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
    match value:
        case int():
            parts.append(b"i%de" % value)
        case str():
            text = value.encode("utf-8", "surrogateescape")
            parts.append(b"%d:%b" % (len(text), text))
        case bytes():
            parts.append(b"%d:%b" % (len(value), value))
        case Mapping():
            parts.append(b"d")
            for key, item in value.items():
                _write(key, parts)
                _write(item, parts)
            parts.append(b"e")
        case _:
            parts.append(b"l")
            for item in value:
                _write(item, parts)
            parts.append(b"e")
