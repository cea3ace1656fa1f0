"""Addresses in a session description: the c= field (RFC 8866 §5.7), and those hidden elsewhere."""

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_CONNECTION = re.compile(r"IN IP([46]) ([0-9A-Fa-f.:]{2,45})((?:/[0-9]{1,3}){0,2}) *")

# Every alternative is of bounded length: a search stays linear, whatever a peer sends.
_NAMES_A_HOST = re.compile(
    r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}"
    r"|[0-9A-Fa-f]::|::[0-9A-Fa-f]|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}"
    r"|[0-9A-Za-z-]\.[A-Za-z]{2}|://|@"
)

UNSPECIFIED = frozenset({"0.0.0.0", "::"})  # noqa: S104 - hold in the manner of RFC 2543
MULTICAST_FROM = 224
"""First octet from which an IPv4 address is multicast, reserved or broadcast."""


@lru_cache(maxsize=1024)
def connection_address(value: str) -> str | None:
    """The address of a c= value in its canonical form; None unless it is an IP literal.

    A domain name is legal there, but a border does no look-up on behalf of a peer.
    """
    match = _CONNECTION.fullmatch(value)
    if match is None:
        return None
    family, address, _multicast = match.groups()
    return canonical(address) if (":" in address) == (family == "6") else None


def canonical(address: str) -> str | None:
    """An IP literal as it is compared; None when it is not one (or has a zone)."""
    if ":" not in address:
        return address if _IPV4.fullmatch(address) else None
    try:
        return str(IPv6Address(address)) if "%" not in address else None
    except ValueError:
        return None


def is_unicast(address: str) -> bool:
    """Could one peer be there? The unspecified address counts: it means hold."""
    if address in UNSPECIFIED:
        return True
    if ":" in address:
        return not address.startswith("ff")
    return 0 < int(address.split(".", 1)[0]) < MULTICAST_FROM


_PRIVATE = tuple(
    ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),  # RFC 1918
        "100.64.0.0/10",  # RFC 6598
        *("169.254.0.0/16", "fe80::/10"),
        *("127.0.0.0/8", "::1/128"),
        "fc00::/7",  # RFC 4193
    )
)


@lru_cache(maxsize=4096)
def is_private(address: str) -> bool:
    """Does it mean another host elsewhere?"""
    ip = ip_address(address)
    return any(ip in network for network in _PRIVATE if network.version == ip.version)


def family(address: str) -> str:
    """The <addrtype> of RFC 8866 §5.7."""
    return "IP6" if ":" in address else "IP4"


def names_a_host(text: str) -> bool:
    """Does this text hold an IP address, or what looks like the name of a host?"""
    return _NAMES_A_HOST.search(text) is not None
