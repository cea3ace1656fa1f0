"""A SUBSCRIBE outside any dialog, and the subscriptions that come of it (RFC 6665 §4.1.2, §4.4.1).

It goes to one target after the other. A NOTIFY may come before its 200, and of a forked one from
several notifiers: each begins a subscription, with a dialog of its own on both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from config.effective import Terms
from sbc.actions import Flow
from sbc.b2bua.body.values import Translation
from sbc.b2bua.call import Shared
from sbc.b2bua.causes import passed_on
from sbc.b2bua.content import Content, read_leniently
from sbc.b2bua.crossing import Field
from sbc.b2bua.identity import Parties, anonymous, from_field, request_uri, to_field, uri_host
from sbc.b2bua.leg import Peer, owed
from sbc.b2bua.page import Arrival, challenge_of, told_to
from sbc.b2bua.subscription.half import Half
from sbc.b2bua.subscription.named import known_as
from sbc.b2bua.subscription.subscription import LIST, Subscription, told_back, without_ours
from sbc.b2bua.wire import GIVE_UP
from sbc.dialog.dialog import Dialog, recorded
from sbc.registrar.passed import credentials
from sbc.routing.targets import Target
from sbc.sip.errors import BadMessage
from sbc.sip.event import Event
from sbc.sip.message import Request, Response, build_request, build_response
from sbc.transaction.events import Key
from sbc.upstream.accounts import CHALLENGES, Sent

MOST_FORKS = 8
_OF_SEVERAL = frozenset(("multipart/mixed", "multipart/related"))


@dataclass(frozen=True, slots=True)
class Asked:
    """The SUBSCRIBE, as it came."""

    arrival: Arrival
    peer: Peer
    content: Content


class Watch:
    call = None
    """It belongs to none."""
    method = "SUBSCRIBE"
    """What asks for it, outside any dialog."""

    def __init__(
        self,
        shared: Shared,
        asked: Asked,
        event: Event,
        targets: list[Target],
        opening: dict[str, Watch],
        over: Callable[[Watch], None],
    ) -> None:
        """`opening`: where it can be found by the Call-ID of its SUBSCRIBE, as long as that may
        begin subscriptions. `over`: told when nothing is left of it."""
        self._shared = shared
        self.wire = shared.wire
        self._asked = asked
        self.event = event
        """As the subscriber knows it."""
        self.far_id = None if event.id is None else self.wire.tokens.token(8)
        self.asked = asked.arrival.request.headers.expires
        """Seconds that the last SUBSCRIBE asked for; None: it did not say."""
        self.peer = asked.peer
        self._targets = targets
        self._opening = opening
        self._over = over
        self.forks: dict[str, Subscription] = {}
        """By the tag of the notifier."""
        self.call_id = self.tag = self.trunk = ""
        self._target = targets[0]
        self._final = False
        """The SUBSCRIBE has its answer."""
        self._key: Key = ()
        self._secret = self.wire.tokens.token(32).encode()

    @property
    def parties(self) -> Parties:
        """Who watches whom."""
        return self._asked.arrival.who

    @property
    def far_event(self) -> Event:
        return replace(self.event, id=self.far_id)

    def means(self, event: Event) -> bool:
        """Does the subscriber mean this one by it?"""
        return (event.package, event.id) == (self.event.package, self.event.id)

    def far_means(self, event: Event) -> bool:
        """And the notifier?"""
        return (event.package, event.id) == (self.event.package, self.far_id)

    # --- the SUBSCRIBE ----------------------------------------------------------------------------

    def send(self) -> None:
        """To the next target; in a dialog of its own, so that what an earlier one says is known."""
        wire, target = self.wire, self._targets.pop(0)
        self._target = target
        self.trunk = target.trunk
        self._opening.pop(self.call_id, None)
        self.call_id, self.tag = wire.tokens.token(32), wire.tokens.token(16)
        self._opening[self.call_id] = self
        self._contact = target.listener.contact(wire.tokens.token(12))
        asked, terms = self._asked, self._shared.terms[target.trunk]
        host = terms.domain or target.listener.host
        claims = asked.content.claims
        who = anonymous(asked.arrival.who) if claims.hidden_from(terms) else asked.arrival.who
        content = without_ours(asked.content).towards(terms, host)
        fields = [
            ("Via", wire.via(target.flow)),
            ("Max-Forwards", str(asked.arrival.hops)),
            ("From", from_field(who, host, self.tag)),
            ("To", to_field(asked.arrival.who, terms.domain or uri_host(target))),
            ("Call-ID", self.call_id),
            ("CSeq", f"1 {self.method}"),
            ("Contact", self._contact),
            ("User-Agent", wire.user_agent),
            *told_to(asked.arrival.told, target.trunk),
            *self.says(asked.arrival.request),
            *content.fields,
            *claims.fields(terms, host),
        ]
        uri = request_uri(asked.arrival.who.called, target)
        self._sent = Sent(
            build_request(self.method, uri, fields, content.payload, content.payload_type)
        )
        self._key = wire.send(self._sent.request, target.flow, self)

    def says(self, request: Request) -> tuple[Field, ...]:
        """What a SUBSCRIBE asks for, towards the notifier."""
        fields: list[Field] = [("Event", str(self.far_event))]
        if self.asked is not None:
            fields.append(("Expires", str(self.asked)))
        if LIST in request.headers.supported:
            fields.append(("Supported", LIST))
        there = self._shared.terms[self.trunk]
        accept = accepted(request, self._shared.terms[self.peer.trunk], there)
        if accept:
            fields.append(("Accept", ", ".join(accept)))
        return tuple(fields)

    def responded(self, key: Key, response: Response, flow: Flow) -> None:
        if response.status < 200 or key != self._key:
            return
        if response.status in CHALLENGES and self._answered_challenge(response):
            return
        self.wire.forget(key)
        try:
            if response.status < 300:
                self._accepted(response, flow)
            elif not (response.status == 503 and self._next()):
                self._refused(response)
        except BadMessage as bad:  # a 2xx that makes no dialog
            self._answer(500, (), bad.reason)

    def failed(self, key: Key, cause: str) -> None:
        """RFC 4320 §4.1: silence is not answered with 408; it would come too late."""
        self.wire.forget(key)
        if not (cause == "transport" and self._next()):
            self._answer(504 if cause == "timeout" else 503, (), cause)

    def _next(self) -> bool:
        if not self._targets or self.forks:
            return False
        self.send()
        return True

    def _answered_challenge(self, response: Response) -> bool:
        number = self._sent.request.headers.cseq.number + 1
        found = self.wire.answer_challenge(
            self._key, self._sent, response, self._target.flow, number
        )
        if found is None:
            return False
        self._key, self._sent = found
        return True

    def _accepted(self, response: Response, flow: Flow) -> None:
        tag = response.headers.to.tag
        if not tag:
            raise BadMessage(400, "2xx without a To tag")
        found = self.forks.get(tag)
        if found is None:
            dialog = Dialog.from_response(self._sent.request, response, flow)
            found = self._fork(tag, dialog, flow)
            found.await_notify()
        granted = response.headers.expires
        if granted is not None:  # else what was asked for holds, or what a NOTIFY has said
            found.granted(granted)
        self._final = True
        self.wire.timer((self, "forks"), GIVE_UP)
        near, request = found.near, self._asked.arrival.request
        content, _ = read_leniently(response, self._shared.terms[self.trunk])
        fields = (("Contact", near.dialog.contact), *recorded(request), *self.grants(found))
        self.wire.respond(
            self._asked.arrival.key,
            near.response(request, response.status, fields, without_ours(content)),
        )

    def grants(self, subscription: Subscription) -> tuple[Field, ...]:
        return (("Expires", str(subscription.lasts())),)

    def _refused(self, response: Response) -> None:
        content, _ = read_leniently(response, self._shared.terms[self.trunk])
        challenge = self.challenge_of(response)
        fields = (*told_back(response), *challenge, *without_ours(content).fields)
        status = response.status if challenge else passed_on(response.status)
        self._answer(status, fields, "refused")

    def challenge_of(self, response: Response) -> tuple[Field, ...]:
        return challenge_of(self._asked.arrival.told, self.trunk, response)

    def proof(self, request: Request) -> tuple[Field, ...]:
        """The credentials of a refresh, for the registrar that knows the subscriber itself."""
        told = self._asked.arrival.told
        passes = told is not None and told.challenges and told.trunk == self.trunk
        return credentials(request.headers) if passes else ()

    def _answer(self, status: int, fields: tuple[Field, ...], why: str) -> None:
        """The final answer, if it is none that makes a dialog."""
        wire, asked = self.wire, self._asked
        own = (
            ("Server", wire.user_agent),
            *owed(status, self._shared.terms[asked.peer.trunk]),
            *fields,
        )
        tag = wire.tokens.token(16)
        wire.respond(
            asked.arrival.key, build_response(asked.arrival.request, status, None, own, to_tag=tag)
        )
        self._final = True
        labels = {"trunk": asked.peer.trunk, "to_trunk": self.trunk, "status": str(status)}
        wire.note(f"{self.method.lower()}_refused", labels, why=why)
        self._check()

    # --- what comes of it -------------------------------------------------------------------------

    def is_named(self, tag: str | None, flow: Flow) -> bool:
        """By the tag that our SUBSCRIBE had, and on the interface where it went out."""
        return tag == self.tag and flow.interface == self._target.flow.interface

    def notified(self, key: Key, request: Request, flow: Flow) -> None:
        """The first NOTIFY of one notifier. Raises BadMessage for what begins nothing."""
        tag = request.headers.from_.tag
        if not tag or len(self.forks) >= MOST_FORKS:
            raise BadMessage(481, "No such subscription")
        if Event.parse(request.headers.get("event")).package != self.event.package:
            raise BadMessage(489, "Another event")
        dialog = Dialog.from_invite(request, self.tag, self._contact, flow)
        dialog.local_cseq = self._sent.request.headers.cseq.number
        dialog.remote_cseq = None  # it is yet to be received
        found = self._fork(tag, dialog, flow)
        found.received(found.far, key, request, flow)

    def _fork(self, tag: str, far_dialog: Dialog, flow: Flow) -> Subscription:
        asked, wire, terms = self._asked, self.wire, self._shared.terms
        target = self._target
        trusted = terms[target.trunk].trusted
        far_peer = Peer(terms[target.trunk].zone, target.trunk, trusted, target.user)
        far = Half(wire, terms[target.trunk], far_peer, far_dialog, flow, symmetric=False)
        contact = wire.listeners.of(asked.arrival.flow).contact(wire.tokens.token(12))
        dialog = Dialog.from_invite(
            asked.arrival.request, wire.tokens.token(16), contact, asked.arrival.flow
        )
        symmetric = asked.arrival.request.headers.via.asks_rport
        near = Half(
            wire,
            terms[asked.peer.trunk],
            asked.peer,
            dialog,
            asked.arrival.flow,
            symmetric=symmetric,
        )
        self.forks[tag] = Subscription(self, near, far)
        labels = {"trunk": asked.peer.trunk, "to_trunk": target.trunk}
        wire.note("subscribed", labels, package=self.event.package)
        return self.forks[tag]

    def translation(self, subscription: Subscription) -> Translation:
        """Of what the notifier names: dialogs of ours, and what only it understands."""
        find = partial(known_as, subscription.far, subscription.near, self._secret)
        return Translation(self._secret, find)

    def ended(self, subscription: Subscription, why: str) -> None:
        for tag, each in list(self.forks.items()):
            if each is subscription:
                del self.forks[tag]
        labels = {"trunk": self.peer.trunk, "to_trunk": self.trunk}
        self.wire.note("subscription_ended", labels, package=self.event.package, why=why)
        self._check()

    def timer(self, _name: str) -> None:
        """From now on no other notifier can be of this SUBSCRIBE (§4.4.1)."""
        self._opening.pop(self.call_id, None)

    def abandon(self) -> None:
        """By a fault: nothing is kept, and whoever still waits is told."""
        self.wire.forget(self._key)
        if not self._final:
            self._final = True
            tag = self.wire.tokens.token(16)
            failed = build_response(self._asked.arrival.request, 500, to_tag=tag)
            self.wire.respond(self._asked.arrival.key, failed)
        for subscription in list(self.forks.values()):
            subscription.forget("fault")
        self._check()

    def _check(self) -> None:
        if self._final and not self.forks:
            self.wire.timers.clear((self, "forks"))
            self._opening.pop(self.call_id, None)
            self._over(self)


def accepted(request: Request, here: Terms, there: Terms) -> list[str]:
    """Of the types that it accepts those which may cross; none: it does not say."""
    said = [each.partition(";")[0].strip().lower() for each in request.headers.elements("accept")]
    both = here.body_types & there.body_types
    return [each for each in dict.fromkeys(said) if each in both or each in _OF_SEVERAL]
