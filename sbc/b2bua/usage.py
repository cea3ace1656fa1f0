"""One dialog of a leg as the call uses it (an INVITE usage, RFC 5057): requests both ways, ACK,
BYE.

It keeps the rules of SIP that concern one dialog: order of requests, one offer at a time, 2xx
repeated until their ACK. What a request means for the other side is the call's affair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from media.sdp.session import Session as Description
from sbc.actions import Flow
from sbc.b2bua.acks import Acks
from sbc.b2bua.causes import PEER_GONE
from sbc.b2bua.content import EMPTY, Content, read_leniently
from sbc.b2bua.crossing import Field
from sbc.b2bua.events import Ended, NeverAcknowledged, Responded
from sbc.b2bua.pending import Asked, Asking, Unacknowledged
from sbc.b2bua.session import Session, session_fields
from sbc.b2bua.wire import GIVE_UP, T1, T2, DialogId, Wire
from sbc.dialog.dialog import Dialog
from sbc.dialog.offer_answer import OfferAnswer
from sbc.sip.message import Request, Response
from sbc.transaction.events import Key
from sbc.upstream.accounts import CHALLENGES, Sent, credentials_of

if TYPE_CHECKING:
    from sbc.b2bua.call import Call
    from sbc.b2bua.leg import Leg

OFFERING = frozenset({"INVITE", "UPDATE"})
PATIENCE = 180.0
"""Seconds for the answer to a re-INVITE, which a peer may keep us waiting for (Timer C)."""


class Usage:
    __slots__ = (
        "acks",
        "allow",
        "asked",
        "asking",
        "bye_after_ack",
        "closing",
        "confirmed",
        "credentials",
        "dialog",
        "exchange",
        "leg",
        "on_prack",
        "over",
        "owed_ack",
        "peer",
        "session",
        "unacknowledged",
        "wire",
    )

    def __init__(self, leg: Leg, dialog: Dialog, exchange: OfferAnswer) -> None:
        self.leg = leg
        self.wire: Wire = leg.wire
        self.dialog = dialog
        self.exchange = exchange
        self.peer: Usage | None = None
        """The same conversation on the other leg."""
        self.confirmed = False
        self.closing = False
        """A BYE is on its way, or waits for an ACK."""
        self.over = False
        self.allow: frozenset[str] = frozenset()
        """Methods that the peer said it takes; empty when it did not say."""
        self.asked: dict[Key, Asked] = {}
        """Requests of the peer that wait for our answer."""
        self.asking: dict[Key, Asking] = {}
        """Requests of ours that wait for the peer's answer."""
        self.unacknowledged: Unacknowledged | None = None
        self.bye_after_ack: Sequence[Field] | None = None
        self.acks = Acks(self)
        self.owed_ack: int | None = None
        """CSeq of a 2xx with an offer: its ACK waits for the answer."""
        self.credentials: Sequence[Field] = ()
        """Of the last INVITE that we sent, which its ACK repeats."""
        self.session = Session(self)
        self.on_prack: Callable[[Key, Request], None] | None = None
        self.wire.usages[self.id] = self

    @property
    def id(self) -> DialogId:
        return (self.dialog.call_id, self.dialog.local_tag, self.dialog.remote_tag)

    @property
    def call(self) -> Call:
        return self.leg.call

    @property
    def trunk(self) -> str:
        return self.leg.peer.trunk

    def takes(self, method: str) -> bool:
        """Did the peer say that it understands `method`? Silence is no yes: whoever must be sure
        asks for what every peer takes."""
        return method in self.allow

    def timer(self, name: str) -> None:
        if name == "2xx":
            self._repeat()
        elif name == "session":
            self.session.due()
        else:
            self._cancel_invite()

    # --- what we answer ---------------------------------------------------------------------------

    def respond(
        self, key: Key, status: int, fields: Sequence[Field] = (), content: Content = EMPTY
    ) -> None:
        """The final answer to a request of the peer; `content.sdp` is an answer, or an offer when
        the request brought none."""
        asked = self.asked.pop(key, None)
        if asked is None:
            return
        request = asked.request
        if asked.exchanges:
            self._exchange_responded(status, content)
        if request.method in OFFERING and status < 300:
            own = self.session.answer(request) if self.confirmed else ()
            fields = (("Contact", self.leg.contact), *self.leg.abilities, *own, *fields)
        response = self.leg.response(request, status, fields, content)
        if request.method == "INVITE" and status < 300:
            cseq = request.headers.cseq.number
            self.keep_sending(key, response, cseq, offered=not asked.offered)
        self.wire.respond(key, response)

    def _exchange_responded(self, status: int, content: Content) -> None:
        if status >= 300:
            self.exchange.failed()
        elif content.sdp is not None:
            self.exchange.described()

    def keep_sending(self, key: Key, response: Response, cseq: int, *, offered: bool) -> None:
        """A 2xx is repeated until its ACK, on every transport (RFC 3261 §13.3.1.4). `cseq`: of the
        INVITE."""
        self.unacknowledged = Unacknowledged(
            key, response, cseq, offered, self.wire.now + GIVE_UP, T1
        )
        self.wire.timer((self, "2xx"), T1)

    def _repeat(self) -> None:
        """The 2xx again, ever more slowly, until its ACK comes or 64·T1 are over."""
        waiting = self.unacknowledged
        if waiting is None:
            return
        if self.wire.now >= waiting.give_up_at:
            self.settled()
            if self.over:
                return
            if self.bye_after_ack is not None:
                self.send_bye(self.bye_after_ack)
            self.wire.tell(self.leg.call, NeverAcknowledged(self.leg))
            return
        self.wire.respond(waiting.key, waiting.response)
        waiting.interval = min(2 * waiting.interval, T2)
        self.wire.timer((self, "2xx"), min(waiting.interval, waiting.give_up_at - self.wire.now))

    def settled(self) -> Unacknowledged | None:
        """The 2xx that waited for an ACK waits no more."""
        waiting, self.unacknowledged = self.unacknowledged, None
        self.wire.timers.clear((self, "2xx"))
        if self.over:
            self._forget()
        return waiting

    # --- what we ask ------------------------------------------------------------------------------

    def request(
        self,
        method: str,
        fields: Sequence[Field] = (),
        content: Content = EMPTY,
        max_forwards: int = 70,
    ) -> Key:
        """Send a request within the dialog. An SDP in it is an offer, unless it is a PRACK's
        answer."""
        if content.bodied:
            content = content.towards(self.leg.terms, self.leg.host)
        offered = content.sdp is not None and method in OFFERING
        own: list[Field] = [("User-Agent", self.wire.user_agent), self.leg.session_field()]
        if method in OFFERING:
            own += self.leg.abilities
            if self.confirmed:
                own += session_fields(self.session.timer)
            if offered:
                self.exchange.offer_sent()
            elif method == "INVITE":
                self.exchange.offer_invited()
        built = self.dialog.request(
            method,
            self.wire.via(self.leg.flow),
            (*own, *fields, *self.leg.said(content)),
            content.payload,
            content.payload_type,
            max_forwards,
        )
        self.leg.traced("out", built)
        key = self.wire.send(built, self.leg.next_hop(self.dialog), self)
        self.asking[key] = Asking(method, self.dialog.local_cseq, offered, Sent(built))
        if method == "INVITE":
            self.credentials = credentials_of(built)
            self.wire.timer((self, "patience"), PATIENCE)
        return key

    def responded(self, key: Key, response: Response, flow: Flow) -> None:
        self.leg.heard(response)
        asking = self.asking.get(key)
        if asking is None:
            self.acks.again(response)
            return
        if response.status < 200:
            return
        if flow.transport == "tcp":
            self.wire.large.took(flow, self.leg.flow)
        if response.status in CHALLENGES and self._answered_challenge(key, asking, response):
            return
        del self.asking[key]
        self._settle(key, asking, response.status)
        if asking.method == "BYE":
            self.end()
        else:
            self._concluded(key, asking, response)

    def _answered_challenge(self, key: Key, asking: Asking, response: Response) -> bool:
        """The request goes again with credentials, if they can be had and it still matters."""
        if self.over or asking.withdrawn:
            return False
        number = self.dialog.local_cseq + 1
        flow = self.leg.next_hop(self.dialog)
        found = self.wire.answer_challenge(key, asking.sent, response, flow, number)
        if found is None:
            return False
        again, sent = found
        self.dialog.local_cseq = number
        self.leg.traced("out", sent.request)
        del self.asking[key]
        self.asking[again] = replace(asking, cseq=number, sent=sent)
        if asking.method == "INVITE":
            self.credentials = credentials_of(sent.request)
        self.leg.call.asked_again(key, again)
        return True

    def failed(self, key: Key, cause: str) -> None:
        asking = self.asking.pop(key, None)
        self.wire.owners.pop(key, None)
        if asking is None:
            return
        if asking.method == "BYE":
            self.end()
            return
        self._settle(key, asking, 408)
        status = 408 if cause == "timeout" else 503
        if asking.exchanges:
            self.exchange.failed()
        self.wire.tell(
            self.leg.call, Responded(self, key, asking.method, status, EMPTY, None, None)
        )
        if asking.method in OFFERING:
            self._gone()

    def _settle(self, key: Key, asking: Asking, status: int) -> None:
        """A repeated 2xx of an INVITE may come for 64·T1 more."""
        if asking.method == "INVITE":
            self.wire.timers.clear((self, "patience"))
            if status < 300:
                self.wire.timer(("forget", key), GIVE_UP + 1)
                return
        self.wire.owners.pop(key, None)

    def _concluded(self, key: Key, asking: Asking, response: Response) -> None:
        status, offer, answer = response.status, None, None
        if status >= 300 and asking.method in OFFERING:
            self.session.refused(response)
        content, described = read_leniently(response, self.leg.terms)
        if status >= 300:
            if asking.exchanges:
                self.exchange.failed()
        elif asking.method in OFFERING:
            self.dialog.refresh_target(response)
            if self.confirmed:
                self.session.answered(response)
            if asking.offered:
                answer = described
                self.exchange.answer_received()
            elif asking.method == "INVITE":
                offer = described if self.exchange.offer_received() is None else None
            if asking.method == "INVITE":
                self.acknowledge(asking.cseq, owing=offer is not None)
        self.wire.tell(
            self.leg.call, Responded(self, key, asking.method, status, content, offer, answer)
        )
        if status == 481 or (status == 408 and asking.method in OFFERING):
            self._gone()

    def _gone(self) -> None:
        """The peer no longer knows the dialog (RFC 3261 §12.2.1.2)."""
        if not self.closing and not self.over:
            self.wire.tell(self.leg.call, Ended(self, PEER_GONE, ()))

    def _cancel_invite(self) -> None:
        """What waits for an answer without a limit waits no longer."""
        for key, asking in list(self.asking.items()):
            if asking.method == "INVITE":
                self.withdraw(key)

    def withdraw(self, key: Key) -> None:
        """CANCEL a re-INVITE of ours."""
        self.asking[key] = replace(self.asking[key], withdrawn=True)
        self.wire.cancel(key, (self.leg.session_field(),))

    # --- acknowledging ----------------------------------------------------------------------------

    def acknowledge(self, cseq: int, *, owing: bool) -> None:
        """A 2xx with an offer waits for its answer, unless the dialog is over: none will come."""
        if owing and not self.closing and not self.over:
            self.owed_ack = cseq
        else:
            self.ack(cseq)

    def answer_owed(self, answer: Description | None) -> None:
        """The ACK that was put off until the answer came; without one it says that none will
        come."""
        if self.owed_ack is not None:
            self.ack(self.owed_ack, answer)

    def ack(self, cseq: int, answer: Description | None = None) -> None:
        """Acknowledge a 2xx; `answer` when that carried the offer."""
        self.owed_ack = None
        if answer is not None:
            self.exchange.answer_sent()
        self.acks.send(cseq, Content(sdp=answer))

    # --- ending -----------------------------------------------------------------------------------

    def bye(self, fields: Sequence[Field] = ()) -> None:
        """End the dialog; a 2xx of ours must be acknowledged first (RFC 3261 §15)."""
        if self.closing or self.over:
            return
        self.closing = True
        self.session.stop()
        self.turn_all_away()
        self.answer_owed(None)
        if self.unacknowledged is not None:
            self.bye_after_ack = fields
        else:
            self.send_bye(fields)

    def send_bye(self, fields: Sequence[Field]) -> None:
        self.bye_after_ack = None
        if not self.over:
            self.request("BYE", fields)

    def turn_all_away(self) -> None:
        """Requests that wait get 487 (RFC 3261 §15.1.2)."""
        for key, asked in self.asked.items():
            self.wire.respond(key, self.leg.response(asked.request, 487))
        self.asked.clear()

    def end(self) -> None:
        """Nothing more may come of this dialog, but for the ACK of a 2xx that a BYE has crossed:
        the peer still needs a final answer to its INVITE."""
        self.over = True
        self.session.stop()
        self.turn_all_away()
        self._cancel_invite()
        if self.unacknowledged is None:
            self._forget()

    def _forget(self) -> None:
        self.wire.usages.pop(self.id, None)
        if self.wire.aliases:
            self.wire.aliases.forget(self)
        self.leg.ended(self)
