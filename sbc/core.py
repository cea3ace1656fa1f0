"""The signalling core: bytes, relay messages and time in; actions out. No socket, clock or
randomness.

Each input is dealt with whole: classified, parsed, passed through transactions to its call, and all
of its actions returned. Then the shell sets one alarm for `next_deadline`.
"""

from collections.abc import Iterable, Mapping

from config.effective import terms_of
from config.model import Config, MessageLimits
from media.control import Event, Query, Reply, Welcome
from sbc.actions import Action, Flow
from sbc.b2bua.agent import Agent
from sbc.b2bua.call import Shared
from sbc.b2bua.out_of_dialog import OutOfDialog
from sbc.b2bua.record import record_of
from sbc.b2bua.wire import Wire
from sbc.location.finder import Finder
from sbc.location.records import Answer, Question
from sbc.proxy.calls import Calls as ProxiedCalls
from sbc.proxy.roles import Roles
from sbc.proxy.stateful import Forwarding
from sbc.registrar.gate import SILENCE
from sbc.registrar.phones import Phones
from sbc.registrar.users import Proof
from sbc.routing.listeners import Listeners
from sbc.routing.sources import Sources
from sbc.routing.targets import Targets
from sbc.sip.errors import BadMessage
from sbc.sip.limits import Limits
from sbc.sip.message import Request, Response, parse
from sbc.sip.validate import check_request, check_response
from sbc.tokens import Tokens
from sbc.transaction.layer import TransactionLayer
from sbc.upstream.accounts import Accounts
from sbc.upstream.registrations import Registrations


