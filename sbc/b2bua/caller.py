"""The caller's leg: the INVITE that began the call, answered as a user agent server (RFC 3261
§13.3).

Each early dialog of the called side becomes one early dialog here, with a tag of its own, so that
forks stay apart (S4). Provisionals are sent reliably where the caller wants it (RFC 3262).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from sbc.b2bua.causes import reasons
from sbc.b2bua.content import EMPTY, Content, read
from sbc.b2bua.crossing import Field, crossing
from sbc.b2bua.events import Abandoned, NeverAcknowledged, PrackReceived, Requested
from sbc.b2bua.leg import Leg, methods
from sbc.b2bua.pending import Asked
from sbc.b2bua.session import REPLACES
from sbc.b2bua.usage import Usage
from sbc.dialog.dialog import Dialog, recorded
from sbc.dialog.offer_answer import OfferAnswer, State
from sbc.dialog.reliable import OPTION_TAG, ReliableSender
from sbc.sip.errors import BadMessage
from sbc.sip.headers import Headers
from sbc.sip.message import Request, Response
from sbc.transaction.events import Key

MOST_QUEUED = 16
"""Provisionals of one dialog that wait for the PRACK of another. What else is said meanwhile goes
unheard; the answer says what still matters."""


class Caller:
    __slots__ = (
        "_held",
        "_offered",
        "_queued",
        "_senders",
        "_unheard",
        "answered",
        "final",
        "key",
        "leg",
        "reliability",
        "request",
    )

    def __init__(self, leg: Leg, key: Key, request: Request, *, offered: bool) -> None:
        self.leg = leg
        self.key = key
        self.request = request
        self._offered = offered
        self.final = False
        """The INVITE has its final answer."""
        self.answered: Usage | None = None
        headers = request.headers
        leg.remote_tag = headers.from_.tag
        if "100rel" in headers.require:
            self.reliability = "required"
        else:
            self.reliability = "supported" if "100rel" in headers.supported else "none"
        self._senders: dict[Usage, ReliableSender] = {}
        self._queued: dict[Usage, deque[tuple[int, Content]]] = {}
        self._unheard: set[Usage] = set()
        """Whose last reliable provisional had a description: a 2xx must wait for its PRACK."""
        self._held: Content | None = None
        """The 2xx that does so (RFC 3262 §3)."""

    @property
    def accepted(self) -> bool:
        """The 2xx was sent."""
        return self.answered is not None and self._held is None

    def new_usage(self) -> Usage:
        """One more early dialog towards the caller."""
        leg = self.leg
        tag = leg.wire.tokens.token(16)
        dialog = Dialog.from_invite(self.request, tag, leg.contact, leg.flow)
        usage = Usage(leg, dialog, OfferAnswer.invited(offered=self._offered))
        usage.allow = methods(self.request.headers)
        usage.on_prack = lambda key, request: self._prack(usage, key, request)
        leg.began(usage)
        return usage

    def pair(self, usage: Usage) -> None:
        """A dialog of the called side gets one here that stands for it."""
        usage.peer = self.new_usage()
        usage.peer.peer = usage

    def progress(self, usage: Usage, status: int, content: Content, *, reliable: bool) -> None:
        """A provisional answer in one early dialog; reliable if the caller can and it matters."""
        if self.final:
            return
        reliable = self.reliability == "required" or (reliable and self.reliability == "supported")
        if reliable:
            self._send_reliably(usage, status, content)
        else:
            self.leg.wire.respond(self.key, self._response(usage, status, content))

    def answer(self, usage: Usage, content: Content) -> None:
        """The call is answered in this dialog; the other early ones are forgotten."""
        if self.final:
            return
        self.final = True
        self.answered = usage
        self.leg.speaks_in(usage.dialog)
        for other in list(self.leg.usages):
            if other is not usage:
                self._forget(other)
        self._queued.clear()  # what was not said before the answer need not be said any more
        if usage.exchange.idle:
            content = content.with_sdp(None)  # all was said in provisionals (RFC 6337 §3.1)
        if usage in self._unheard:
            self._held = content
        else:
            self.leg.wire.timers.clear((self, usage))
            self._send_answer(usage, content)

    def refuse(self, status: int, fields: Sequence[Field] = (), content: Content = EMPTY) -> None:
        if self.final:
            return
        self.final = True
        # One request gets one tag in all of its answers, but for those of forks (§8.2.6.2).
        tag = self.leg.local_tag = self.leg.local_tag or self.leg.wire.tokens.token(16)
        response = self.leg.response(self.request, status, fields, content, tag)
        self.leg.wire.respond(self.key, response)
        for usage in list(self.leg.usages):
            self._forget(usage)

    def end(self, status: int, fields: Sequence[Field] = ()) -> None:
        """The call is over: refuse the INVITE with `status`, or BYE if it was answered."""
        if self.answered is None:
            self.refuse(status, fields)
        elif self._held is not None:
            self._held = self.answered = None
            self.final = False
            self.refuse(status, fields)
        elif self.answered.leg is self.leg:  # else it was transferred to another call
            self.answered.bye(reasons(fields))

    def cancelled(self, reasons: Sequence[str] = ()) -> None:
        """`reasons`: such as that another phone has answered; they go on to the called side."""
        if not self.final or self._held is not None:
            fields = crossing(Headers(("Reason", each) for each in reasons)) if reasons else ()
            self.leg.wire.tell(self.leg.call, Abandoned(fields))

    def _forget(self, usage: Usage) -> None:
        self._senders.pop(usage, None)
        self._queued.pop(usage, None)
        self.leg.wire.timers.clear((self, usage))
        usage.end()

    # --- sending: a provisional may have to be acknowledged first (RFC 3262 §3) -------------------

    def _send_reliably(self, usage: Usage, status: int, content: Content) -> None:
        """One reliable provisional is in the air at a time; the others queue."""
        wire = self.leg.wire
        sender = self._senders.get(usage)
        if sender is None:
            sender = self._senders[usage] = ReliableSender(1 + wire.tokens.number(2**30))
        if sender.waiting:
            queue = self._queued.setdefault(usage, deque())
            if len(queue) < MOST_QUEUED:
                queue.append((status, content))
            return
        if content.sdp is not None:
            usage.exchange.described()
            self._unheard.add(usage)
        fields = (("Require", OPTION_TAG), ("RSeq", str(sender.next())))
        response = self._response(usage, status, content, fields)
        wire.respond(self.key, response)
        sender.sent(response, wire.now)
        self._arm(usage, sender)

    def _send_answer(self, usage: Usage, content: Content) -> None:
        usage.confirmed = True
        usage.dialog.early = False
        if content.sdp is not None:
            usage.exchange.described()
        fields = (("Supported", REPLACES), *usage.session.answer(self.request))
        response = self._response(usage, 200, content, fields)
        offered = content.sdp is not None and not self._offered
        cseq = self.request.headers.cseq.number
        usage.keep_sending(self.key, response, cseq, offered=offered)
        self.leg.wire.respond(self.key, response)

    def _response(
        self, usage: Usage, status: int, content: Content, fields: Sequence[Field] = ()
    ) -> Response:
        own = (("Contact", self.leg.contact), *self.leg.abilities, *recorded(self.request), *fields)
        return self.leg.response(self.request, status, own, content, usage.dialog.local_tag)

    def _arm(self, usage: Usage, sender: ReliableSender) -> None:
        if sender.deadline is None:
            self.leg.wire.timers.clear((self, usage))
        else:
            self.leg.wire.timers.set((self, usage), sender.deadline)

    def timer(self, usage: Usage) -> None:
        """A reliable provisional was not acknowledged yet: repeat it, or give up."""
        sender = self._senders.get(usage)
        if sender is None:
            return
        again = sender.due(self.leg.wire.now)
        if sender.exhausted:
            self.leg.wire.tell(self.leg.call, NeverAcknowledged(self.leg))
        elif again is not None:
            self.leg.wire.respond(self.key, again)
        self._arm(usage, sender)

    def _prack(self, usage: Usage, key: Key, request: Request) -> None:
        """PRACK: for us when it only acknowledges; an offer in it is for the other side."""
        leg = self.leg
        sender = self._senders.get(usage)
        rack = request.headers.rack
        if sender is None or rack is None or not sender.acknowledge(rack, leg.wire.now):
            leg.wire.respond(key, leg.response(request, 481))
            return
        self._arm(usage, sender)
        self._unheard.discard(usage)
        try:
            self._pracked(usage, key, request)
        except BadMessage as bad:
            leg.wire.respond(key, leg.response(request, bad.status))
        queued = self._queued.get(usage)
        if queued:
            self._send_reliably(usage, *queued.popleft())
        elif self._held is not None:
            held, self._held = self._held, None
            self._send_answer(usage, held)

    def _pracked(self, usage: Usage, key: Key, request: Request) -> None:
        leg = self.leg
        content, described = read(request, leg.terms)
        owed = usage.exchange.state is State.LOCAL_OFFER
        if described is not None and usage.exchange.idle:
            usage.exchange.offer_received()
            usage.asked[key] = Asked(request, offered=True)
            leg.wire.tell(leg.call, Requested(usage, key, "PRACK", content, described))
            return
        leg.wire.respond(key, leg.response(request, 200))
        if owed:
            usage.exchange.answer_received()
            leg.wire.tell(leg.call, PrackReceived(usage, described))
