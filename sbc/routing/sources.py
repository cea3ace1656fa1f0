"""Who sent this? A message belongs to the zone of its socket, then to a trunk by its source and by
the verified names of its connection (RFC 5922; Z1, X1, X6)."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from config.model import Config
from sbc.routing.certificate_names import fits, plain

_REMEMBERED = 4096
"""Answers kept. A flood of spoofed sources empties the memory, it does not fill it."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """Who comes from there is the trunk, if `names` is empty or has one of the names shown."""

    network: IPv4Network | IPv6Network
    trunk: str
    names: frozenset[str]


class Sources:
    """A name that is enough by itself comes first; then the longest matching prefix among the
    trunks of the interface's zone."""

    def __init__(self, config: Config) -> None:
        self._zones = {name: interface.zone for name, interface in config.interfaces.items()}
        self._rules: dict[str, list[_Rule]] = {}
        self._by_name: dict[str, dict[str, str]] = {}
        for name, trunk in config.trunks.items():
            who = trunk.identify
            names = frozenset(plain(each) for each in who.tls_san)
            both = who.require == "all"
            self._rules.setdefault(trunk.zone, []).extend(
                _Rule(network, name, names if both else frozenset()) for network in who.sources
            )
            if not (both and who.sources):
                by_name = self._by_name.setdefault(trunk.zone, {})
                by_name.update(dict.fromkeys(sorted(names), name))
        for rules in self._rules.values():
            rules.sort(key=lambda rule: -rule.network.prefixlen)
        self._access = {access.zone: name for name, access in config.access.items()}
        self._remembered: dict[tuple[str, str, tuple[str, ...]], str | None] = {}

    def zone(self, interface: str) -> str:
        return self._zones[interface]

    def trunk(self, interface: str, ip: str, names: tuple[str, ...] = ()) -> str | None:
        """The trunk that sends from `ip` to this interface; None: unknown, to be denied.

        `names`: those of the certificate that was verified on the connection.
        """
        key = (interface, ip, names)
        if key in self._remembered:
            return self._remembered[key]
        found = self._search(self._zones[interface], ip, names)
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        self._remembered[key] = found
        return found

    def access(self, interface: str) -> str | None:
        """The access group whose phones may come in here, from wherever they are."""
        return self._access.get(self._zones[interface])

    def may_be_known(self, interface: str, ip: str, *, secure: bool) -> bool:
        """Whether one from there can turn out to be a trunk, once we know a name of his."""
        zone = self._zones[interface]
        if zone in self._access:
            return True
        if secure and self._by_name.get(zone):
            return True
        return any(secure or not rule.names for rule in self._matching(zone, ip))

    def _search(self, zone: str, ip: str, names: tuple[str, ...]) -> str | None:
        by_name = self._by_name.get(zone, {})
        for name in names:
            if name in by_name:
                return by_name[name]
        for rule in self._matching(zone, ip):
            if not rule.names or fits(names, rule.names):
                return rule.trunk
        return None

    def _matching(self, zone: str, ip: str) -> list[_Rule]:
        address = ip_address(ip.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return [
            rule
            for rule in self._rules.get(zone, ())
            if address.version == rule.network.version and address in rule.network
        ]
