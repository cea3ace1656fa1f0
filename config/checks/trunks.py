"""Trunks: where they send, who they are, and whether their zone has a way out to them."""

import re
from collections.abc import Iterator

from config.addresses import IpNetwork
from config.endpoint import TRANSPORTS, Target, parse_endpoint
from config.model import Config
from config.problems import Finding, Loc, Misread, path_of, quoted

_LABEL = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?", re.ASCII)


def domains(config: Config) -> Iterator[Finding]:
    for name, trunk in config.trunks.items():
        if trunk.domain is not None and not is_host(trunk.domain):
            message = f"{quoted(trunk.domain)} is not the name of a domain"
            hint = "letters, digits, hyphens and dots, such as sip.example.com; no port"
            yield Finding(("trunks", name, "domain"), message, hint)


def is_host(text: str) -> bool:
    """RFC 1123 §2.1. An address with dots is one too; what is not ASCII is written in punycode."""
    return len(text) <= 253 and all(_LABEL.fullmatch(label) for label in text.split("."))


def endpoints(config: Config) -> Iterator[Finding]:
    own = {
        (sip.transport, address, sip.port): path_of(("interfaces", name))
        for name, interface in config.interfaces.items()
        for sip in interface.sip
        for address in (interface.bind, interface.shown)
    }
    for loc, uri, _ in _uris(config):
        try:
            target = parse_endpoint(uri)
        except Misread as error:
            yield Finding(loc, str(error), error.hint)
            continue
        if target.address is None:
            continue
        if owner := own.get((target.transport, target.address, target.port)):
            yield Finding(loc, f"{quoted(uri)} is our own {owner}: calls would go in a circle")


def accounts(config: Config) -> Iterator[Finding]:
    for name, trunk in config.trunks.items():
        if trunk.register_ is not None and trunk.register_.user is None and trunk.auth is None:
            hint = "add `user`, or an `auth` block"
            yield Finding(("trunks", name, "register"), "as whom we register is not said", hint)


def collector(config: Config) -> Iterator[Finding]:
    """It learns who spoke with whom, and from where."""
    found = config.monitoring.quality.collector
    loc: Loc = ("monitoring", "quality", "collector", "trunk")
    if found is None:
        return
    trunk = config.trunks.get(found.trunk)
    if trunk is None:
        yield Finding(loc, f"there is no trunk {quoted(found.trunk)}")
        return
    zone = config.zones.get(trunk.zone)
    if zone is not None and zone.trust != "trusted":
        message = f"the zone of {quoted(found.trunk)} is not trusted, and reports name both sides"
        yield Finding(loc, message)


def sources(config: Config) -> Iterator[Finding]:
    """The longest prefix wins; two of the same length and bits cannot be told apart."""
    first: dict[tuple[str, IpNetwork], tuple[str, Loc]] = {}
    for name, trunk in config.trunks.items():
        zone = config.zones.get(trunk.zone)
        for index, network in enumerate(trunk.identify.sources):
            loc: Loc = ("trunks", name, "identify", "sources", index)
            owner, where = first.setdefault((trunk.zone, network), (name, loc))
            if owner != name:
                hint = "within a zone each source belongs to one trunk"
                yield Finding(loc, f"{network} is also in {path_of(where)}", hint)
            if network.prefixlen == 0 and zone is not None and zone.trust == "untrusted":
                message = "everybody in this untrusted zone is taken for the trunk"
                yield Finding(loc, message, "name its networks", severity="warning")


def zones_without_interface(config: Config) -> Iterator[Finding]:
    served = {interface.zone for interface in config.interfaces.values()}
    for name in config.zones:
        if name not in served:
            hint = f"give an interface `zone: {name}`, or remove the zone"
            yield Finding(("zones", name), "no interface leads to this zone", hint, at_key=True)


def ways_out(config: Config) -> Iterator[Finding]:
    """A trunk is called from an interface of its zone, with its transport and address family."""
    ways = {
        (interface.zone, sip.transport, interface.bind.version)
        for interface in config.interfaces.values()
        for sip in interface.sip
    }
    served = {interface.zone for interface in config.interfaces.values()}
    for loc, uri, zone in _uris(config):
        target = _target(uri)
        if target is None or zone not in served:
            continue
        if target.address is None:
            if not any(transport in TRANSPORTS for at, transport, _ in ways if at == zone):
                message = f"no interface of the zone {quoted(zone)} can call anybody"
                yield Finding(loc, message, "add a listener by udp, tcp or tls to one")
            continue
        if (zone, target.transport, target.address.version) not in ways:
            what = f"{target.transport} over IPv{target.address.version}"
            message = f"no interface of the zone {quoted(zone)} speaks {what}"
            yield Finding(loc, message, "add a listener to one, or change the endpoint")


def _uris(config: Config) -> Iterator[tuple[Loc, str, str]]:
    """Every endpoint: its way, its URI, the zone of its trunk."""
    for name, trunk in config.trunks.items():
        for index, endpoint in enumerate(trunk.endpoints):
            yield ("trunks", name, "endpoints", index, "uri"), endpoint.uri, trunk.zone


def targets(config: Config) -> Iterator[tuple[Loc, Target, str]]:
    """Every endpoint that can be read: its way, where it leads, the name of its trunk."""
    for loc, uri, _ in _uris(config):
        target = _target(uri)
        if target is not None:
            yield loc, target, str(loc[1])


def _target(uri: str) -> Target | None:
    try:
        return parse_endpoint(uri)
    except Misread:
        return None