class Core:
    def __init__(self, config: Config, tokens: Tokens, epoch: float) -> None:
        """`epoch`: the wall clock, in seconds, at 0 of the clock that `now` comes from."""
        listeners = Listeners(config)
        self._sources = Sources(config)
        self._zones = config.zones
        self._limits = {
            name: _limits(config.zones[interface.zone].message_limits)
            for name, interface in config.interfaces.items()
        }
        self._layer = TransactionLayer()
        accounts = {name: trunk.auth for name, trunk in config.trunks.items() if trunk.auth}
        ours = Accounts(accounts, tokens)
        self._wire = Wire(self._layer, listeners, tokens, config.node.user_agent, ours)
        self._finder = Finder(self._wire)
        targets = Targets(config, listeners, self._finder)
        failover = {route.name: route.failover for route in config.routes}
        self._shared = Shared(self._wire, config, terms_of(config), targets, failover, epoch)
        self._registrations = Registrations(
            self._wire, config.node.name, self._shared.terms, self._shared.targets
        )
        self._phones = Phones(
            config,
            self._sources,
            self._wire,
            self._shared.terms,
            self._shared.targets,
            lambda: self._shared.epoch,
        )
        out_of_dialog = OutOfDialog(self._shared, self._sources, self._phones)
        self._agent = Agent(self._shared, out_of_dialog)
        self._roles = Roles(self._shared, self._sources, self._phones, self._agent.in_use)
        if self._roles.needed:
            self._agent.elsewhere = self._roles.takes

    # --- inputs -----------------------------------------------------------------------------------

    def start(self, now: float) -> list[Action]:
        """The sockets are open: make ourselves known where we have to."""
        self._begin(now)
        self._finder.start()
        self._registrations.start()
        return self._done()

    def receive(self, data: bytes, flow: Flow, now: float) -> list[Action]:
        """One datagram, or one message framed from a stream."""
        wire = self._begin(now)
        trunk = self._sources.trunk(flow.interface, flow.remote[0], flow.names)
        phone = trunk is None and self._sources.access(flow.interface) is not None
        if trunk is None and not phone:
            self._unknown(data, flow)
            return self._done()
        try:
            message = parse(data, self._limits[flow.interface], datagram=flow.bounded)
            if isinstance(message, Request):
                check_request(message)
            else:
                check_response(message)
        except BadMessage as bad:
            self._malformed(bad, flow)
            return self._done()
        if phone:
            if self._phones.keeps:
                self._phones.heard(flow)
            if isinstance(message, Request) and self._turned_away(message, flow):
                return self._done()
        if not self._proxied(message, flow, trunk):
            wire.take(self._layer.receive(message, flow, now))
        return self._done()

    def _proxied(self, message: Request | Response, flow: Flow, trunk: str | None) -> bool:
        """`trunk`: None of a phone."""
        roles, draining = self._roles, self._shared.draining
        if not roles.needed:
            return False
        peer = trunk or self._sources.access(flow.interface)
        return peer is not None and roles.receive(message, flow, peer, draining=draining)

    def _turned_away(self, request: Request, flow: Flow) -> bool:
        """A request from anywhere which is neither of a dialog or a transaction of ours, nor of a
        user who has proved to be one: it is answered, and nothing is kept."""
        if request.method == "ACK" or self._layer.knows(request, flow):
            return False
        if request.method == "CANCEL" or (
            request.headers.to.tag
            and not self._agent.knows(request, flow)
            and not self._roles.knows(request, flow)
        ):
            self._wire.take(self._layer.refuse(request, flow, 481))
            return True
        if request.headers.to.tag:
            return False
        denied = self._phones.denied(request, flow)
        if denied is None:
            return False
        if denied.status != SILENCE:
            self._wire.take(self._layer.refuse(request, flow, denied.status, denied.fields))
        return True

    def malformed(self, error: BadMessage, flow: Flow, now: float) -> list[Action]:
        """The framing of a stream failed; the shell closes it."""
        self._begin(now)
        known = self._sources.trunk(flow.interface, flow.remote[0], flow.names) is not None
        if not known and self._sources.access(flow.interface) is None:
            self._unknown(b"", flow)  # whoever is denied gets no word for bad framing either
        else:
            self._malformed(error, flow)
        return self._done()

    def transport_failed(self, flow: Flow, now: float) -> list[Action]:
        wire = self._begin(now)
        self._roles.lost(flow)
        wire.take(self._layer.transport_failed(flow, now))
        if flow.reliable:
            self._registrations.lost(flow)
            self._phones.lost(flow)
            self._agent.lost(flow)
        return self._done()

    def turn_account(self, aor: str, now: float) -> dict[str, object] | None:
        """TURN credentials of a user who is registered; None: there are none."""
        self._wire.now = now
        issued = self._phones.turn_account(aor)
        if issued is None:
            return None
        return {
            "urls": list(issued.urls),
            "username": issued.username,
            "credential": issued.credential,
            "expires_in": issued.seconds,
        }

    def restore(
        self, bindings: Iterable[tuple[str, Mapping[str, object]]], now: float
    ) -> list[Action]:
        """What phones had registered before a restart: access group and record of each."""
        self._begin(now)
        self._phones.restore(bindings, self._shared.epoch)
        return self._done()

    def users_read(self, group: str, users: Mapping[str, Proof], now: float) -> list[Action]:
        """What stands in the file of an access group now."""
        self._begin(now)
        self._phones.users_read(group, users)
        return self._done()

    def resolved(self, question: Question, answer: Answer, now: float) -> list[Action]:
        """What the DNS said to a `Resolve`; `Unanswered` if it said nothing."""
        self._begin(now)
        self._finder.resolved(question, answer)
        return self._done()

    def relay_up(self, welcome: Welcome, now: float) -> list[Action]:
        wire = self._begin(now)
        self._shared.relay_up = True
        self._shared.close_left()
        wire.note("relay_up", {}, relay=welcome.relay, sessions=str(welcome.sessions))
        return self._done()

    def relay_lost(self, now: float) -> list[Action]:
        wire = self._begin(now)
        wire.note("relay_lost", {})
        self._agent.relay_lost()
        return self._done()

    def relay_replied(self, serial: int, reply: Reply, now: float) -> list[Action]:
        self._begin(now)
        self._agent.relay_replied(serial, reply)
        return self._done()

    def relay_told(self, event: Event, now: float) -> list[Action]:
        self._begin(now)
        self._agent.relay_told(event)
        return self._done()

    def handle_timeout(self, now: float) -> list[Action]:
        wire = self._begin(now)
        wire.take(self._layer.handle_timeout(now))
        for key in wire.timers.pop_due(now):
            if isinstance(key, tuple) and isinstance(key[0], Forwarding | ProxiedCalls):
                key[0].timer(key[1])
            else:
                self._agent.timer(key)
        return self._done()

    def clock_set(self, epoch: float) -> None:
        """The wall clock was set, as soon after boot: from now on records go by the new one."""
        self._shared.epoch = epoch

    def drain(self, now: float) -> list[Action]:
        """Take no new calls and end the others."""
        self._begin(now)
        self._shared.draining = True
        self._agent.stop()
        self._roles.calls.stop()
        self._registrations.stop()
        self._phones.stop()
        return self._done()

    # --- what may be asked of it ------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        deadlines = [self._layer.next_deadline(), self._wire.timers.next()]
        return min((each for each in deadlines if each is not None), default=None)

    def idle(self) -> bool:
        """No call and no transaction is left."""
        return not self._agent.calls and self._layer.counts() == 0

    def left_over(self) -> dict[str, int]:
        """Everything that is still held; all zero when time has run out."""
        return {
            "calls": len(self._agent.calls),
            "transactions": self._layer.counts(),
            "dialogs": len(self._wire.usages),
            "aliases": len(self._wire.aliases),
            "owners": len(self._wire.owners),
            "timers": len(self._wire.timers),
            "asks": len(self._shared.asks),
            "proxied": len(self._roles.live) + len(self._roles.calls.live),
            "subscriptions": len(self._agent.subscriptions.watches) + len(self._wire.halves),
            "published": len(self._agent.publications),
            "records": len(self._agent.ledger),
        }

    def calls(self, now: float) -> list[dict[str, object]]:
        ours = [record_of(call, now) for call in self._agent.calls.values()]
        return ours + self._roles.calls.shown(now)

    def trunks(self) -> list[tuple[str, ...]]:
        """Of each call those which it is on. Asked for at each scrape: a record would cost more."""
        ours = [
            (call.facts.caller.trunk, *([call.callee.leg.peer.trunk] if call.callee else ()))
            for call in self._agent.calls.values()
        ]
        return ours + [call.trunks for call in self._roles.calls.live.values()]

    def trunk_states(self, now: float) -> list[dict[str, object]]:
        """Each trunk, with what our registration there has come to."""
        return [
            {
                "trunk": name,
                "zone": terms.zone,
                "registration": self._registrations.shown(name, now),
            }
            for name, terms in self._shared.terms.items()
        ]

    def bindings(self, now: float) -> list[dict[str, object]]:
        """Each phone that is registered."""
        return self._phones.shown(now)

    def subscriptions(self, now: float) -> list[dict[str, object]]:
        """Each subscription through the border."""
        self._wire.now = now
        return self._agent.subscriptions.shown()

    def watchers(self) -> dict[str, int]:
        """Subscriptions that each trunk or access group holds; asked for at each scrape."""
        return self._agent.subscriptions.by_trunk()

    def names(self, now: float) -> list[dict[str, object]]:
        """Each name that is looked up, and the servers that it leads to."""
        self._wire.now = now
        return self._finder.shown()

    def call(self, uid: str, now: float) -> dict[str, object] | None:
        """With its ladder; also one of the last that are over."""
        call = self._agent.calls.get(uid)
        if call is not None:
            return record_of(call, now, trace=True)
        if uid not in self._agent.recent:
            return None
        record, trace = self._agent.recent[uid]
        return {**record, "trace": trace.as_records()}

    def relay_session_query(self, uid: str) -> Query | None:
        """What to ask the relay for the live media of a call."""
        call = self._agent.calls.get(uid)
        return Query(call.plan.session) if call is not None and call.plan.open else None

    # --- within -----------------------------------------------------------------------------------

    def _begin(self, now: float) -> Wire:
        self._wire.now = now
        return self._wire

    def _done(self) -> list[Action]:
        self._agent.settle()
        actions = self._wire.actions
        self._wire.actions = []
        return actions

    def _unknown(self, data: bytes, flow: Flow) -> None:
        """Denied before anything is allocated; at most one stateless answer (X1)."""
        zone = self._sources.zone(flow.interface)
        action = self._zones[zone].unknown_action
        self._wire.note("unknown_source", {"zone": zone, "action": action}, source=flow.remote[0])
        if action == "drop":
            return
        try:
            message = parse(data, self._limits[flow.interface], datagram=flow.bounded)
        except BadMessage:
            return
        if isinstance(message, Request):
            self._wire.take(self._layer.refuse(message, flow, 403))

    def _malformed(self, bad: BadMessage, flow: Flow) -> None:
        zone = self._sources.zone(flow.interface)
        labels = {"zone": zone, "status": str(bad.status)}
        self._wire.note("malformed", labels, why=bad.reason, source=flow.remote[0])
        if bad.request is not None:
            self._wire.take(self._layer.refuse(bad.request, flow, bad.status))


def _limits(section: MessageLimits) -> Limits:
    return Limits(
        bytes=section.bytes,
        headers=section.headers,
        header_bytes=section.header_bytes,
        body=section.body,
    )
