"""The called leg: the INVITE that we send, as a user agent client (RFC 3261 §13.2).

A fork may answer it in several dialogs: each becomes a usage of its own, and of several 2xx the
first wins while the others are acknowledged and ended (S4). Reliable provisionals are acknowledged
here (S5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.sdp.session import Session
from sbc.actions import Flow
from sbc.b2bua.causes import reasons
from sbc.b2bua.content import EMPTY, Content, read_leniently
from sbc.b2bua.crossing import Field
from sbc.b2bua.events import Answered, Progressed, Refused
from sbc.b2bua.leg import Leg, methods
from sbc.b2bua.redirect import redirected_to
from sbc.b2bua.session import session_fields
from sbc.b2bua.usage import Usage
from sbc.b2bua.wire import GIVE_UP
from sbc.dialog.dialog import Dialog
from sbc.dialog.offer_answer import OfferAnswer, State
from sbc.dialog.reliable import OPTION_TAG, ReliableReceiver
from sbc.dialog.session_timer import SessionTimer
from sbc.registrar.passed import challenges
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, build_request
from sbc.transaction.events import Key
from sbc.upstream.accounts import CHALLENGES, Sent, credentials_of

if TYPE_CHECKING:
    from sbc.b2bua.call import Call

MOST_BRANCHES = 24
"""Dialogs of one call at once. Of further ones provisionals are dropped, and answers that cannot
be the call's any more: to end one takes a dozen datagrams, to whatever address it names."""
MOST_TRIES = 3
"""INVITEs again for a longer session interval; each proxy on the way may have its own idea."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the INVITE says, besides what every request of the leg has."""

    request_uri: str
    from_field: str
    to_field: str
    max_forwards: int
    content: Content
    reliable: bool
    """Announce 100rel."""
    told: tuple[Field, ...] = ()
    """For this peer alone."""


