"""One half of a subscription: the dialog with one peer, and the requests in it that wait.

It has a Call-ID, tags and CSeq of its own; what a request means for the other half is the
subscription's affair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.effective import Terms
from sbc.actions import Flow
from sbc.b2bua.content import EMPTY, Content
from sbc.b2bua.crossing import Field
from sbc.b2bua.leg import Peer, next_hop, owed
from sbc.b2bua.privacy import NONE
from sbc.b2bua.wire import DialogId, Wire
from sbc.dialog.dialog import Dialog
from sbc.sip.message import Request, Response, build_response
from sbc.transaction.events import Key
from sbc.upstream.accounts import CHALLENGES, Sent

if TYPE_CHECKING:
    from sbc.b2bua.subscription.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Asking:
    """A request of ours."""

    method: str
    back: Key | None
    """The request on the other half that it stands for; None: it is our own."""
    sent: Sent


class Half:
    __slots__ = (
        *("asked", "asking", "dialog", "flow", "listener", "peer", "subscription", "symmetric"),
        *("terms", "wire"),
    )

    call = None
    """It belongs to none."""

    def __init__(
        self, wire: Wire, terms: Terms, peer: Peer, dialog: Dialog, flow: Flow, *, symmetric: bool
    ) -> None:
        self.subscription: Subscription
        self.wire = wire
        self.terms = terms
        self.peer = peer
        self.dialog = dialog
        self.flow = flow
        """The path on which the peer was last heard."""
        self.listener = wire.listeners.of(flow)
        self.symmetric = symmetric
        self.asked: dict[Key, Request] = {}
        """Requests of the peer that wait for our answer."""
        self.asking: dict[Key, Asking] = {}
        wire.halves[self.id] = self

    @property
    def id(self) -> DialogId:
        return self.dialog.id

    @property
    def trunk(self) -> str:
        return self.peer.trunk

    @property
    def host(self) -> str:
        return self.terms.domain or self.listener.host

    def flow_heard(self, flow: Flow) -> None:
        """The peer, or its NAT, may have moved (N1)."""
        if flow.interface == self.flow.interface and flow.transport == self.flow.transport:
            self.flow = flow

    def respond(
        self, key: Key, status: int, fields: Sequence[Field] = (), content: Content = EMPTY
    ) -> None:
        """To a request within the dialog; nothing, if it waits no longer."""
        request = self.asked.pop(key, None)
        if request is None:
            return
        if status < 300:
            fields = (("Contact", self.dialog.contact), *fields)
        self.wire.respond(key, self.response(request, status, fields, content))

    def response(
        self, request: Request, status: int, fields: Sequence[Field], content: Content = EMPTY
    ) -> Response:
        content = content.towards(self.terms, self.host)
        return build_response(
            request,
            status,
            None,
            (
                ("Server", self.wire.user_agent),
                *owed(status, self.terms),
                *fields,
                *self.said(content),
            ),
            content.payload,
            to_tag=self.dialog.local_tag,
            content_type=content.payload_type,
        )

    def request(
        self,
        method: str,
        fields: Sequence[Field],
        content: Content = EMPTY,
        max_forwards: int = 70,
        back: Key | None = None,
    ) -> None:
        content = content.towards(self.terms, self.host)
        built = self.dialog.request(
            method,
            self.wire.via(self.flow),
            (("User-Agent", self.wire.user_agent), *fields, *self.said(content)),
            content.payload,
            content.payload_type,
            max_forwards,
        )
        key = self.wire.send(built, self._next_hop(), self)
        self.asking[key] = Asking(method, back, Sent(built))

    def said(self, content: Content) -> tuple[Field, ...]:
        if content.claims is NONE:
            return content.fields
        return (*content.fields, *content.claims.fields(self.terms, self.host))

    def responded(self, key: Key, response: Response, flow: Flow) -> None:
        del flow
        asking = self.asking.get(key)
        if response.status < 200:
            return
        if asking is None:
            self.wire.forget(key)
            return
        if response.status in CHALLENGES and self._answered_challenge(key, asking, response):
            return
        del self.asking[key]
        self.wire.forget(key)
        self.subscription.answered(self, asking, response)

    def failed(self, key: Key, cause: str) -> None:
        asking = self.asking.pop(key, None)
        self.wire.forget(key)
        if asking is not None:
            self.subscription.unanswered(self, asking, cause)

    def abandon(self) -> None:
        self.subscription.abandon()

    def end(self) -> None:
        """Nothing more comes of it; whoever waits for an answer hears that it is over."""
        for key in list(self.asked):
            self.respond(key, 481)
        self.wire.halves.pop(self.id, None)

    def _answered_challenge(self, key: Key, asking: Asking, response: Response) -> bool:
        number = self.dialog.local_cseq + 1
        found = self.wire.answer_challenge(key, asking.sent, response, self._next_hop(), number)
        if found is None:
            return False
        again, sent = found
        self.dialog.local_cseq = number
        del self.asking[key]
        self.asking[again] = Asking(asking.method, asking.back, sent)
        return True

    def _next_hop(self) -> Flow:
        return next_hop(self.dialog, self.flow, self.listener, self.peer, symmetric=self.symmetric)
