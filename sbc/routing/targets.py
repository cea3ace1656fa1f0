"""How a trunk is reached: its endpoints as addresses and flows, best first (R2)."""

from dataclasses import dataclass

from config.endpoint import parse_endpoint
from config.model import Config, Endpoint, Trunk
from sbc.actions import Flow
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


class Targets:
    """Endpoints by priority; among equals a weighted round robin, which needs no random source."""

    def __init__(self, config: Config, listeners: Listeners) -> None:
        self._of: dict[str, list[Target]] = {}
        self._turn: dict[str, list[int]] = {}
        for name, trunk in config.trunks.items():
            targets = [_target(name, trunk, each, listeners) for each in trunk.endpoints]
            self._of[name] = sorted(targets, key=lambda target: target.priority)
            self._turn[name] = [0] * len(targets)

    def of(self, trunk: str) -> list[Target]:
        """Every endpoint of `trunk` in the order in which this call should try them."""
        targets, credit = self._of[trunk], self._turn[trunk]
        if len(targets) == 1:
            return targets[:]
        for place, target in enumerate(targets):
            credit[place] += target.weight
        order = sorted(range(len(targets)), key=lambda at: (targets[at].priority, -credit[at]))
        same = [at for at in order if targets[at].priority == targets[order[0]].priority]
        credit[order[0]] -= sum(targets[at].weight for at in same)
        for at in range(len(targets)):
            if at not in same:
                credit[at] = 0
        return [targets[at] for at in order]


def wanted_names(domain: str | None, host: str) -> tuple[str, ...]:
    """Who must be there, by its certificate (RFC 5922 §7.2): the host as written, or the domain."""
    return tuple(dict.fromkeys(plain(name) for name in (domain, host) if name))


def _target(name: str, trunk: Trunk, endpoint: Endpoint, listeners: Listeners) -> Target:
    uri = Uri.parse(endpoint.uri)
    way = parse_endpoint(endpoint.uri)
    transport, address = way.transport, way.address
    listener = listeners.in_zone(trunk.zone, transport, ipv6=address.version == 6)
    if listener is None:  # config.checks has refused this file before
        raise LookupError(f"trunk {name}: zone {trunk.zone} has no {transport} listener for it")
    names = wanted_names(trunk.domain, uri.host) if transport == "tls" else ()
    flow = Flow(listener.interface, transport, (str(address), way.port), names)
    return Target(name, uri, flow, listener, endpoint.weight, endpoint.priority)
