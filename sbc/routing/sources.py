"""Who sent this? A message belongs to the zone of its socket, then to a trunk by its source (Z1,
X1)."""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from config.model import Config

_REMEMBERED = 4096
"""Answers kept. A flood of spoofed sources empties the memory, it does not fill it."""


class Sources:
    """The longest matching prefix among the trunks of the interface's zone."""

    def __init__(self, config: Config) -> None:
        self._zones = {name: interface.zone for name, interface in config.interfaces.items()}
        self._networks: dict[str, list[tuple[IPv4Network | IPv6Network, str]]] = {}
        for name, trunk in config.trunks.items():
            of_zone = self._networks.setdefault(trunk.zone, [])
            of_zone += [(network, name) for network in trunk.identify.sources]
        for of_zone in self._networks.values():
            of_zone.sort(key=lambda entry: -entry[0].prefixlen)
        self._remembered: dict[tuple[str, str], str | None] = {}

    def zone(self, interface: str) -> str:
        return self._zones[interface]

    def trunk(self, interface: str, ip: str) -> str | None:
        """The trunk that sends from `ip` to this interface; None: unknown, to be denied."""
        key = (interface, ip)
        if key in self._remembered:
            return self._remembered[key]
        found = self._search(self._zones[interface], ip)
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        self._remembered[key] = found
        return found

    def _search(self, zone: str, ip: str) -> str | None:
        address = ip_address(ip.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        for network, trunk in self._networks.get(zone, ()):
            if address.version == network.version and address in network:
                return trunk
        return None
