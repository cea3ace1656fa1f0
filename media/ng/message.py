"""One NG message: COOKIE SP DOCUMENT. The document's first byte says which form it has."""

from dataclasses import dataclass
from typing import Literal

from media.ng import bencode, json_form
from media.ng.bencode import BadBencode, Read, Value
from media.ng.json_form import BadJson

Form = Literal["bencode", "json"]

LONGEST_COOKIE = 256
"""Bytes. Clients use some twenty."""


class BadNg(Exception):
    """Not a message; the text may be told."""


@dataclass(frozen=True, slots=True)
class Framed:
    cookie: bytes
    document: bytes


def split(data: bytes) -> Framed | None:
    """None: there is no cookie, so nobody could recognise a reply."""
    cookie, space, document = data.partition(b" ")
    if not space or not cookie or len(cookie) > LONGEST_COOKIE:
        return None
    return Framed(cookie, document)


def form_of(document: bytes) -> Form:
    """What an error is told in, too."""
    return "json" if document[:1] == b"{" else "bencode"


def read(document: bytes) -> dict[str, Read]:
    """Raises BadNg."""
    try:
        match document[:1]:
            case b"d":
                value = bencode.decode(document)
            case b"{":
                value = json_form.decode(document)
            case _:
                raise BadNg("Invalid data (no payload)" if not document else "Invalid data")
    except (BadBencode, BadJson) as error:
        raise BadNg(f"Invalid data: {error}") from None
    assert isinstance(value, dict)
    return value


def write(value: Value, form: Form) -> bytes:
    return json_form.encode(value) if form == "json" else bencode.encode(value)


def error(reason: str) -> dict[str, Value]:
    return {"result": "error", "error-reason": reason}
