"""One dialog of a phone (RFC 3261 §12): what it asks within it, and how it answers.

It keeps the rules from its own end: order, glare, one offer at a time, a 2xx until its ACK. It
complains when the border does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sbc.sip.address import NameAddr
from sbc.sip.message import Request, Response
from sbc.transaction.layer import Key
from tests.support.phone_media import REPORT_EVERY, PhoneMedia, Unfit
from tests.support.phone_sdp import read
from tests.support.phone_text import request, response
from tests.support.phones import Phone
from tests.support.scripts import Manner

T1, T2, GIVE_UP = 0.5, 4.0, 32.0
LONGEST = 100.0
"""Seconds. The border must have ended every call long before."""
TRIES = 6
"""How often something is put off that cannot be done now."""


@dataclass(slots=True)
class Unacknowledged:
    """A 2xx of ours, until its ACK."""

    key: Key
    answer: bytes
    cseq: int
    offered: bool
    until: float
    pace: float = T1


class PhoneDialog:
    def __init__(
        self,
        phone: Phone,
        *,
        index: int,
        call_id: str,
        local: str,
        remote: str,
        target: str,
        cseq: int,
        media: PhoneMedia,
        manner: Manner,
    ) -> None:
        self.phone = phone
        self.index = index
        self.call_id = call_id
        self.local = local
        """From or To, with our tag."""
        self.remote = remote
        self.target = target
        self.cseq = cseq
        """Of our last request."""
        self.media = media
        media.rude = manner.rude
        self.manner = manner
        self.deaf = manner.deaf
        self.up = False
        self.over = False
        self.quiet = False
        """Another early dialog of the call has our ear and our voice."""
        self.gone = False
        self.ended_at: float | None = None
        self._begun = False
        self._remote_cseq = -1
        self._acks: dict[int, bytes] = {}
        self.inviting = False
        self._answering: tuple[Key, Request] | None = None
        self._unacknowledged: Unacknowledged | None = None

    @property
    def local_tag(self) -> str:
        return NameAddr.parse(self.local).tag or ""

    @property
    def remote_tag(self) -> str:
        return NameAddr.parse(self.remote).tag or ""

    # --- its life ---------------------------------------------------------------------------------

    def begin(self) -> None:
        """Media may flow from now on."""
        if not self._begun:
            self._begun = True
            self._speak()
            self._report()

    def answered(self) -> None:
        """The call is up."""
        self.up = True
        self.phone.later(LONGEST, self._overstayed)

    def end(self) -> None:
        if not self.over:
            self.over = True
            self.ended_at = self.phone.now
            self.media.end(self.phone.now)

    def vanish(self) -> None:
        self.gone = True
        self.end()

    def hang_up(self, tries: int = 3 * TRIES) -> None:
        """A 2xx of ours must be acknowledged first (RFC 3261 §15)."""
        if self.over or self.gone:
            return
        if self._unacknowledged is not None and tries:
            self.phone.later(1.0, lambda: self.hang_up(tries - 1))
            return
        self.ask("BYE", lambda _: None)
        self.end()

    def _overstayed(self) -> None:
        if not self.over and not self.gone:
            self.phone.complain(f"call {self.index} has never ended")
            self.hang_up()

    def _speak(self) -> None:
        if not self.over:
            for port, to, data in self.media.packets(self.phone.now) if not self.quiet else ():
                self.phone.packet(port, to, data)
            self.phone.later(self.manner.pace, self._speak)

    def _report(self) -> None:
        if not self.over:
            for port, to, data in self.media.reports() if not self.quiet else ():
                self.phone.packet(port, to, data)
            self.phone.later(REPORT_EVERY, self._report)

    # --- what it asks -----------------------------------------------------------------------------

    @property
    def may_offer(self) -> bool:
        open_offer = self.media.proposed is not None or not self.media.agreed
        return not (open_offer or self.inviting or self._answering or self._unacknowledged)

    def gave_up_offering(self) -> None:
        self.inviting = False
        self.media.refused()

    def accepted(self, answer: Response) -> bool:
        """A 2xx to an INVITE of ours in this dialog; it may come again. True: we have heeded it."""
        cseq = answer.headers.cseq.number
        if cseq in self._acks:
            self.phone.transmit(self._acks[cseq])
            return False
        if self.deaf:
            self.deaf -= 1
            return False
        self.inviting = False
        self._refresh(answer)
        reply = self._reply_to(answer.body)
        self._acks[cseq] = ack = self._request("ACK", cseq, reply)
        self.phone.transmit(ack)
        return True

    def _reply_to(self, body: bytes) -> str:
        """Of several descriptions in answers to one INVITE only the first counts (§13.2.1)."""
        if self.over:
            return ""
        if self.up or not self.media.agreed:
            return self.described(body)
        if body and not self.media.knows(read(body)):
            self.phone.complain(f"call {self.index}: the 200 does not repeat the early answer")
        return ""

    def ask_prack(self, rack: str, body: str, outcome: Callable[[Response | None], None]) -> None:
        self.ask("PRACK", outcome, body, fields=(f"RAck: {rack}",))

    def ask(
        self,
        method: str,
        outcome: Callable[[Response | None], None],
        body: str = "",
        *,
        fields: tuple[str, ...] = (),
        kind: str = "application/sdp",
    ) -> Key:
        self.cseq += 1
        return self.phone.send(self._request(method, self.cseq, body, fields, kind), outcome)

    def _request(
        self,
        method: str,
        cseq: int,
        body: str = "",
        fields: tuple[str, ...] = (),
        kind: str = "application/sdp",
    ) -> bytes:
        return request(
            self.phone.me,
            method,
            self.target,
            branch=f"z9hG4bK{self.phone.word()}",
            from_=self.local,
            to=self.remote,
            call_id=self.call_id,
            cseq=cseq,
            contact=self.phone.me.contact(self.index),
            fields=fields,
            body=body,
            kind=kind,
        )

    # --- descriptions -----------------------------------------------------------------------------

    def described(self, body: bytes) -> str:
        """Take in what came with a 2xx, a reliable 1xx, an ACK or a PRACK: an answer to our offer,
        or an offer; returns our answer to that, or nothing."""
        if not body:
            if self.media.proposed is not None:
                self.phone.complain(f"call {self.index}: no answer to our offer")
                self.media.refused()
            return ""
        try:
            theirs = read(body)
            if self.media.proposed is not None:
                self.media.answered(theirs, self.phone.now)
                return ""
            return self.media.answer(theirs, self.phone.now)
        except (Unfit, ValueError, KeyError, IndexError) as error:
            self.phone.complain(f"call {self.index}: {type(error).__name__}: {error}")
            self.media.refused()
            return ""

    # --- what it is asked -------------------------------------------------------------------------

    def requested(self, key: Key, asked: Request) -> None:
        cseq = asked.headers.cseq.number
        if self.over:
            self._answer(key, asked, 481)
        elif cseq <= self._remote_cseq:
            self._answer(key, asked, 500)
        else:
            self._remote_cseq = cseq
            self._check(asked)
            self._take(key, asked)

    def count(self, asked: Request) -> None:
        """A request that is seen to elsewhere."""
        self._remote_cseq = max(self._remote_cseq, asked.headers.cseq.number)

    def _take(self, key: Key, asked: Request) -> None:
        match asked.method:
            case "BYE":
                self._answer(key, asked, 200)
                if self._answering is not None:
                    self._answer(*self._answering, 487)
                    self._answering = None
                self.end()
            case "INVITE":
                self._reinvited(key, asked)
            case "UPDATE":
                self._updated(key, asked)
            case "INFO" | "OPTIONS" | "MESSAGE" | "NOTIFY":
                self._answer(key, asked, 200)
            case "REFER":
                self._answer(key, asked, 603)
            case _:
                self._answer(key, asked, 501)

    def _reinvited(self, key: Key, asked: Request) -> None:
        if self.inviting or self.media.proposed is not None:
            self._answer(key, asked, 491)
        elif self._answering is not None or self._unacknowledged is not None:
            self._answer(key, asked, 500, ("Retry-After: 1",))
        else:
            self._refresh(asked)
            self._answering = (key, asked)
            self.phone.later(self.manner.thinks, lambda: self._decide(key))

    def _decide(self, key: Key) -> None:
        if self._answering is None or self._answering[0] != key or self.over:
            return
        _, asked = self._answering
        self._answering = None
        if asked.body and self.manner.refuses:
            self._answer(key, asked, 488)
            return
        body = self.described(asked.body) if asked.body else self.media.same_offer()
        self.accept(key, asked, body, offered=not asked.body)

    def _updated(self, key: Key, asked: Request) -> None:
        self._refresh(asked)
        if not asked.body:
            self._answer(key, asked, 200)
        elif self.media.proposed is not None or self.inviting:
            self._answer(key, asked, 491)
        elif self._answering is not None or not self.media.agreed:
            self._answer(key, asked, 500, ("Retry-After: 1",))
        elif self.manner.refuses:
            self._answer(key, asked, 488)
        else:
            self._answer(key, asked, 200, body=self.described(asked.body))

    def cancelled(self, key: Key) -> None:
        if self._answering is not None and self._answering[0] == key:
            self._answer(*self._answering, 487)
            self._answering = None

    def acknowledged(self, ack: Request) -> None:
        waiting = self._unacknowledged
        if waiting is None or ack.headers.cseq.number != waiting.cseq:
            return
        self._unacknowledged = None
        if not waiting.offered or self.over:
            return
        if ack.body:
            self.described(ack.body)
        else:
            self.media.refused()
            self.phone.later(1.0, self.hang_up)

    def accept(self, key: Key, asked: Request, body: str, *, offered: bool) -> None:
        """A 2xx to an INVITE, until its ACK comes. `offered`: its body is an offer."""
        answer = self._answer(key, asked, 200, body=body)
        until = self.phone.now + GIVE_UP
        cseq = asked.headers.cseq.number
        self._unacknowledged = Unacknowledged(key, answer, cseq, offered, until)
        self._repeat_later(self._unacknowledged)

    def _repeat_later(self, waiting: Unacknowledged) -> None:
        def repeat() -> None:
            if self._unacknowledged is not waiting or self.gone:
                return
            if self.phone.now >= waiting.until:
                self._unacknowledged = None
                self.hang_up()
                return
            self.phone.respond(waiting.key, waiting.answer)
            waiting.pace = min(2 * waiting.pace, T2)
            self._repeat_later(waiting)

        self.phone.later(waiting.pace, repeat)

    def _answer(
        self, key: Key, asked: Request, status: int, fields: tuple[str, ...] = (), body: str = ""
    ) -> bytes:
        me = self.phone.me
        contact = me.contact(self.index) if status < 300 else ""
        if self.manner.proxied and asked.method == "INVITE" and status < 300:
            fields = (*fields, f"Record-Route: {me.route()}")
        answer = response(
            me, asked, status, tag=self.local_tag, contact=contact, fields=fields, body=body
        )
        self.phone.respond(key, answer)
        return answer

    def _refresh(self, message: Request | Response) -> None:
        self.target = message.headers.contacts[0].uri

    def _check(self, asked: Request) -> None:
        """A request of the border within the dialog, by the letter."""
        headers, me = asked.headers, self.phone.me
        routes = [me.route()] if self.manner.proxied else []
        wrong = [
            asked.uri != me.contact(self.index) and f"its URI is {asked.uri}",
            headers.all("route") != routes and f"its Route is {headers.all('route')}",
            len(headers.elements("via")) != 1 and "it has not one Via",
            headers.via.host != self.phone.border and f"its Via is of {headers.via.host}",
            not 0 < (headers.max_forwards or 0) <= 70 and "its Max-Forwards",
            asked.method in {"INVITE", "UPDATE"} and not headers.contacts and "it has no Contact",
        ]
        for each in wrong:
            if each:
                self.phone.complain(f"call {self.index}: {asked.method}: {each}")


class End(Protocol):
    """One end of a call, as what lies below sees it."""

    phone: Phone
    index: int

    def vanish(self) -> None: ...


def is_of(other_end: int, end: End, port: int, data: bytes) -> bool:
    """Does a packet at a media port come from the other end of the same call, as it must?"""
    at = 4 if port & 1 else 8
    ssrc = int.from_bytes(data[at : at + 4], "big")
    if (ssrc >> 28, (ssrc >> 12) & 0xFFFF) == (other_end, end.index):
        return not port & 1
    end.phone.complain(f"call {end.index}: hears a stranger, SSRC {ssrc:08x}, at port {port}")
    return False
