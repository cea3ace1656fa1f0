"""The header part of a message as lines (RFC 3261 §7.3.1): splitting, unfolding, guarding."""

import re

from sbc.sip.errors import BadMessage
from sbc.sip.names import CANONICAL, SPELLING, canonical

_LONGEST_NAME = 256
_LINE_END = re.compile(r"\r\n(?![ \t])")


def read_lines(text: str, most: int) -> tuple[list[str], list[str], dict[str, str]]:
    """The fields of a header part, a folded one as one string, and what `index` says of them."""
    lines = text.split("\r\n")
    ends = len(lines) - 1
    if ends >= most:
        raise BadMessage(400, "Too many header lines")
    if text.count("\n") != ends or text.count("\r") != ends:
        raise BadMessage(400, "Stray line end")  # a border lets nobody see two messages in one
    if "\0" in text and not all(_nul_is_quoted(line) for line in lines if "\0" in line):
        raise BadMessage(400, "NUL in header")
    names, values = index(lines, text)
    if "" in values:  # rare: look whether it is because of folding
        lines = _LINE_END.split(text)
        names, values = index(lines, text)
        if "" in values:
            raise BadMessage(400, "Bad header line")
    return lines, names, values


def index(lines: list[str], text: str) -> tuple[list[str], dict[str, str]]:
    """The canonical name of each line, empty for what is no header field; and the first value of
    each name. `text`: the lines, joined.
    """
    names: list[str] = []
    values: dict[str, str] = {}
    for line in lines:
        written, colon, value = line.partition(":")
        name = (CANONICAL.get(written) or _unknown(written)) if colon else ""
        names.append(name)
        if name not in values:
            values[name] = value.strip(" \t")
    if "\0" in text or text.count("\r") >= len(lines):
        values = {name: _cleaned(value) for name, value in values.items()}
    return names, values


def value_of(line: str) -> str:
    """Unfolded, stripped, and without the NUL that a quoted pair may have brought this far."""
    value = line.partition(":")[2]
    return _cleaned(value) if "\r" in value or "\0" in value else value.strip(" \t")


def unfolded(line: str) -> str:
    """The same field on one line."""
    name = canonical(line.partition(":")[0])
    return f"{SPELLING.get(name, name)}: {value_of(line)}"


def _cleaned(value: str) -> str:
    parts = value.replace("\0", " ").split("\r\n")
    return " ".join([part.strip(" \t") for part in parts]).strip(" ")


def guard(text: str, line_ends: int) -> None:
    """What we write has just the line ends that we put there. Anything else is a fault of ours."""
    if text.count("\n") != line_ends or text.count("\r") != line_ends or "\0" in text:
        raise ValueError("line end or NUL in a header value")


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