class Callee:
    __slots__ = (
        "_invitation",
        "_last_cseq",
        "_local_tag",
        "_offered",
        "_owed_pracks",
        "_receivers",
        "_sent",
        "_session",
        "_tries",
        "answered",
        "cancelled",
        "final",
        "key",
        "leg",
    )

    def __init__(self, leg: Leg, invitation: Invitation) -> None:
        self.leg = leg
        self._offered = invitation.content.sdp is not None
        self.cancelled = False
        self.final = False
        """The INVITE has its final answer."""
        self.answered: Usage | None = None
        self._last_cseq = 0
        """The highest of the dialogs that were forgotten: one of them may answer yet, and then its
        BYE must have a higher number than its PRACKs had."""
        self._receivers: dict[Usage, ReliableReceiver] = {}
        self._owed_pracks: dict[Usage, str] = {}
        self._invitation = invitation
        self._tries = 1
        self._session = SessionTimer(leg.terms.session_timer)
        """What we ask for; each dialog of the answers has its own."""
        self._sent = Sent(self._build(invitation))
        self._local_tag = leg.local_tag = self.request.headers.from_.tag or ""
        leg.traced("out", self.request)
        self.key = leg.wire.send(self.request, leg.flow, self)

    @property
    def request(self) -> Request:
        """The INVITE, as it went out last."""
        return self._sent.request

    @property
    def call(self) -> Call:
        return self.leg.call

    @property
    def trunk(self) -> str:
        return self.leg.peer.trunk

    def _build(self, invitation: Invitation, cseq: int = 1) -> Request:
        leg = self.leg
        content = invitation.content.towards(leg.terms, leg.host)
        fields: list[Field] = [
            ("Via", leg.wire.via(leg.flow)),
            ("Max-Forwards", str(invitation.max_forwards)),
            ("From", invitation.from_field),
            ("To", invitation.to_field),
            ("Call-ID", leg.call_id),
            ("CSeq", f"{cseq} INVITE"),
            ("Contact", leg.contact),
            *leg.abilities,
            ("User-Agent", leg.wire.user_agent),
            leg.session_field(),
            *session_fields(self._session, *([OPTION_TAG] if invitation.reliable else [])),
            *leg.said(content),
            *invitation.told,
        ]
        return build_request(
            "INVITE", invitation.request_uri, fields, content.payload, content.payload_type
        )

    # --- what the peer answers --------------------------------------------------------------------

    def responded(self, key: Key, response: Response, flow: Flow) -> None:
        leg = self.leg
        leg.heard(response)
        if flow.transport == "tcp":
            leg.wire.large.took(flow, leg.flow)
        leg.call.session = leg.call.session.complete(leg.wire.tokens)
        status = response.status
        if status in CHALLENGES and self._answered_challenge(key, response):
            return
        if status >= 300:
            self._refused(key, response)
            return
        try:
            usage = self._usage(response, flow)
        except BadMessage:
            # No dialog can be made of it: as if it had not come. But to the transaction a 2xx is
            # the end, and it will not tell of any other.
            if status >= 200:
                leg.wire.timer(("forget", key), GIVE_UP + 1)
            return
        if usage is None:
            return
        if status >= 200:
            self._accepted(key, usage, response)
        elif not self.final:
            self._progressed(usage, response)

    def _answered_challenge(self, key: Key, response: Response) -> bool:
        """The INVITE goes again, in the same leg, with credentials if they can be had (A2)."""
        leg = self.leg
        if self.final or self.cancelled:
            return False
        found = leg.wire.answer_challenge(key, self._sent, response, leg.flow, self._next_cseq())
        if found is None:
            return False
        self.key, self._sent = found
        leg.traced("out", self.request)
        self._forget_others(None)
        return True

    def _next_cseq(self) -> int:
        last = [usage.dialog.local_cseq for usage in self.leg.usages]
        return max(self.request.headers.cseq.number, self._last_cseq, *last) + 1

    def give_up(self) -> bool:
        """Nothing has come of the INVITE: it counts as timed out, and what comes late is ended.
        False: something has come."""
        leg = self.leg
        if self.final or leg.usages or not leg.wire.layer.is_silent(self.key):
            return False
        leg.wire.cancel(self.key, (leg.session_field(),))
        self.final = self.cancelled = True
        leg.wire.tell(leg.call, Refused(408, EMPTY, (), unheard="timeout", leg=leg))
        return True

    def failed(self, key: Key, cause: str) -> None:
        self.leg.wire.owners.pop(key, None)
        if self.final:
            return
        self.final = True
        self._forget_others(None)
        if cause == "timeout":
            refused = Refused(408, EMPTY, (), unheard="timeout", leg=self.leg)
        else:
            refused = Refused(503, EMPTY, (), unheard="unreachable", leg=self.leg)
        self.leg.wire.tell(self.leg.call, refused)

    def _usage(self, response: Response, flow: Flow) -> Usage | None:
        """The dialog of a 1xx or 2xx (RFC 3261 §12.1); None if it may begin none."""
        headers, leg = response.headers, self.leg
        tag = headers.to.tag or ""
        if not tag and response.status >= 200:
            raise BadMessage(400, "2xx without a To tag")
        found = leg.wire.usages.get((leg.call_id, self._local_tag, tag))
        if found is None:
            found = self._untagged() if tag else next(iter(leg.usages), None)
            if found is not None and tag:
                self._name(found, response, flow)
        elif response.status >= 200 and not found.confirmed:
            found.dialog.confirm(response)
        if found is None:
            if not self._may_branch(response.status):
                return None
            found = self._new_usage(response, flow)
        if headers.has("allow"):
            found.allow = methods(headers)
        return found

    def _may_branch(self, status: int) -> bool:
        """May a response of this status begin one more dialog?"""
        if len(self.leg.usages) >= MOST_BRANCHES:
            return status >= 200 and not self.final
        return status >= 200 or not self.final

    def _new_usage(self, response: Response, flow: Flow) -> Usage:
        leg = self.leg
        dialog = Dialog.from_response(self.request, response, flow)
        dialog.local_cseq = max(dialog.local_cseq, self._last_cseq)
        usage = Usage(leg, dialog, OfferAnswer.inviting(offered=self._offered))
        usage.credentials = credentials_of(self.request)
        usage.session.timer.interval, usage.session.timer.min_se = (
            self._session.interval,
            self._session.min_se,
        )
        leg.began(usage)
        return usage

    def _untagged(self) -> Usage | None:
        """What a 180 without a To tag began: no dialog yet, but the caller has heard of it."""
        return self.leg.wire.usages.get((self.leg.call_id, self._local_tag, ""))

    def _name(self, usage: Usage, response: Response, flow: Flow) -> None:
        """The dialog of that 180, now that it has a name."""
        usages = self.leg.wire.usages
        del usages[usage.id]
        usage.dialog = Dialog.from_response(self.request, response, flow)
        usages[usage.id] = usage
        self.leg.speaks_in(usage.dialog)

    def _progressed(self, usage: Usage, response: Response) -> None:
        content, described = read_leniently(response, self.leg.terms)
        rseq = response.headers.rseq
        reliable = rseq is not None and OPTION_TAG in response.headers.require
        offer = answer = None
        if rseq is not None and reliable:
            if not self._receivers.setdefault(usage, ReliableReceiver()).accept(rseq):
                return  # repeated, or out of order
            rack = f"{rseq} {response.headers.cseq.number} INVITE"
            if described is not None and self._offered:
                answer = described if usage.exchange.answer_received() is None else None
            elif described is not None:
                offer = self._first_offer(usage, described)
            if offer is None:
                self._prack(usage, rack)
            else:
                self._owed_pracks[usage] = rack
        elif self._offered and not usage.exchange.idle:
            answer = described  # a preview: the 2xx or a reliable one brings it again
        self.leg.wire.tell(
            self.leg.call, Progressed(usage, response.status, content, offer, answer, reliable)
        )

    def _accepted(self, key: Key, usage: Usage, response: Response) -> None:
        cseq = response.headers.cseq.number
        if usage.confirmed:  # repeated: our ACK was lost
            usage.acks.again(response)
            return
        usage.confirmed = True
        usage.dialog.early = False
        usage.session.answered(response)
        self.leg.wire.timer(("forget", key), GIVE_UP + 1)
        if self.answered is not None or self.cancelled or self.final:
            self._unwanted(usage, cseq)
            return
        self.final = True
        self.answered = usage
        self.leg.speaks_in(usage.dialog)
        self._forget_others(usage)
        content, described = read_leniently(response, self.leg.terms)
        offer = answer = None
        if self._offered:
            if usage.exchange.answer_received() is None:
                answer = described
        elif described is not None:
            offer = self._first_offer(usage, described)
        usage.acknowledge(cseq, owing=offer is not None)
        self.leg.wire.tell(self.leg.call, Answered(usage, content, offer, answer))

    def _first_offer(self, usage: Usage, described: Session) -> Session | None:
        """What the INVITE asked for; repeated later it is none any more (RFC 6337 §3.1.1)."""
        if usage.exchange.state is not State.AWAITING_OFFER:
            return None
        usage.exchange.offer_received()
        return described

    def _unwanted(self, usage: Usage, cseq: int) -> None:
        """A second fork answered, or the answer crossed our CANCEL (RFC 3261 §13.2.2.4, §15)."""
        usage.ack(cseq)
        usage.bye()
        if not self.final:
            self.final = True
            self._forget_others(usage)
            self.leg.wire.tell(self.leg.call, Refused(487, EMPTY, (), leg=self.leg))

    def _refused(self, key: Key, response: Response) -> None:
        self.leg.wire.owners.pop(key, None)
        if self.final:
            return
        if response.status == 422 and not self.cancelled and self._ask_for_longer(response):
            return
        self.final = True
        self._forget_others(None)
        contacts = redirected_to(response) if response.status < 400 else ()
        content, _ = read_leniently(response, self.leg.terms)
        challenge = self._for_caller(response)
        self.leg.wire.tell(
            self.leg.call, Refused(response.status, content, contacts, challenge, leg=self.leg)
        )

    def _for_caller(self, response: Response) -> tuple[Field, ...]:
        """A challenge of a registrar that knows the caller itself."""
        told = self.leg.call.told
        if response.status not in CHALLENGES or told is None or told.trunk != self.trunk:
            return ()
        return challenges(response) if told.challenges else ()

    def _ask_for_longer(self, response: Response) -> bool:
        """RFC 4028 §7.3: the same INVITE again, with the interval that somebody insists on."""
        if self._tries > MOST_TRIES or not self._session.too_small(response.headers):
            return False
        self._tries += 1
        number = self._next_cseq()
        self._forget_others(None)
        self._sent = Sent(self._build(self._invitation, number))
        self.leg.traced("out", self.request)
        self.key = self.leg.wire.send(self.request, self.leg.flow, self)
        return True

    def _forget_others(self, kept: Usage | None) -> None:
        for usage in list(self.leg.usages):
            if usage is not kept and not usage.confirmed:
                self._last_cseq = max(self._last_cseq, usage.dialog.local_cseq)
                usage.end()

    # --- what we ask ------------------------------------------------------------------------------

    def answer_offer(self, usage: Usage, answer: Session) -> None:
        """The answer to an offer in the last reliable provisional of this dialog, by PRACK."""
        rack = self._owed_pracks.pop(usage, None)
        if rack is not None:
            self._prack(usage, rack, answer)

    def _prack(self, usage: Usage, rack: str, answer: Session | None = None) -> None:
        if answer is not None:
            usage.exchange.answer_sent()
        usage.request("PRACK", (("RAck", rack),), Content(sdp=answer))

    def end(self, fields: Sequence[Field] = ()) -> None:
        """The call is over: CANCEL what is not answered, BYE what is."""
        self._cancel(reasons(fields))
        for usage in list(self.leg.usages):
            if usage.confirmed:
                usage.bye(reasons(fields))

    def _cancel(self, fields: Sequence[Field]) -> None:
        if not self.final and not self.cancelled:
            self.cancelled = True
            self.leg.wire.cancel(self.key, (self.leg.session_field(), *fields))
