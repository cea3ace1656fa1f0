"""From, To, Contact, Route and their kin: `name-addr` and `addr-spec` of RFC 3261 §20.10."""

import re
from dataclasses import dataclass

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

_NOT_IN_NAME = re.compile(r'["(),/:;=>?@\[\\\]{}\x00-\x08\x0a-\x1f\x7f]')
_NOT_IN_URI = re.compile(r'[\x00-\x20\x7f<>"]')


@dataclass(frozen=True, slots=True)
class NameAddr:
    display: str
    """Without its quotes; empty when there was none."""

    uri: str
    """As written. `*` in a Contact that unregisters everything."""

    params: Params = ()
    """The header's own parameters, names in lower case."""

    @staticmethod
    def parse(text: str) -> "NameAddr":
        if text.startswith('"'):
            found = QUOTED.match(text)
            if found is None:
                raise BadMessage(400, "Unbalanced quote")
            start = found.end()
            after = text[start:].lstrip(" \t")
            if not after.startswith("<"):
                raise BadMessage(400, "Bad address")
            return _bracketed(unquote(found.group()), after[1:])
        name, bracket, after = text.partition("<")
        if not bracket:
            return _bare(text)
        if name:
            name = name.strip(" \t")
            if _NOT_IN_NAME.search(name):
                raise BadMessage(400, "Bad display name")
        return _bracketed(name, after)

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


def _bracketed(display: str, text: str) -> NameAddr:
    uri, closed, rest = text.partition(">")
    if not closed or not uri or _NOT_IN_URI.search(uri):
        raise BadMessage(400, "Bad address")
    return NameAddr(display, uri, parse_params(rest))


def _bare(text: str) -> NameAddr:
    """Without brackets all parameters are the header's, and the URI holds no `?` and no `,`."""
    uri, semicolon, rest = text.partition(";")
    uri = uri.strip(" \t")
    if not uri or "?" in uri or "," in uri or _NOT_IN_URI.search(uri):
        raise BadMessage(400, "Bad address")
    return NameAddr("", uri, parse_params(semicolon + rest))
