"""From, To, Contact, Route and their kin: `name-addr` and `addr-spec` of RFC 3261 §20.10."""

import re
from functools import lru_cache

from msgspec import Struct

from sbc.sip.errors import BadMessage
from sbc.sip.grammar import (
    QUOTED,
    Params,
    format_params,
    param,
    parse_params,
    quote,
    split_items,
    unquote,
)

_WORTH_KEEPING = 256
_NOT_IN_NAME = re.compile(r'["(),/:;=>?@\[\\\]{}\x00-\x08\x0a-\x1f\x7f]')


class NameAddr(Struct, frozen=True):
    display: str
    """Without its quotes; empty when there was none."""

    uri: str
    """As written. `*` in a Contact that unregisters everything."""

    params: Params = ()
    """The header's own parameters, names in lower case."""

    @staticmethod
    def parse(text: str) -> "NameAddr":
        return _parse_cached(text) if len(text) <= _WORTH_KEEPING else _parse(text)

    def __str__(self) -> str:
        params = format_params(self.params)
        if self.uri == "*":
            return f"*{params}"
        return (
            f"{quote(self.display)} <{self.uri}>{params}"
            if self.display
            else (f"<{self.uri}>{params}")
        )

    def param(self, name: str) -> str | None:
        """The value of a parameter: empty for a bare name, None when it is not there."""
        return param(self.params, name)

    @property
    def tag(self) -> str | None:
        return param(self.params, "tag")


def parse_list(text: str) -> list[NameAddr]:
    return [NameAddr.parse(item) for item in split_items(text)]


def _parse(text: str) -> NameAddr:
    if text.startswith('"'):
        display, after = _quoted(text)
        if not after.startswith("<"):
            raise BadMessage(400, "Bad address")
        return _bracketed(display, after[1:])
    display, bracket, after = text.partition("<")
    if not bracket:
        return _bare(text)
    if display:
        display = display.strip(" \t")
        if _NOT_IN_NAME.search(display):
            raise BadMessage(400, "Bad display name")
    return _bracketed(display, after)


_parse_cached = lru_cache(maxsize=2048)(_parse)  # From and To stay the same for a whole dialog


def _quoted(text: str) -> tuple[str, str]:
    """The display name, and what follows it."""
    end = text.find('"', 1)
    if end > 0 and "\\" not in text:
        return text[1:end], text[end + 1 :].lstrip(" \t")
    found = QUOTED.match(text)
    if found is None:
        raise BadMessage(400, "Unbalanced quote")
    return unquote(found.group()), text[found.end() :].lstrip(" \t")


def _bracketed(display: str, text: str) -> NameAddr:
    uri, closed, rest = text.partition(">")
    if not closed or not _may_be_uri(uri):
        raise BadMessage(400, "Bad address")
    return NameAddr(display, uri, parse_params(rest))


def _bare(text: str) -> NameAddr:
    """Without brackets all parameters are the header's, and the URI holds no `?` and no `,`."""
    uri, semicolon, rest = text.partition(";")
    uri = uri.strip(" \t")
    if "?" in uri or "," in uri or not _may_be_uri(uri):
        raise BadMessage(400, "Bad address")
    return NameAddr("", uri, parse_params(semicolon + rest))


def _may_be_uri(text: str) -> bool:
    """Enough to say where it begins and ends; `Uri.parse` says the rest."""
    if not text or not text.isprintable():
        return False
    return not (" " in text or '"' in text or "<" in text or ">" in text)
