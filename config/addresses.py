"""IP addresses and networks as they are written, with a hint for each usual slip."""

import re
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from config.problems import Misread, quoted

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network

_NETWORK = re.compile(r"[0-9a-fA-F:.]+(?:/[0-9]{1,3})?", re.ASCII)
_MAPPED = IPv6Network("::ffff:0:0/96")


def parse_address(written: object) -> IpAddress:
    if isinstance(written, IPv4Address | IPv6Address):
        return written
    try:
        # A number would be taken too, as the address with this value.
        address = ip_address(written if isinstance(written, str) else "")
    except ValueError:
        raise Misread(
            f"{quoted(written)} is not an IP address", _address_hint(str(written))
        ) from None
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id is not None:
        raise Misread(f"{quoted(written)} has a zone index", "use an address without `%`")
    if address.ipv4_mapped is not None:
        # One peer must have one address, or its rules can be walked around.
        raise Misread(f"{quoted(written)} is an IPv4 address", f"write {address.ipv4_mapped}")
    return address


def parse_network(written: object) -> IpNetwork:
    """A network, or one address as the network of that address alone."""
    if isinstance(written, IPv4Network | IPv6Network):
        return written
    text = written if isinstance(written, str) else ""
    found = _NETWORK.fullmatch(text)
    try:
        network = ip_network(text if found else "", strict=False)
    except ValueError:
        hint = "write it like 192.0.2.0/24 or 2001:db8::/32"
        raise Misread(f"{quoted(written)} is not an IP network", hint) from None
    host = ip_address(text.partition("/")[0])
    if host != network.network_address:
        message = f"{quoted(written)} has bits set behind its prefix"
        raise Misread(message, f"write {network} or {host}/{network.max_prefixlen}")
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        raise Misread(f"{quoted(written)} covers IPv4 addresses", "write the IPv4 network")
    return network


def _address_hint(text: str) -> str:
    if re.fullmatch(r"[0-9.]+/[0-9]+|[0-9a-fA-F:]+/[0-9]+", text):
        return "one address is wanted, not a network"
    if re.fullmatch(r"\[[0-9a-fA-F:]+\]", text):
        return f"write {text[1:-1]}, without brackets"
    if re.fullmatch(r"(?=.*[a-zA-Z])[a-zA-Z0-9.-]+", text):
        return "names are not looked up: write the address"
    return "write it like 192.0.2.1 or 2001:db8::1"
