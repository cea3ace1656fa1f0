"""What a proxy does with a request (RFC 3261 §16.3 to §16.6), decided without touching it.

A first request goes to the trunks of the route that fits it, and nowhere else. One with a Route of
ours goes to the other trunk of the passage that our cookie names: to an address of that trunk, or
to one of its endpoints. So whatever stands in Route, Request-URI or Contact, nobody can have
anything sent to a host which the configuration does not know.
"""

from collections.abc import Mapping
from ipaddress import ip_address

from config.model import Config
from sbc.actions import Flow
from sbc.b2bua.identity import ANONYMOUS_HOST, user_of
from sbc.location.cooldown import last
from sbc.policy.chain import Reject
from sbc.proxy.forward import PARAMETER, Hop, Way
from sbc.proxy.keyed import Keyed, Passage
from sbc.proxy.rendezvous import ranked
from sbc.registrar.phones import Phones
from sbc.routing.listeners import Listeners
from sbc.routing.routes import Routes
from sbc.routing.sources import Sources
from sbc.routing.targets import Target, Targets, wanted_names
from sbc.sip.address import NameAddr
from sbc.sip.message import Request
from sbc.sip.uri import Uri

_TRANSPORTS: Mapping[str, tuple[str, int]] = {
    "udp": ("udp", 5060),
    "tcp": ("tcp", 5060),
    "tls": ("tls", 5061),
}
_FOREIGN = Reject(403, "a Route or target that is not of this passage")


