"""SIP and SIPS URIs (RFC 3261 §19.1); every other scheme stays opaque."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from sbc.sip.errors import BadMessage
from sbc.sip.grammar import Params, format_params, parse_params
from sbc.sip.host import format_host, parse_host_port

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*+")
_LEGAL = re.compile(r"[!#-;=?-Z\[\]_a-z~]++")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_WORTH_KEEPING = 256
_COMPARED_IF_IN_EITHER = ("user", "ttl", "method", "maddr")


@dataclass(frozen=True, slots=True)
class Uri:
    scheme: str
    """In lower case."""

    user: str | None
    """As written, escapes and all; a password stays in it as `user:password`."""

    host: str
    """Without brackets. Of an opaque scheme: all that follows the colon."""

    port: int | None = None
    params: Params = ()
    """Names in lower case."""

    headers: str = ""
    """What stood after the question mark, as written."""

    @staticmethod
    def parse(text: str) -> "Uri":
        return _parse_cached(text) if len(text) <= _WORTH_KEEPING else _parse(text)

    def __str__(self) -> str:
        if self.scheme not in ("sip", "sips"):
            return f"{self.scheme}:{self.host}"
        user = "" if self.user is None else f"{self.user}@"
        host = format_host(self.host)
        port = "" if self.port is None else f":{self.port}"
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{host}{port}{format_params(self.params)}{headers}"

    def param(self, name: str) -> str | None:
        """The value of a parameter: empty for a bare name, None when it is not there."""
        for key, value in self.params:
            if key == name or ("%" in key and unquote(key).lower() == name):
                return value or ""
        return None


def same_uri(a: Uri, b: Uri) -> bool:
    """Equal by the rules of RFC 3261 §19.1.4."""
    if (a.scheme, a.host.lower(), a.port) != (b.scheme, b.host.lower(), b.port):
        return False
    if (a.user and unquote(a.user)) != (b.user and unquote(b.user)):
        return False
    mine, theirs = _comparable(a.params), _comparable(b.params)
    if any(mine[name] != theirs[name] for name in mine.keys() & theirs.keys()):
        return False
    if any((name in mine) != (name in theirs) for name in _COMPARED_IF_IN_EITHER):
        return False
    return _header_set(a.headers) == _header_set(b.headers)


def _comparable(params: Params) -> dict[str, str]:
    return {unquote(name).lower(): unquote(value or "").lower() for name, value in params}


def _header_set(headers: str) -> set[tuple[str, str]]:
    pairs = [each.partition("=") for each in headers.split("&") if each]
    return {(unquote(name).lower(), unquote(value)) for name, _, value in pairs}


def _parse(text: str) -> Uri:
    scheme, _, rest = text.partition(":")
    if not _LEGAL.fullmatch(rest) or ("%" in rest and _BAD_ESCAPE.search(rest)):
        raise BadMessage(400, "Bad URI")
    scheme = scheme.lower()
    if scheme not in ("sip", "sips"):
        if not _SCHEME.fullmatch(scheme):
            raise BadMessage(400, "Bad URI")
        return Uri(scheme, None, rest)
    user: str | None
    user, at, after = rest.partition("@")
    if not at:
        user, after = None, rest
    elif not user:
        raise BadMessage(400, "Bad URI")
    after, _, headers = after.partition("?")
    host_port, semicolon, params = after.partition(";")
    host, port = parse_host_port(host_port)
    return Uri(scheme, user, host, port, parse_params(semicolon + params), headers)


_parse_cached = lru_cache(maxsize=2048)(_parse)
