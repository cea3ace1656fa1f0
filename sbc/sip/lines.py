"""The header part of a message as lines (RFC 3261 §7.3.1): splitting, unfolding, guarding."""

import re

from sbc.sip.errors import BadMessage
from sbc.sip.names import CANONICAL, canonical

_LONGEST_NAME = 256
_LINE_END = re.compile(r"\r\n(?![ \t])")


def read_lines(text: str, most: int) -> tuple[list[str], list[str]]:
    """The fields of a header part and their canonical names; a folded field is one string."""
    lines = text.split("\r\n")
    ends = len(lines) - 1
    if ends >= most:
        raise BadMessage(400, "Too many header lines")
    if text.count("\n") != ends or text.count("\r") != ends:
        raise BadMessage(400, "Stray line end")  # a border lets nobody see two messages in one
    if "\0" in text and not all(_nul_is_quoted(line) for line in lines if "\0" in line):
        raise BadMessage(400, "NUL in header")
    names = _index(lines)
    if "" in names:  # rare: look whether it is because of folding
        lines = _LINE_END.split(text)
        names = _index(lines)
        if "" in names:
            raise BadMessage(400, "Bad header line")
    return lines, names


def value_of(line: str) -> str:
    """Unfolded, stripped, and without the NUL that a quoted pair may have brought this far."""
    value = line.partition(":")[2]
    if "\0" in value:
        value = value.replace("\0", " ")
    if "\r" in value:
        return " ".join([part.strip(" \t") for part in value.split("\r\n")]).strip(" ")
    return value.strip(" \t")


def guard(text: str, line_ends: int) -> None:
    """What we write has just the line ends that we put there. Anything else is a fault of ours."""
    if text.count("\n") != line_ends or text.count("\r") != line_ends or "\0" in text:
        raise ValueError("line end or NUL in a header value")


def _index(lines: list[str]) -> list[str]:
    """The canonical name of each line; empty for what is no header field."""
    known = CANONICAL.get
    names = []
    for line in lines:
        written, colon, _ = line.partition(":")
        names.append((known(written) or _unknown(written)) if colon else "")
    return names


def _unknown(written: str) -> str:
    return canonical(written) if len(written) <= _LONGEST_NAME else ""


def _nul_is_quoted(line: str) -> bool:
    """RFC 3261 §25.1 lets a quoted pair hold a NUL; nothing else may."""
    quoted = False
    escaped = False
    for char in line:
        if escaped:
            escaped = False
        elif char == "\0":
            return False
        elif char == '"':
            quoted = not quoted
        else:
            escaped = quoted and char == "\\"
    return True
