"""Requests of routes with `mode: proxy` or `stateless`, and what answers them (RFC 3261 §16).

Entered before the transaction layer, where refusals and the stateless role keep nothing; and again
behind it, for the transactions of the stateful role. All else is left to the back-to-back user
agent.
"""

from traceback import format_exception

from config.model import Config
from sbc.actions import Flow
from sbc.b2bua.wire import Raised, Wire
from sbc.policy.chain import Reject
from sbc.policy.draining import RETRY_AFTER
from sbc.proxy import stateless
from sbc.proxy.forward import Way
from sbc.proxy.keyed import Keyed
from sbc.proxy.stateful import Forwarding
from sbc.proxy.ways import Ways
from sbc.routing.sources import Sources
from sbc.routing.targets import Targets
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, build_response
from sbc.transaction.events import AckReceived, Cancelled, Key, RequestReceived, StraySuccess
from sbc.transaction.keys import server_key, stateless_tag


class Roles:
    def __init__(self, config: Config, sources: Sources, targets: Targets, wire: Wire) -> None:
        self.needed = any(route.mode != "b2bua" for route in config.routes)
        """Without such a route nothing is ever asked of us."""
        key = config.node.proxy_key
        secret = wire.tokens.token(64) if key is None else key.get_secret_value()
        self._keyed = Keyed(secret.encode())
        self._ways = Ways(config, wire.listeners, sources, targets, self._keyed)
        self._sources = sources
        self._wire = wire
        self.live: dict[Key, Forwarding] = {}
        """Without a final response yet, by server transaction."""

    # --- before the transaction layer -------------------------------------------------------------

    def receive(
        self, message: Request | Response, flow: Flow, trunk: str, *, draining: bool
    ) -> bool:
        """Whether that was all: nothing more is to be done with it."""
        try:
            if isinstance(message, Response):
                return stateless.is_ours(message) and self._back(message, flow)
            return not self._wire.layer.knows(message, flow) and self._request(
                message, flow, trunk, draining
            )
        except BadMessage as bad:
            if isinstance(message, Request):
                self._wire.take(self._wire.layer.refuse(message, flow, bad.status))
        except Exception as error:
            self._fault(error)
        return True

    def _request(self, request: Request, flow: Flow, trunk: str, draining: bool) -> bool:
        way = self._ways.of(request, trunk, flow)
        if way is None:
            return False
        if isinstance(way, Way) and draining and _begins(request):
            way = Reject(503, "the border is stopping", (RETRY_AFTER,))
        if isinstance(way, Reject):
            self._refuse(request, flow, trunk, way)
            return True
        if request.method == "ACK" and self._is_of_refusal(request, flow):
            return True
        if way.mode == "stateless" or (request.method == "ACK" and way.along):
            self._stateless(request, flow, trunk, way)
            return True
        return False

    def _stateless(self, request: Request, flow: Flow, trunk: str, way: Way) -> None:
        sent = stateless.send(request, way, flow, self._wire.listeners, self._keyed)
        self._wire.actions.append(sent)
        if _begins(request):
            self._note("proxied", trunk, request.method, to_trunk=way.hops[0].trunk)

    def _back(self, response: Response, flow: Flow) -> bool:
        sent = stateless.send_back(response, flow, self._wire.listeners, self._keyed)
        if sent is not None:
            self._wire.actions.append(sent)
        return True

    def _refuse(self, request: Request, flow: Flow, trunk: str, why: Reject) -> None:
        if request.method != "ACK":
            status = str(why.status)
            self._note("proxy_refused", trunk, request.method, status=status, why=why.why)
            if why.status in {482, 483}:
                self._note("loop", trunk, request.method, status=status)
        self._wire.take(self._wire.layer.refuse(request, flow, why.status, why.fields))

    def _is_of_refusal(self, request: Request, flow: Flow) -> bool:
        return request.headers.to.tag == stateless_tag(
            server_key(request, "INVITE", flow.interface)
        )

    # --- behind it --------------------------------------------------------------------------------

    def takes(self, event: Raised) -> bool:
        """Whether it was ours."""
        match event:
            case RequestReceived(key, request, flow):
                return self._begin(key, request, flow)
            case AckReceived(request, flow):
                return self._acknowledged(request, flow)
            case Cancelled(key) if key in self.live:
                self.live[key].cancelled()
                return True
            case StraySuccess(response, _) if len(response.headers.vias) > 1:
                return True  # its caller has long been told how the call ended
        return False

    def _begin(self, key: Key, request: Request, flow: Flow) -> bool:
        trunk = self._sources.trunk(flow.interface, flow.remote[0], flow.names)
        way = None if trunk is None else self._ways.of(request, trunk, flow, at=self._wire.now)
        if not isinstance(way, Way) or trunk is None:
            return False
        forwarding = Forwarding(self._wire, self._keyed, key, request, flow, way, self._over)
        self.live[key] = forwarding
        try:
            forwarding.next()
        except Exception as error:
            self._fault(error)
            del self.live[key]
            token = self._wire.tokens.token(16)
            self._wire.respond(key, build_response(request, 500, to_tag=token))
        return True

    def _acknowledged(self, request: Request, flow: Flow) -> bool:
        """Of a 2xx, from a client that reuses the branch of its INVITE."""
        trunk = self._sources.trunk(flow.interface, flow.remote[0], flow.names)
        way = None if trunk is None else self._ways.of(request, trunk, flow)
        if not isinstance(way, Way) or trunk is None or not way.along:
            return False
        self._stateless(request, flow, trunk, way)
        return True

    def _over(self, forwarding: Forwarding, status: int) -> None:
        self.live.pop(forwarding.key, None)
        came = forwarding.came
        trunk = self._sources.trunk(came.interface, came.remote[0], came.names) or ""
        self._note(
            *("proxied", trunk, forwarding.method),
            to_trunk=forwarding.to_trunk,
            status=str(status),
        )

    def _note(
        self, event: str, trunk: str, method: str, *, why: str | None = None, **labels: str
    ) -> None:
        detail = {} if why is None else {"why": why}
        self._wire.note(event, {"trunk": trunk, "method": method, **labels}, **detail)

    def _fault(self, error: Exception) -> None:
        text = "".join(format_exception(error))
        self._wire.note("call_fault", {"where": type(error).__name__}, traceback=text)


def _begins(request: Request) -> bool:
    return request.headers.to.tag is None and request.method not in {"ACK", "CANCEL"}
