"""Requests of routes with `mode: proxy` or `stateless`, and what answers them (RFC 3261 §16).

Entered before the transaction layer, where refusals and the stateless role keep nothing; and again
behind it, for the transactions of the stateful role. All else is left to the back-to-back user
agent.
"""

from __future__ import annotations

from collections import Counter
from traceback import format_exception

from sbc.actions import Flow
from sbc.b2bua.call import Shared
from sbc.b2bua.wire import Raised
from sbc.policy.chain import Reject
from sbc.policy.draining import RETRY_AFTER
from sbc.proxy import stateless
from sbc.proxy.calls import Calls, Proxied
from sbc.proxy.forward import Hop, Way
from sbc.proxy.keyed import Keyed
from sbc.proxy.stateful import Forwarding
from sbc.proxy.ways import Ways
from sbc.registrar.phones import Phones
from sbc.routing.sources import Sources
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, build_response
from sbc.transaction.events import AckReceived, Cancelled, Key, RequestReceived, StraySuccess
from sbc.transaction.keys import server_key, stateless_tag


class Roles:
    def __init__(
        self,
        shared: Shared,
        sources: Sources,
        phones: Phones,
        in_use: Counter[str | tuple[str, str]],
    ) -> None:
        config, wire = shared.config, shared.wire
        self.needed = any(route.mode != "b2bua" for route in config.routes)
        """Without such a route nothing is ever asked of us."""
        key = config.node.proxy_key
        secret = wire.tokens.token(64) if key is None else key.get_secret_value()
        self._keyed = Keyed(secret.encode())
        self._targets = shared.targets
        self._ways = Ways(config, wire.listeners, sources, shared.targets, self._keyed, phones)
        self._sources = sources
        self._wire = wire
        self.calls = Calls(shared, in_use)
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
        way = self._ways.of(request, trunk, flow, now=self._wire.now)
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
        instead = self._wire.large.instead_of(way.hops[0].flow, self._wire.now)
        sent = stateless.send(request, way, flow, self._wire.listeners, self._keyed, instead)
        self._wire.actions.append(sent)
        if _begins(request):
            self._note("proxied", trunk, request.method, to_trunk=way.hops[0].trunk)

    def _back(self, response: Response, flow: Flow) -> bool:
        sent = stateless.send_back(response, flow, self._wire.listeners, self._keyed)
        if sent is None:
            return True
        self._wire.actions.append(sent)
        if response.status == 503:
            self._cools(flow)
        return True

    def knows(self, request: Request, flow: Flow) -> bool:
        """A request of a phone within a dialog that we let through; it needs no other proof."""
        group = self._sources.access(flow.interface)
        if not self.needed or group is None:
            return False
        try:
            return self._ways.is_of(request, group, flow)
        except BadMessage:
            return False

    def lost(self, flow: Flow) -> None:
        """There is no way to that address now: what is new goes elsewhere (RFC 3263 §4.3)."""
        if not self.needed:
            return
        self._cools(flow)
        if flow.transport == "tcp":  # as for what only its size sent there
            self._wire.large.refused(flow, self._wire.now)

    def _cools(self, flow: Flow) -> None:
        trunk = self._sources.trunk(flow.interface, flow.remote[0], flow.names)
        known = trunk is not None and any(each.flow == flow for each in self._targets.all(trunk))
        if trunk is not None and known and self._targets.cools(flow, self._wire.now):
            where = f"{flow.remote[0]}:{flow.remote[1]}"
            self._wire.note("target_cools", {"trunk": trunk}, target=where)

    def _refuse(self, request: Request, flow: Flow, trunk: str, why: Reject) -> None:
        if request.method != "ACK":
            self._note_refusal(request, trunk, why)
        self._wire.take(self._wire.layer.refuse(request, flow, why.status, why.fields))

    def _note_refusal(self, request: Request, trunk: str, why: Reject) -> None:
        status = str(why.status)
        self._note("proxy_refused", trunk, request.method, status=status, why=why.why)
        if why.status in {482, 483}:
            self._note("loop", trunk, request.method, status=status)

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
        trunk, now = self._peer(flow), self._wire.now
        way = None if trunk is None else self._ways.of(request, trunk, flow, now=now, turn=True)
        if not isinstance(way, Way) or trunk is None:
            return False
        booked: Proxied | Reject | None = None
        if request.method == "INVITE" and not way.along:
            booked = self.calls.admit(request, flow, trunk, way)
        if isinstance(booked, Reject):
            self._note_refusal(request, trunk, booked)
            self._answer(key, request, booked.status, booked.fields)
            return True
        forwarding = Forwarding(self._wire, self._keyed, key, request, flow, way, self)
        forwarding.booked = booked
        self.live[key] = forwarding
        try:
            if request.method == "BYE":
                self.calls.hung_up(request)
            forwarding.next()
        except Exception as error:
            self._fault(error)
            del self.live[key]
            if booked is not None:
                self.calls.fault(booked)
            self._answer(key, request, 500)
        return True

    def _peer(self, flow: Flow) -> str | None:
        """The trunk, or the access group of a phone which has proved to be one."""
        trunk = self._sources.trunk(flow.interface, flow.remote[0], flow.names)
        return trunk or self._sources.access(flow.interface)

    def _answer(
        self, key: Key, request: Request, status: int, fields: tuple[tuple[str, str], ...] = ()
    ) -> None:
        tag = self._wire.tokens.token(16)
        self._wire.respond(key, build_response(request, status, None, fields, to_tag=tag))

    def _acknowledged(self, request: Request, flow: Flow) -> bool:
        """Of a 2xx, from a client that reuses the branch of its INVITE."""
        trunk, now = self._peer(flow), self._wire.now
        way = None if trunk is None else self._ways.of(request, trunk, flow, now=now)
        if not isinstance(way, Way) or trunk is None or not way.along:
            return False
        self._stateless(request, flow, trunk, way)
        return True

    # --- what forwardings tell --------------------------------------------------------------------

    def trying(self, forwarding: Forwarding, hop: Hop) -> None:
        if forwarding.booked is not None:
            self.calls.tried(forwarding.booked, hop)

    def down(self, forwarding: Forwarding, hop: Hop) -> None:
        del forwarding
        self._cools(hop.flow)

    def works(self, hop: Hop) -> None:
        self._targets.warms(hop.flow)

    def refused(self, forwarding: Forwarding, status: int) -> None:
        if forwarding.booked is not None:
            self.calls.refused_by(forwarding.booked, status)

    def told(self, forwarding: Forwarding, response: Response) -> None:
        if forwarding.booked is not None:
            cancelled = forwarding.cancelled_by_caller
            self.calls.told(forwarding.booked, response, cancelled=cancelled)

    def over(self, forwarding: Forwarding, status: int) -> None:
        self.live.pop(forwarding.key, None)
        self._note(
            *("proxied", self._peer(forwarding.came) or "", forwarding.method),
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
