"""The file as text: UTF-8, of a sane size, and without characters that nobody can see.

What is refused here is refused before YAML is read, because each of these moves lines and columns,
or changes what a reader sees: NUL and other controls, the rarer line ends, tabs as indentation.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from config.problems import Finding, Place

MOST_BYTES = 1 << 20
MOST_FINDINGS = 1000
"""A binary file has a million; nobody reads on."""

_UNSEEN = re.compile(
    # YAML 1.1 §4.1: all but printable characters, and a byte order mark that is not the first.
    "[^\t\n\r\x20-\x7e\xa0-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\ud800-\udfff]"
    # The line ends of §4.2 that editors do not show as such; a CR alone.
    "|[\u2028\u2029]|\r(?!\n)"
    # Those that turn the direction of writing: the line would not read as it is meant.
    "|[\u202a-\u202e\u2066-\u2069]"
)
_TAB_INDENT = re.compile(r"^ *(\t)", re.MULTILINE)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Text:
    name: str
    """What messages call the file."""
    body: str
    lines: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    """Not empty: the body must not be read any further."""

    def inside(self, place: Place) -> Place:
        """The nearest place that exists: readers point behind the end when something is missing."""
        if place.line > len(self.lines):
            return Place(len(self.lines), len(self.lines[-1]) + 1)
        return Place(place.line, min(place.column, len(self.lines[place.line - 1]) + 1))


def from_bytes(name: str, data: bytes) -> Text:
    if len(data) > MOST_BYTES:
        return _too_large(name)
    try:
        body = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(name, data, error.start)
    return from_str(name, body)


def from_str(name: str, body: str) -> Text:
    if len(body) > MOST_BYTES:
        return _too_large(name)
    body = body.removeprefix("\ufeff")
    lines = _lines(body)
    findings = tuple(islice(chain(_unseen(body), _tabs(body)), MOST_FINDINGS)) or tuple(
        _empty(body)
    )
    return Text(name, body, lines, findings)


def _lines(body: str) -> tuple[str, ...]:
    rows = tuple(row.removesuffix("\r") for row in body.split("\n"))
    return rows[:-1] if len(rows) > 1 and not rows[-1] else rows


def _too_large(name: str) -> Text:
    finding = Finding((), f"the file is larger than {MOST_BYTES >> 20} MiB", place=Place(1, 1))
    return Text(name, "", ("",), (finding,))


def _not_utf8(name: str, data: bytes, start: int) -> Text:
    before = data[:start].decode("utf-8")
    kind = " (it looks like UTF-16)" if data.startswith(_UTF16) else ""
    finding = Finding(
        (),
        f"byte 0x{data[start]:02x} is not UTF-8{kind}",
        "save the file as UTF-8",
        place=_place(before, len(before)),
    )
    body = data.decode("utf-8", "replace")
    return Text(name, body, _lines(body), (finding,))


def _unseen(body: str) -> Iterator[Finding]:
    for found in _UNSEEN.finditer(body):
        yield Finding(
            (),
            f"the invisible character {character(found[0])}",
            "remove it",
            place=_place(body, found.start()),
        )


def _tabs(body: str) -> Iterator[Finding]:
    for found in _TAB_INDENT.finditer(body):
        place = _place(body, found.start(1))
        yield Finding((), "a tab as indentation", "indent with spaces", place=place)


def _empty(body: str) -> Iterator[Finding]:
    if not body.strip():
        yield Finding((), "the file is empty", "begin with `version: 1`", place=Place(1, 1))


def character(char: str) -> str:
    """Its number and name: the one way to talk about what cannot be seen."""
    return f"U+{ord(char):04X} ({unicodedata.name(char, 'a control character')})"


def _place(body: str, index: int) -> Place:
    start = body.rfind("\n", 0, index) + 1
    return Place(body.count("\n", 0, index) + 1, index - start + 1)
