"""Hosts and ports (`hostport` of RFC 3261 §25.1, IPv6 references as in RFC 5118)."""

import re
from functools import lru_cache
from ipaddress import IPv6Address

from sbc.sip.errors import BadMessage

# Underscores are not in the grammar, but real networks are full of them.
_NAME = re.compile(r"[A-Za-z0-9._-]++")
_EXTRA_COLON = re.compile(r":::(?=[0-9]++\.[0-9.]++$)")
_LONGEST = 256


def parse_host_port(text: str) -> tuple[str, int | None]:
    """Reads `host`, `host:port` or `[IPv6]:port`; the host comes without brackets."""
    if len(text) > _LONGEST:
        raise BadMessage(400, "Host too long")
    return _parse(text)


def format_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@lru_cache(maxsize=2048)
def _parse(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        rest = rest.lstrip(" \t")
        if not closed or not is_ipv6(host) or (rest and not rest.startswith(":")):
            raise BadMessage(400, "Bad IPv6 reference")
        return host, parse_port(rest[1:]) if rest else None
    host, colon, port = text.partition(":")
    host = host.rstrip(" \t")
    if not _NAME.fullmatch(host):
        raise BadMessage(400, "Bad host")
    return host, parse_port(port) if colon else None


def is_ipv6(text: str) -> bool:
    """Also with a third colon before an IPv4 tail, which RFC 5118 §4.10 has us bear."""
    try:
        IPv6Address(_EXTRA_COLON.sub("::", text))
    except ValueError:
        return False
    return "%" not in text


def parse_port(text: str) -> int:
    text = text.strip(" \t")
    if not (text.isascii() and text.isdigit()) or len(text) > 5 or not 0 < int(text) < 65_536:
        raise BadMessage(400, "Bad port")
    return int(text)
