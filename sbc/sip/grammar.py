"""Pieces of RFC 3261 §25.1 that several headers share: tokens, quoted strings, lists, parameters.

Every pattern is possessive and matches an unterminated quote to its end, so that no input, however
hostile, is scanned more than once.
"""

import re

from sbc.sip.errors import BadMessage

Params = tuple[tuple[str, str | None], ...]
"""Names in lower case; the value as written, quotes and all; None for a bare name."""

TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]++")
QUOTED = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_ITEMS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|<[^>]*+>?|,', re.DOTALL)
_PARAMS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|;', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MOST_PARAMS = 100
_CONTROLS = dict.fromkeys([*range(32), 127])

COMMON_PARAMS = frozenset(
    [
        "branch",
        "expires",
        "lr",
        "maddr",
        "method",
        "ob",
        "q",
        "received",
        "rport",
        "tag",
        "transport",
        "ttl",
        "user",
    ]
)


def is_token(text: str) -> bool:
    return TOKEN.fullmatch(text) is not None


def split_words(text: str) -> list[str]:
    """Words between white space, which in SIP is only SP and HT."""
    words = text.split(" ")
    if "" in words or "\t" in text:
        words = [word for word in text.replace("\t", " ").split(" ") if word]
    return words


def number(text: str, most: int, what: str) -> int:
    """A decimal number of any written length, at most `most`."""
    if not (text.isascii() and text.isdigit()):
        raise BadMessage(400, f"Bad {what}")
    if len(text) > 10:  # RFC 4475 §3.1.2.4: scalars may overflow; leading zeros may not matter
        text = text.lstrip("0") or "0"
    if len(text) > 20 or (value := int(text)) > most:
        raise BadMessage(400, f"Bad {what}")
    return value


def split_items(text: str) -> list[str]:
    """Elements of a comma list (RFC 3261 §7.3.1); commas in quotes and in `<>` do not count."""
    if "," not in text:
        return [text.strip(" \t")] if text else []
    if '"' not in text and "<" not in text:
        return [item.strip(" \t") for item in text.split(",")]
    return [item.strip(" \t") for item in _split(text, _ITEMS, ",")]


def parse_params(text: str) -> Params:
    """Reads `;name=value;name`, which is all of `text` but for white space."""
    if not text:
        return ()
    plain = not ('"' in text or " " in text or "\t" in text)
    parts = text.split(";") if plain else _split(text, _PARAMS, ";")
    if parts[0].strip(" \t"):
        raise BadMessage(400, "Bad parameters")
    if len(parts) > _MOST_PARAMS:
        raise BadMessage(400, "Too many parameters")
    del parts[0]
    pairs: list[tuple[str, str | None]] = []
    for part in parts:
        name, equals, value = part.partition("=")
        if name not in COMMON_PARAMS:
            name = _param_name(name)
        if equals:
            pairs.append((name, value if plain else _param_value(value)))
        else:
            pairs.append((name, None))
    if len(pairs) > 1 and len(dict(pairs)) != len(pairs):
        raise BadMessage(400, "Repeated parameter")  # RFC 3261 §7.3.1
    return tuple(pairs)


def format_params(params: Params) -> str:
    return "".join([f";{name}" if value is None else f";{name}={value}" for name, value in params])


def param(params: Params, name: str) -> str | None:
    """The value of `name`: empty for a bare name, None when it is not there."""
    for each, value in params:
        if each == name:
            return value or ""
    return None


def unquote(quoted: str) -> str:
    """The text inside a quoted string."""
    inner = quoted[1:-1]
    return _ESCAPE.sub(r"\1", inner) if "\\" in inner else inner


def quote(text: str) -> str:
    """A quoted string. Control characters do not survive: they could only do harm."""
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text if text.isprintable() else text.translate(_CONTROLS)}"'


def _param_name(text: str) -> str:
    name = text.strip(" \t")
    if not is_token(name):
        raise BadMessage(400, "Bad parameter name")
    return name.lower()


def _param_value(text: str) -> str:
    value = text.strip(" \t")
    if '"' in value:
        if not QUOTED.fullmatch(value):
            raise BadMessage(400, "Bad quoted string")
    elif " " in value or "\t" in value:
        raise BadMessage(400, "Bad parameter value")
    return value


def _split(text: str, pattern: re.Pattern[str], separator: str) -> list[str]:
    parts: list[str] = []
    start = 0
    for found in pattern.finditer(text):
        if found.group() == separator:
            parts.append(text[start : found.start()])
            start = found.end()
    parts.append(text[start:])
    return parts
