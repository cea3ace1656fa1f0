"""Bencoding, as far as rtpengine's NG protocol uses it: integers, strings, lists, dictionaries."""

Value = int | str | bytes | list["Value"] | dict[str, "Value"]
"""Strings come back as bytes, keys as text."""


class BadBencode(Exception):
    pass


def encode(value: Value) -> bytes:
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        return encode(value.encode())
    if isinstance(value, bytes):
        return b"%d:%b" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(encode, value)) + b"e"
    return b"d" + b"".join(encode(key) + encode(item) for key, item in value.items()) + b"e"


def decode(data: bytes) -> Value:
    try:
        value, end = _value(data, 0)
    except (IndexError, ValueError) as error:
        raise BadBencode(str(error)) from None
    if end != len(data):
        raise BadBencode("more after the end")
    return value


def _value(data: bytes, at: int) -> tuple[Value, int]:
    kind = data[at : at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1 : end]), end + 1
    if kind == b"l":
        return _items(data, at + 1)
    if kind == b"d":
        items, end = _items(data, at + 1)
        return _dictionary(items), end
    return _string(data, at)


def _items(data: bytes, at: int) -> tuple[list[Value], int]:
    items: list[Value] = []
    while data[at] != ord("e"):
        item, at = _value(data, at)
        items.append(item)
    return items, at + 1


def _dictionary(items: list[Value]) -> dict[str, Value]:
    done: dict[str, Value] = {}
    for key, value in zip(items[::2], items[1::2], strict=True):
        if not isinstance(key, bytes):
            raise BadBencode("a key is no string")
        done[key.decode()] = value
    return done


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    colon = data.index(b":", at)
    begin = colon + 1
    end = begin + int(data[at:colon])
    if not begin <= end <= len(data):
        raise BadBencode("a string is longer than what came")
    return data[begin:end], end
