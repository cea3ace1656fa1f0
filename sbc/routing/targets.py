"""How a trunk is reached: its endpoints as addresses and flows, best first (R2)."""

from dataclasses import dataclass
from ipaddress import ip_address

from config.endpoint import parse_endpoint
from config.model import Config, Endpoint, Trunk
from sbc.actions import Flow
from sbc.location.cooldown import Cooldown, last
from sbc.location.finder import Finder
from sbc.location.wanted import Wanted, wanted
from sbc.routing.certificate_names import plain
from sbc.routing.listeners import Listener, Listeners
from sbc.sip.uri import Uri


@dataclass(frozen=True, slots=True)
class Target:
    """One endpoint of a trunk, and our socket towards it."""

    trunk: str
    uri: Uri
    flow: Flow
    listener: Listener
    weight: int
    priority: int
    contact: str | None = None
    """Of a phone: its own Contact, which is what it wants to be called by. None: a trunk, which is
    told who is called at its address."""
    user: str | None = None
    """Whose phone it is."""
    together: bool = False
    """It may ring beside others of the same user and priority."""
    instance: str | None = None
    """Which device it is, if it says so."""
    survives: bool = False
    """Tried only if whatever came before it is out of order."""


@dataclass(frozen=True, slots=True)
class _Named:
    """An endpoint whose servers the DNS knows (RFC 3263)."""

    trunk: str
    zone: str
    uri: Uri
    wanted: Wanted
    domain: str | None
    weight: int
    priority: int


FAILED = 30.0
"""Seconds for which an address that did not answer, or has answered 503, is passed over."""


class Targets:
    """Endpoints by priority; among equals a weighted round robin, which needs no random source.

    Addresses that have just failed come behind the others (RFC 3263 §4.3).
    """

    def __init__(self, config: Config, listeners: Listeners, finder: Finder | None = None) -> None:
        self._listeners = listeners
        self._finder = finder
        self._cooldown = Cooldown()
        self._of: dict[str, list[Target | _Named]] = {}
        self._turn: dict[str, list[int]] = {}
        for name, trunk in config.trunks.items():
            targets = [self._endpoint(name, trunk, each) for each in trunk.endpoints]
            self._of[name] = sorted(targets, key=lambda target: target.priority)
            self._turn[name] = [0] * len(targets)

    def of(self, trunk: str, now: float = 0.0) -> list[Target]:
        """Every endpoint of `trunk` in the order in which this call should try them; none, if no
        name of it could be looked up."""
        found: list[Target] = []
        for each in self._in_turn(trunk):
            found += [each] if isinstance(each, Target) else self._servers(each)
        if not self._cooldown.any():
            return found
        return last(found, (self._cooldown.cools(each.flow, now) for each in found))

    def all(self, trunk: str) -> list[Target]:
        """Every endpoint by priority; no turn is taken."""
        found: list[Target] = []
        for each in self._of[trunk]:
            found += [each] if isinstance(each, Target) else self._servers(each)
        return found

    def failed(self, target: Target, now: float, seconds: float = FAILED) -> bool:
        """It is left in peace for a while. Was it not so before?"""
        return self._cooldown.failed(target.flow, seconds, now)

    def cools(self, flow: Flow, now: float) -> bool:
        """The same of an address alone."""
        return self._cooldown.failed(flow, FAILED, now)

    def is_cool(self, flow: Flow, now: float) -> bool:
        return self._cooldown.any() and self._cooldown.cools(flow, now)

    def warms(self, flow: Flow) -> None:
        if self._cooldown.any():
            self._cooldown.worked(flow)

    def worked(self, target: Target) -> None:
        if self._cooldown.any():
            self._cooldown.worked(target.flow)

    def _in_turn(self, trunk: str) -> list[Target | _Named]:
        targets, credit = self._of[trunk], self._turn[trunk]
        if len(targets) == 1:
            return targets
        for place, target in enumerate(targets):
            credit[place] += target.weight
        order = sorted(range(len(targets)), key=lambda at: (targets[at].priority, -credit[at]))
        same = [at for at in order if targets[at].priority == targets[order[0]].priority]
        credit[order[0]] -= sum(targets[at].weight for at in same)
        for at in range(len(targets)):
            if at not in same:
                credit[at] = 0
        return [targets[at] for at in order]

    def _endpoint(self, name: str, trunk: Trunk, endpoint: Endpoint) -> Target | _Named:
        way = parse_endpoint(endpoint.uri)
        if way.address is not None:
            return _target(name, trunk, endpoint, self._listeners)
        uri = Uri.parse(endpoint.uri)
        asked = wanted(uri)
        assert asked is not None, "config.checks has refused such an endpoint"
        named = _Named(
            name, trunk.zone, uri, asked, trunk.domain, endpoint.weight, endpoint.priority
        )
        if self._finder is not None:
            self._finder.watch(asked, self._listeners.ways(trunk.zone))
        return named

    def _servers(self, named: _Named) -> list[Target]:
        """Never ourselves: a name that leads to us would make a loop. Nor, from a listener that the
        network can reach, this host: whoever writes the zone could have us speak to its services.
        """
        found = []
        for server in self._finder.servers(named.wanted) if self._finder is not None else ():
            six = ":" in server.ip
            listener = self._listeners.in_zone(named.zone, server.transport, ipv6=six)
            if listener is None or self._listeners.is_ours(server.ip, server.port):
                continue
            if is_nobodys(server.ip, listener.ip):
                continue
            tls = server.transport == "tls"
            names = wanted_names(named.domain, named.uri.host) if tls else ()
            where = (server.ip, server.port)
            flow = Flow(listener.interface, server.transport, where, names)
            found.append(
                Target(named.trunk, named.uri, flow, listener, named.weight, named.priority)
            )
        return found


def is_nobodys(ip: str, ours: str) -> bool:
    """No address of a server, as seen from a listener at `ours`."""
    address = ip_address(ip)
    mapped = getattr(address, "ipv4_mapped", None) or address
    if mapped.is_multicast or mapped.is_unspecified or mapped.is_link_local:
        return True
    return mapped.is_loopback and not ip_address(ours).is_loopback


def wanted_names(domain: str | None, host: str) -> tuple[str, ...]:
    """Who must be there, by its certificate (RFC 5922 §7.2): the host as written, or the domain."""
    return tuple(dict.fromkeys(plain(name) for name in (domain, host) if name))


def _target(name: str, trunk: Trunk, endpoint: Endpoint, listeners: Listeners) -> Target:
    uri = Uri.parse(endpoint.uri)
    way = parse_endpoint(endpoint.uri)
    transport, address = way.transport, way.address
    assert address is not None
    listener = listeners.in_zone(trunk.zone, transport, ipv6=address.version == 6)
    if listener is None:  # config.checks has refused this file before
        raise LookupError(f"trunk {name}: zone {trunk.zone} has no {transport} listener for it")
    names = wanted_names(trunk.domain, uri.host) if transport == "tls" else ()
    flow = Flow(listener.interface, transport, (str(address), way.port), names)
    return Target(name, uri, flow, listener, endpoint.weight, endpoint.priority)
