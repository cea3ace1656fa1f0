"""The NG protocol's other form: one JSON object (RFC 8259), for the same values as bencoding."""

import json
from typing import Any

from media.ng.bencode import MOST_DEPTH, MOST_ITEMS, Read, Value


class BadJson(Exception):
    """It is none, or more than we take."""


def decode(data: bytes) -> Read:
    """Numbers with a fraction and truth values become text; null is an empty one."""
    try:
        parsed = json.loads(data.decode("utf-8"), parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):  # the module recurses, and stops in time
        raise BadJson("malformed JSON") from None
    return _checked(parsed)


def encode(value: Value) -> bytes:
    return json.dumps(_text(value), separators=(",", ":"), ensure_ascii=True).encode()


def _checked(parsed: Any) -> Read:
    """Level by level, so that depth costs nothing before it is refused."""
    level: list[Any] = [parsed]
    items = 0
    for _ in range(MOST_DEPTH + 2):
        items += len(level)
        if items > MOST_ITEMS:
            raise BadJson("too many items")
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return _read(parsed)
    raise BadJson("too deep")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _read(value: Any) -> Read:
    if isinstance(value, dict):
        return {_whole(key): _read(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_read(item) for item in value]
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    assert isinstance(value, int | str)
    return value if isinstance(value, int) else _whole(value)


def _whole(text: str) -> str:
    """Without halves of characters, which JSON can write and nothing else can."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _text(value: Value) -> Any:
    """Bytes that are no UTF-8 become marks of replacement: JSON has no place for them."""
    if isinstance(value, int):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if isinstance(value, dict):
        return {_text(key): _text(item) for key, item in value.items()}
    return [_text(item) for item in value]
