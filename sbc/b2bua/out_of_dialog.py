"""Requests outside any dialog: an INVITE is admitted or refused, an OPTIONS answered, others turned
away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from sbc.actions import Flow, Journal
from sbc.b2bua.call import Call, Facts, Reached, Shared
from sbc.b2bua.caller import Caller
from sbc.b2bua.content import read
from sbc.b2bua.crossing import Field
from sbc.b2bua.identity import Parties, parties
from sbc.b2bua.leg import Leg, Peer, owed
from sbc.b2bua.page import Arrival, Pages
from sbc.b2bua.quality.ledger import Ledger
from sbc.b2bua.record import refusal_record
from sbc.b2bua.remaining import Remaining
from sbc.b2bua.replaces import Elsewhere, Place, place, target_dialog
from sbc.b2bua.session_id import NULL, SessionId, local_half
from sbc.b2bua.subscription.publications import Publications
from sbc.b2bua.subscription.subscriptions import Subscriptions
from sbc.dialog import session_timer
from sbc.policy import chain
from sbc.policy.admission import admission
from sbc.policy.chain import Attempt, Reject
from sbc.policy.draining import RETRY_AFTER, draining
from sbc.policy.extensions import extensions, supported, unknown_among
from sbc.policy.hops import hops
from sbc.policy.identity import identity
from sbc.policy.per_user import per_user
from sbc.policy.route import route
from sbc.policy.session_interval import session_interval
from sbc.registrar.bindings import Refused
from sbc.registrar.gruu import Named
from sbc.registrar.phones import Phones
from sbc.routing.routes import Chosen, Routes
from sbc.routing.sources import Sources
from sbc.routing.targets import Target
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, build_response
from sbc.transaction.events import Key
from sbc.upstream.registration import contact_user

_WITHIN_ONLY = frozenset({"BYE", "INFO", "NOTIFY", "PRACK", "UPDATE"})
"""Methods which mean nothing outside a dialog."""

InUse = Callable[[str | tuple[str, str]], int]
"""How many calls a trunk or access group has now, or a user of one."""
_Begin = Callable[[Arrival, list[Target]], None]


@dataclass(frozen=True, slots=True)
class _Way:
    """Where an admitted INVITE goes."""

    attempt: Attempt
    """As the policies let it by."""
    route: str
    targets: list[Target]
    there: Place | Elsewhere | None = None
    """The dialog that it names."""
    in_place: bool = False
    """The border itself puts the newcomer there."""


class OutOfDialog:
    def __init__(self, shared: Shared, sources: Sources, phones: Phones) -> None:
        config = shared.config
        self._phones = phones
        pages = Pages(shared)
        self.subscriptions = Subscriptions(shared)
        self.publications = Publications(shared, pages)
        self.ledger = Ledger(shared)
        shared.ending, shared.close = self.ledger.ending, self.ledger.close
        self._begins: Mapping[str, _Begin] = {
            "MESSAGE": pages.begin,
            "PUBLISH": self.publications.begin,
            "REFER": self.subscriptions.refer,
            "SUBSCRIBE": self.subscriptions.begin,
        }
        """Methods that cross by themselves, without a call."""
        self._shared = shared
        self._wire = shared.wire
        self._sources = sources
        self._routes = Routes(config, phones.is_bound)
        shared.reach = self._reach
        limits = {name: terms.limits for name, terms in shared.terms.items()}
        routed = route(self._routes)
        self._policies = (
            hops,
            draining,
            extensions(shared.terms),
            session_interval,
            identity(config.access),
            routed,
            admission(limits),
            per_user(config.access),
        )
        """The published order: docs/policies.md."""
        self._unrouted = tuple(each for each in self._policies if each is not routed)

    def receive(self, key: Key, request: Request, flow: Flow, in_use: InUse) -> Call | None:
        """The call that an INVITE begins, if it may; every other request is answered here."""
        if request.method == "INVITE":
            return self._invite(key, request, flow, in_use)
        trunk = self._trunk(flow)
        if self.ledger.takes(request, trunk):
            self.ledger.published(key, request, flow, (trunk, self._phones.user(request, flow)))
            return None
        terms = self._shared.terms[trunk]
        if request.method in self._begins and request.method in terms.methods:
            self._relay(key, request, flow)
            return None
        if request.method == "REGISTER" and self._phones.register(key, request, flow):
            return None
        answer = partial(self._answer, key, request)
        allow = ("Allow", terms.allow)
        if request.headers.max_forwards == 0:
            answer(483)
        elif request.method in _WITHIN_ONLY:
            answer(481)
        elif request.method != "OPTIONS":
            served = (method for method in terms.allow.split(", ") if method != request.method)
            answer(405, (("Allow", ", ".join(served)),))
        elif unknown := unknown_among(request.headers.require, terms):
            answer(420, (("Unsupported", ", ".join(unknown)),))
        elif self._shared.draining:
            answer(503, (RETRY_AFTER,))
        else:
            known = ("Supported", ", ".join(supported(terms)))
            events = ("Allow-Events", ", ".join(terms.events))
            answer(200, (allow, ("Accept", terms.accept), known, events))
        return None

    def _relay(self, key: Key, request: Request, flow: Flow) -> None:
        """It is admitted and routed as a call is, but for the number of calls."""
        trunk, method = self._trunk(flow), request.method
        try:
            who, named = self._meant(trunk, parties(request), request)
            verdict = chain.run(self._policies, self._attempt(request, flow, who, 0, None))
            if isinstance(verdict, Attempt):
                targets = self._takers(verdict, named, method)
                if targets:
                    told = self._phones.for_upstream(request, flow, verdict.user)
                    self._begins[method](Arrival(key, request, flow, verdict, who, told), targets)
                    return
                verdict = self._unreachable(verdict.chosen)
        except BadMessage as bad:
            terms = self._shared.terms[trunk]
            verdict = Reject(bad.status, bad.reason, owed(bad.status, terms))
        self._answer(key, request, verdict.status, verdict.fields)
        labels = {"trunk": trunk, "status": str(verdict.status)}
        self._wire.note(f"{method.lower()}_refused", labels, why=verdict.why)

    def _takers(self, attempt: Attempt, named: Named | None, method: str) -> list[Target]:
        """The targets where that method may go. Raises BadMessage if there are none such."""
        found = self._targets(attempt, named)
        takers = [each for each in found if method in self._shared.terms[each.trunk].methods]
        if found and not takers:
            raise BadMessage(405, "A method which does not go there")
        return takers

    def _attempt(
        self, request: Request, flow: Flow, who: Parties, calls: int, least: int | None
    ) -> Attempt:
        return Attempt(
            zone=self._sources.zone(flow.interface),
            trunk=self._trunk(flow),
            called=who.called,
            max_forwards=request.headers.max_forwards,
            require=tuple(request.headers.require),
            calls=calls,
            draining=self._shared.draining,
            min_se=least,
            user=self._phones.user(request, flow),
            caller=who.caller,
            anonymous=who.anonymous,
        )

    def _trunk(self, flow: Flow) -> str:
        trunk = self._sources.trunk(flow.interface, flow.remote[0], flow.names)
        peer = trunk or self._sources.access(flow.interface)
        assert peer is not None, "an unknown source came past the core"
        return peer

    def _answer(
        self, key: Key, request: Request, status: int, fields: tuple[Field, ...] = ()
    ) -> None:
        own: list[Field] = [("Server", self._wire.user_agent), *fields]
        session = local_half(request.headers.get("session-id"))
        if session is not None:
            own.append(("Session-ID", f"{NULL};remote={session}"))
        tag = self._wire.tokens.token(16)
        self._wire.respond(key, build_response(request, status, None, own, to_tag=tag))

    def _invite(self, key: Key, request: Request, flow: Flow, in_use: InUse) -> Call | None:
        trunk = self._trunk(flow)
        terms = self._shared.terms[trunk]
        zone = self._sources.zone(flow.interface)
        try:
            if not request.headers.contacts:
                raise BadMessage(400, "Missing Contact")
            who, named = self._meant(trunk, parties(request), request)
            least = session_timer.refusal(request.headers, terms.session_timer)
        except BadMessage as bad:
            self._answer(key, request, bad.status)
            labels = {"zone": zone, "trunk": trunk, "status": str(bad.status)}
            self._wire.note("invite_refused", labels, why=bad.reason)
            return None
        attempt = self._attempt(request, flow, who, in_use(trunk), least)
        if attempt.user is not None:
            calls = in_use((trunk, attempt.user))
            fast = not self._phones.may_call(trunk, attempt.user)
            attempt = replace(attempt, calls_of_user=calls, too_fast=fast)
        try:
            there = place(self._wire, request.headers, trunk, flow.interface)
            local = there is not None and there.header == "Replaces" and terms.replaces == "local"
            if local and isinstance(there, Place):
                verdict = self._in_place(attempt, there, named)
            else:
                verdict = self._routed(attempt, there, named)
            if isinstance(verdict, _Way):
                return self._call(key, request, flow, who, verdict)
        except BadMessage as bad:
            verdict = Reject(bad.status, bad.reason, owed(bad.status, terms))
        self._refuse(key, request, attempt, who, verdict)
        return None

    def _routed(
        self, attempt: Attempt, there: Place | Elsewhere | None, named: Named | None
    ) -> _Way | Reject:
        """Where the policies lead; to the very peer whose dialog is named, and nowhere else (S9).
        Raises BadMessage."""
        verdict = chain.run(self._policies, attempt)
        if isinstance(verdict, Reject):
            return verdict
        assert verdict.chosen is not None
        targets = self._targets(verdict, named)
        if not targets:
            return self._unreachable(verdict.chosen)
        if there is not None:
            targets = [each for each in targets if each.trunk == there.to_trunk]
            if not targets:
                raise BadMessage(481, f"{there.header} names a dialog elsewhere")
        return _Way(verdict, verdict.chosen.route, targets, there)

    def _in_place(self, attempt: Attempt, there: Place, named: Named | None) -> _Way | Reject:
        """We put the newcomer into that call ourselves, so that no route is needed; while it rings
        only its parties can. Raises BadMessage."""
        if not there.is_up:
            return self._routed(attempt, there, named)
        verdict = chain.run(self._unrouted, attempt)
        if isinstance(verdict, Reject):
            return verdict
        there.check_in_place()
        return _Way(verdict, there.usage.leg.call.facts.route, [], there, in_place=True)

    def _meant(self, trunk: str, who: Parties, request: Request) -> tuple[Parties, Named | None]:
        """A trunk that we registered with sends what is for our account to our Contact there; then
        the number called stands in To. A registrar behind us names a phone as we named it there.
        Raises BadMessage if the phone named has no flow any more."""
        shared = self._shared
        named = self._phones.named(request, trunk)
        if isinstance(named, Refused):
            raise BadMessage(named.status, named.reason)
        if named is not None:
            return replace(who, called=named.user), named
        if shared.terms[trunk].register is None:
            return who, None
        if who.called != contact_user(shared.config.node.name, trunk):
            return who, None
        return replace(who, called=who.to_user), None

    def _refuse(
        self, key: Key, request: Request, attempt: Attempt, who: Parties, verdict: Reject
    ) -> None:
        self._answer(key, request, verdict.status, verdict.fields)
        uid = self._wire.tokens.token(16)
        labels = {"zone": attempt.zone, "trunk": attempt.trunk, "status": str(verdict.status)}
        self._wire.note("invite_refused", labels, why=verdict.why, call=uid)
        if verdict.status == 483:
            self._wire.note("loop", labels, call=uid)
        record = refusal_record(self._shared, uid, attempt, who, verdict)
        self._wire.actions.append(Journal("cdr", uid, record))

    def _call(
        self,
        key: Key,
        request: Request,
        flow: Flow,
        who: Parties,
        way: _Way,
    ) -> Call:
        """Raises BadMessage for a body that cannot be taken."""
        config, tokens, headers = self._shared.config, self._wire.tokens, request.headers
        attempt = way.attempt
        content, offer = read(request, self._shared.terms[attempt.trunk])
        content = content.proved(attempt.user)
        fields = target_dialog(self._wire, headers, attempt.trunk, flow.interface)
        if way.there is not None:
            fields = (*fields, *way.there.fields(headers.require))
        if fields:
            content = replace(content, fields=(*content.fields, *fields))
        assert attempt.max_forwards is not None
        trusted = config.zones[attempt.zone].trust == "trusted"
        peer = Peer(attempt.zone, attempt.trunk, trusted, attempt.user)
        facts = Facts(tokens.token(16), way.route, peer, who, attempt.max_forwards)
        session = SessionId(local_half(headers.get("session-id")) or tokens.token(32))
        call = Call(self._shared, facts, session, content, offer)
        leg = Leg(
            call,
            self._wire,
            "a",
            peer,
            flow,
            headers.call_id,
            symmetric=headers.via.asks_rport,
        )
        leg.heard(request)
        call.caller = Caller(leg, key, request, offered=offer is not None)
        call.told = self._phones.for_upstream(request, flow, attempt.user)
        call.targets = way.targets
        if way.in_place and isinstance(way.there, Place):
            call.callee = Remaining(call, way.there.peer)
            call.targets = [call.callee.target]
        return call

    def admit(self, in_use: InUse, peer: Peer, number: str, hops_left: int) -> Reached | Reject:
        """May this peer have a call made to the number, by the policies of all calls?"""
        attempt = Attempt(
            zone=peer.zone,
            trunk=peer.trunk,
            called=number,
            max_forwards=hops_left + 1,
            require=(),
            calls=in_use(peer.trunk),
            draining=self._shared.draining,
        )
        verdict = chain.run(self._policies, attempt)
        if isinstance(verdict, Reject):
            return verdict
        targets = self._targets(verdict)
        if verdict.chosen is None or not targets:
            return Reject(480, "nobody is registered there")
        return Reached(verdict.chosen.route, targets)

    def _reach(self, zone: str, trunk: str, number: str) -> Reached | None:
        chosen = self._routes.choose(zone, trunk, number)
        targets = self._targets_of(chosen, number) if chosen is not None else []
        return Reached(chosen.route, targets) if chosen is not None and targets else None

    def _unreachable(self, chosen: Chosen | None) -> Reject:
        """A phone that is not there, or a name that leads nowhere now (RFC 3263 §4.3)."""
        assert chosen is not None
        if any(name in self._shared.config.trunks for name in chosen.trunks):
            return Reject(503, "no server of the trunk is known", (("Retry-After", "5"),))
        return Reject(480, "nobody is registered there")

    def _targets(self, attempt: Attempt, named: Named | None = None) -> list[Target]:
        chosen = attempt.chosen
        assert chosen is not None
        found = self._targets_of(chosen, attempt.called, named)
        if attempt.user is not None:
            found += self._phones.survivors(attempt.trunk, chosen.trunks, attempt.called)
        return found

    def _targets_of(self, chosen: Chosen, called: str, named: Named | None = None) -> list[Target]:
        found: list[Target] = []
        for name in chosen.trunks:
            phones = self._phones.targets(name, called, named)
            found += self._shared.targets.of(name, self._wire.now) if phones is None else phones
        return found