class Ways:
    def __init__(
        self,
        config: Config,
        listeners: Listeners,
        sources: Sources,
        targets: Targets,
        keyed: Keyed,
        phones: Phones,
    ) -> None:
        self._config = config
        self._phones = phones
        self._routes = Routes(config, phones.is_bound)
        self._listeners = listeners
        self._sources = sources
        self._targets = targets
        self._keyed = keyed
        self._zones = config.zones
        self._failover = {route.name: route.failover for route in config.routes}

    def of(
        self, request: Request, trunk: str, flow: Flow, *, now: float, turn: bool = False
    ) -> Way | Reject | None:
        """None: it is for the back-to-back user agent. A fault of the peer is a BadMessage.

        `trunk`: or access group. `turn`: it is sent now, so that the next one begins with another
        endpoint.
        """
        uri, routes, cookies = self._own_routes(request)
        way: Way | Reject | None
        if cookies:
            way = self._along(request, (trunk, flow), uri, routes, cookies[0], now)
        else:
            way = self._new(request, trunk, flow, uri, routes, now, turn)
        if isinstance(way, Way):
            return self._refusal(request, way, flow) or way
        return way

    def _own_routes(self, request: Request) -> tuple[str, list[str], list[str]]:
        """Request-URI and Route without what names us (§16.4); and the cookies found there."""
        uri, routes = request.uri, request.headers.route
        cookies: list[str] = []
        if routes and (cookie := self._ours(uri)):  # a strict router before us
            cookies.append(cookie)
            uri = NameAddr.parse(routes.pop()).uri
        while routes and (cookie := self._ours(NameAddr.parse(routes[0]).uri)) is not None:
            cookies += [cookie] if cookie else []
            del routes[0]
        return uri, routes, cookies

    def _ours(self, text: str) -> str | None:
        """The cookie of a URI at one of our sockets, empty if it has none; None: not ours."""
        uri = Uri.parse(text)
        if uri.scheme not in {"sip", "sips"}:
            return None
        if not self._listeners.is_ours(uri.host, uri.port or 5060):
            return None
        return uri.param(PARAMETER) or ""

    def _along(
        self,
        request: Request,
        sender: tuple[str, Flow],
        uri: str,
        routes: list[str],
        cookie: str,
        now: float,
    ) -> Way | Reject:
        """Within a dialog, or down a Path."""
        trunk, flow = sender
        passage = self._keyed.passage(cookie, request.headers.call_id)
        if passage is None or trunk not in {passage.near, passage.far}:
            return _FOREIGN
        if passage.path and trunk != passage.far:
            return _FOREIGN
        between = passage.near == passage.far  # two phones of a group: by where it comes from
        to_near = trunk == passage.far and not (between and flow == passage.near_flow)
        to = passage.near if to_near else passage.far
        phone = passage.near_flow if to_near else passage.far_flow
        if phone is not None:
            hop = self._down(to, phone)
        elif to in self._config.trunks:
            hop = self._hop(to, NameAddr.parse(routes[0]).uri if routes else uri, request, now)
        else:
            hop = None
        if hop is None:
            return _FOREIGN
        onward = Passage(passage.mode, trunk, to) if passage.path else passage
        return Way(
            passage.mode,
            onward,
            (hop,),
            uri,
            False,
            True,
            tuple(routes),
            self._loop(request, trunk),
        )

    def is_of(self, request: Request, group: str, flow: Flow) -> bool:
        """It goes along a passage of a phone of that group, and comes from where that is: its NAT
        may give it another port, not another address."""
        _, _, cookies = self._own_routes(request)
        passage = self._keyed.passage(cookies[0], request.headers.call_id) if cookies else None
        if passage is None:
            return False
        known = ((passage.near, passage.near_flow), (passage.far, passage.far_flow))
        return any(
            name == group
            and phone is not None
            and (phone.interface, phone.remote[0]) == (flow.interface, flow.remote[0])
            for name, phone in known
        )

    def _down(self, group: str, phone: Flow) -> Hop | None:
        """By the flow that our own cookie names; None: there is no such socket any more."""
        try:
            return Hop(group, phone, self._listeners.of(phone))
        except LookupError:
            return None

    def _new(
        self,
        request: Request,
        trunk: str,
        flow: Flow,
        uri: str,
        routes: list[str],
        now: float,
        turn: bool,
    ) -> Way | Reject | None:
        if request.headers.to.tag and request.method != "ACK":
            return None
        asked, ours = Uri.parse(uri), self._ours(uri) is not None
        if request.method == "OPTIONS" and ours and not asked.user:
            return None  # it asks us ourselves
        named = Uri.parse(request.headers.to.uri) if request.method == "REGISTER" else asked
        zone = self._sources.zone(flow.interface)
        chosen = self._routes.choose(zone, trunk, user_of(named))
        if chosen is None or chosen.mode == "b2bua":
            return None
        phone = trunk not in self._config.trunks
        if routes or (phone and request.method == "REGISTER"):
            return _FOREIGN if routes else None
        if phone and not self._is_itself(request, trunk, flow):
            return Reject(403, "it speaks for another user")
        if chosen.mode == "stateless":
            trunks = [name for name in chosen.trunks if name in self._config.trunks]
            hops = self._spread(request.headers.call_id, trunks, now)
        else:
            called = user_of(named)
            of = (self._endpoints(name, called, now, turn) for name in chosen.trunks)
            hops = [_hop_of(target) for targets in of for target in targets]
        if not hops:
            return Reject(480, "nobody is there")
        near_flow = flow if phone else None
        passage = Passage(chosen.mode, trunk, hops[0].trunk, near_flow=near_flow)
        return Way(
            chosen.mode,
            passage,
            tuple(hops),
            uri,
            ours,
            False,
            (),
            self._loop(request, trunk),
            chosen.route,
            self._failover[chosen.route],
            consumed=phone,
        )

    def _is_itself(self, request: Request, group: str, flow: Flow) -> bool:
        """As for the policy `identity` of calls through the back-to-back user agent (A6)."""
        if not self._config.access[group].identity.from_must_match:
            return True
        uri = Uri.parse(request.headers.from_.uri)
        return uri.host.lower() == ANONYMOUS_HOST or user_of(uri) == self._phones.user(
            request, flow
        )

    def _endpoints(self, trunk: str, called: str, now: float, turn: bool) -> list[Target]:
        phones = self._phones.targets(trunk, called)
        if phones is not None:
            return phones
        return self._targets.of(trunk, now) if turn else self._targets.all(trunk)

    def _spread(
        self, call_id: str, trunks: list[str], now: float, host: str | None = None
    ) -> list[Hop]:
        """Those of the first priority that has one in order, as this Call-ID wants them; those
        that have just failed behind the others. `host`: only what that name leads to."""
        targets = [target for name in trunks for target in self._targets.all(name)]
        hops = [_hop_of(each) for each in targets if host is None or each.uri.host.lower() == host]
        if not hops:
            return []
        cool = {id(hop): self._targets.is_cool(hop.flow, now) for hop in hops}
        alive = [hop for hop in hops if not cool[id(hop)]] or hops
        first = min(hop.priority for hop in alive)
        best = [hop for hop in hops if hop.priority == first]
        order = ranked(call_id, best, _name, lambda hop: float(hop.weight))
        return last(order, [cool[id(hop)] for hop in order])

    def _hop(self, trunk: str, text: str, request: Request, now: float) -> Hop | None:
        """An address of `trunk`; of a host name of it one that the name leads to; of any other,
        that of the endpoint which serves the Call-ID. None: it lies elsewhere."""
        uri = Uri.parse(text)
        if uri.scheme not in {"sip", "sips"}:
            return None
        try:
            ip = ip_address(uri.host)
        except ValueError:
            call_id, host = request.headers.call_id, uri.host.lower()
            named = self._spread(call_id, [trunk], now, host)
            return next(iter(named or self._spread(call_id, [trunk], now)), None)
        wanted = "tls" if uri.scheme == "sips" else (uri.param("transport") or "udp").lower()
        if wanted not in _TRANSPORTS:
            return None
        settings = self._config.trunks[trunk]
        transport, port = _TRANSPORTS[wanted]
        listener = self._listeners.in_zone(settings.zone, transport, ipv6=ip.version == 6)
        if listener is None or not self._belongs(trunk, listener.interface, str(ip)):
            return None
        names = wanted_names(settings.domain, uri.host) if transport == "tls" else ()
        flow = Flow(listener.interface, listener.transport, (str(ip), uri.port or port), names)
        return Hop(trunk, flow, listener)

    def _belongs(self, trunk: str, interface: str, ip: str) -> bool:
        if self._sources.trunk(interface, ip) == trunk:
            return True
        return any(target.flow.remote[0] == ip for target in self._targets.all(trunk))

    def _loop(self, request: Request, trunk: str) -> str:
        """All that decides where a request goes, but nothing that its ACK or CANCEL lacks."""
        headers = request.headers
        return self._keyed.digest(
            *("loop", trunk, request.uri, headers.from_.tag or "", headers.call_id),
            *(str(headers.cseq.number), *headers.route, *headers.elements("proxy-require")),
        )

    def _refusal(self, request: Request, way: Way, flow: Flow) -> Reject | None:
        """§16.3, and the methods of both zones."""
        headers, method = request.headers, request.method
        if headers.max_forwards == 0:
            return Reject(483, "Max-Forwards has reached 0: a loop")
        if self._came_before(request, way):
            return Reject(482, "it has been here before: a loop")
        if (headers.get("max-breadth") or "").strip() == "0":
            return Reject(440, "Max-Breadth is used up")
        if headers.has("proxy-require") and method not in {"ACK", "CANCEL"}:
            unknown = ", ".join(headers.elements("proxy-require"))
            return Reject(420, f"requires {unknown}", (("Unsupported", unknown),))
        zones = (
            self._zones[self._sources.zone(flow.interface)],
            self._zones[way.hops[0].listener.zone],
        )
        allowed = [each for each in zones[0].methods if each in zones[1].methods]
        if method != "REGISTER" and method not in allowed:
            return Reject(405, "a method that may not cross", (("Allow", ", ".join(allowed)),))
        return None

    def _came_before(self, request: Request, way: Way) -> bool:
        """RFC 5393 §4.2.2."""
        return any(
            (via.branch or "").endswith(f".{way.loop}")
            and self._listeners.is_ours(via.host, via.port or 5060)
            for via in request.headers.vias
        )


def _hop_of(target: Target) -> Hop:
    return Hop(
        *(target.trunk, target.flow, target.listener, target.uri),
        weight=target.weight,
        priority=target.priority,
        contact=target.contact,
    )


def _name(hop: Hop) -> str:
    """An address has its share whatever URI it was found by."""
    return f"{hop.flow.transport} {hop.flow.remote}"
