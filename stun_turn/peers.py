"""With whom a client may exchange data through us (RFC 8656 §21.1.6): a relay inside a network is a
door into it, so it opens only to what is public or was allowed by name."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")
_STATELESS = 0xFFFF0000
_NEVER_PUBLIC = tuple(
    IPv6Network(each)
    for each in (
        "64:ff9b:1::/48",  # a network's own NAT64 (RFC 8215)
        "fec0::/10",  # site-local, of old (RFC 3879)
        "3fff::/20",  # documentation (RFC 9637)
        "5f00::/16",  # segment identifiers (RFC 9602)
    )
)
"""What the standard library would call global, or does from one version to the next."""


class PeerRules:
    """`allowed` holds before `denied`, and both before what is never public; our own addresses are
    denied whatever the others say."""

    def __init__(
        self,
        allowed: Iterable[Network] = (),
        denied: Iterable[Network] = (),
        own: Iterable[str] = (),
    ) -> None:
        self._allowed = tuple(allowed)
        self._denied = tuple(denied)
        self.own = frozenset(canonical(each) for each in own)
        """Where only what we relay ourselves can be reached, by going round inside."""
        self.may = lru_cache(maxsize=4096)(self._may)
        """May data go to, and come from, this IP address?"""

    def _may(self, ip: str) -> bool:
        plain = canonical(ip)
        address = ip_address(plain)
        if plain in self.own:
            return False
        if any(address in network for network in self._allowed):
            return not (address.is_multicast or address.is_unspecified)
        if any(address in network for network in self._denied):
            return False
        if any(address in network for network in _NEVER_PUBLIC):
            return False
        return address.is_global and not address.is_multicast


def canonical(ip: str) -> str:
    """The one spelling of an address; an IPv4 address that is wrapped into IPv6 comes out."""
    address = ip_address(ip.partition("%")[0])
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or _translated(address)
        if inner is None and address.teredo is not None:
            inner = address.teredo[1]
        if inner is not None:
            return str(inner)
    return str(address)


def _translated(address: IPv6Address) -> IPv4Address | None:
    """Behind the well-known prefix of NAT64 (RFC 6052 §2.1), in the old form `::a.b.c.d`, and in
    that of stateless translators, `::ffff:0:a.b.c.d` (RFC 2765 §2.1)."""
    low, high = int(address) & 0xFFFFFFFF, int(address) >> 32
    compatible = (high == 0 and low > 1) or high == _STATELESS
    return IPv4Address(low) if address in _NAT64 or compatible else None
