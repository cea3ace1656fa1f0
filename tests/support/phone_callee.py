"""The called end of one call, as its script has it: rings, early media, forks, and one outcome."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sbc.sip.message import Request
from sbc.transaction.layer import Key
from tests.support.phone_deeds import act
from tests.support.phone_dialog import GIVE_UP, T1, PhoneDialog, is_of
from tests.support.phone_media import PhoneMedia
from tests.support.phone_text import response
from tests.support.phones import Phone
from tests.support.scripts import CalleeScript, Ring

KINDS = ("audio",)
PORTS_OF_A_FORK = 40
ANSWER_WITHIN = 40.0
"""Seconds that a 200 may wait for the PRACK of an early description."""


@dataclass(slots=True)
class Reliable:
    """A provisional that is repeated until its PRACK (RFC 3262)."""

    rseq: int
    answer: bytes
    described: bool
    offered: bool
    until: float
    pace: float = T1


class CalleeCall:
    def __init__(
        self, phone: Phone, index: int, script: CalleeScript, key: Key, invite: Request
    ) -> None:
        self.phone = phone
        self.index = index
        self.script = script
        self.gone = False
        self.final: int | None = None
        self.forks: dict[int, PhoneDialog] = {}
        self._key = key
        self._invite = invite
        self._first_port = phone.adopt(invite.headers.call_id, self)
        self._reliable: dict[int, Reliable] = {}
        """By fork."""
        self._sure: set[int] = set()
        """Forks whose early description was acknowledged: the 200 need not repeat it."""
        self._rseq = phone.random.randrange(1, 1000)
        self._check()
        for ring in script.rings:
            phone.later(ring.after, partial(self._ring, ring))
        until = phone.now + script.final.after + ANSWER_WITHIN
        phone.later(script.final.after, partial(self._decide, until))

    @property
    def up(self) -> list[PhoneDialog]:
        return [dialog for dialog in self.forks.values() if dialog.up]

    # --- setting up -------------------------------------------------------------------------------

    def _fork(self, number: int) -> PhoneDialog:
        if number not in self.forks:
            me, headers = self.phone.me, self._invite.headers
            self.forks[number] = PhoneDialog(
                self.phone,
                index=self.index,
                call_id=headers.call_id,
                local=f"{headers.get('to')};tag={self.phone.word()}",
                remote=headers.get("from") or "",
                target=headers.contacts[0].uri,
                cseq=0,
                media=PhoneMedia(
                    me.ip,
                    me.secret,
                    self._first_port + number * PORTS_OF_A_FORK,
                    2 << 28 | self.index << 12 | number << 8,
                ),
                manner=self.script.manner,
            )
        return self.forks[number]

    def _ring(self, ring: Ring) -> None:
        if self.final is not None or self.gone:
            return
        if ring.reliable and "100rel" in self._invite.headers.supported:
            self._ring_reliably(ring)
            return
        dialog = self._fork(ring.fork)
        body = ""
        if ring.media and self._invite.body:
            body = self._early(dialog)
        self._say(dialog, ring.status, (), body)

    def _early(self, dialog: PhoneDialog) -> str:
        """The answer, or the offer, in a provisional; the same one again if asked again."""
        media = dialog.media
        if media.agreed:
            return media.repeated()
        if not self._invite.body:
            return media.first_offer(KINDS) if media.proposed is None else ""
        body = dialog.described(self._invite.body)
        dialog.begin()
        return body

    def _ring_reliably(self, ring: Ring) -> None:
        if ring.fork in self._reliable:
            self.phone.later(0.3, partial(self._ring, ring))
            return
        dialog = self._fork(ring.fork)
        body = ""
        if ring.media and ring.fork not in self._sure:
            body = self._early(dialog)
        self._rseq += 1
        fields = ("Require: 100rel", f"RSeq: {self._rseq}")
        answer = self._say(dialog, ring.status, fields, body)
        offered = bool(body) and not self._invite.body
        until = self.phone.now + GIVE_UP
        self._reliable[ring.fork] = Reliable(self._rseq, answer, bool(body), offered, until)
        self._repeat_later(ring.fork, self._reliable[ring.fork])

    def _repeat_later(self, fork: int, waiting: Reliable) -> None:
        def repeat() -> None:
            if self._reliable.get(fork) is not waiting or self.final is not None or self.gone:
                return
            if self.phone.now >= waiting.until:
                self._refuse(504)
                return
            self.phone.respond(self._key, waiting.answer)
            waiting.pace *= 2
            self._repeat_later(fork, waiting)

        self.phone.later(waiting.pace, repeat)

    def _decide(self, until: float) -> None:
        """Its last word. A 200 must wait for the PRACK of an early description (RFC 3262 §3)."""
        final = self.script.final
        if self.final is not None or self.gone or final.status == 0:
            return
        if final.status < 0:
            self.vanish()
        elif final.status >= 300:
            self._refuse(final.status)
        elif final.fork in self._reliable and self.phone.now < until:
            self.phone.later(0.2, partial(self._decide, until))
        else:
            self._answer(final.fork)
            if final.second_after is not None:
                self.phone.later(final.second_after, partial(self._answer, final.fork + 1))

    def _answer(self, number: int) -> None:
        dialog = self._fork(number)
        media = dialog.media
        if self.gone or (self.final or 200) != 200 or media.proposed is not None:
            return
        self.final = 200
        offered = False
        if not self._invite.body and not media.agreed:
            body = media.first_offer(KINDS)
            offered = True
        elif not media.agreed:
            body = dialog.described(self._invite.body)
        elif number in self._sure:
            body = ""
        else:
            shifts = self.script.shifts
            body = media.shifted(self.phone.now) if shifts else media.repeated()
        dialog.begin()
        dialog.answered()
        dialog.accept(self._key, self._invite, body, offered=offered)
        for other in self.forks.values():
            if not other.up:
                other.end()
        if number == self.script.final.fork:
            act(self, dialog, self.script.steps)

    def _refuse(self, status: int) -> None:
        self.final = status
        fields: tuple[str, ...] = ()
        if status < 400:
            fields = (f"Contact: <sip:555@{self.phone.me.secret}.example>",)
        tag = next((fork.local_tag for fork in self.forks.values()), self.phone.word())
        refusal = response(self.phone.me, self._invite, status, tag=tag, fields=fields)
        self.phone.respond(self._key, refusal)
        for dialog in self.forks.values():
            dialog.end()

    def _say(self, dialog: PhoneDialog, status: int, fields: tuple[str, ...], body: str) -> bytes:
        me = self.phone.me
        if self.script.manner.proxied:
            fields = (*fields, f"Record-Route: {me.route()}")
        contact = me.contact(self.index)
        answer = response(
            me,
            self._invite,
            status,
            tag=dialog.local_tag,
            contact=contact,
            fields=fields,
            body=body,
        )
        self.phone.respond(self._key, answer)
        return answer

    def vanish(self) -> None:
        self.gone = True
        self.phone.forsake(self._invite.headers.call_id)
        for dialog in self.forks.values():
            dialog.vanish()

    # --- what it is asked -------------------------------------------------------------------------

    def requested(self, key: Key, asked: Request) -> None:
        tag = asked.headers.to.tag
        for number, dialog in self.forks.items():
            if dialog.local_tag == tag and dialog.remote_tag == asked.headers.from_.tag:
                if asked.method == "PRACK":
                    self._pracked(number, dialog, key, asked)
                else:
                    dialog.requested(key, asked)
                return
        self.phone.complain(f"call {self.index}: {asked.method} in a dialog that never was")

    def _pracked(self, number: int, dialog: PhoneDialog, key: Key, asked: Request) -> None:
        me, waiting = self.phone.me, self._reliable.get(number)
        rack = asked.headers.rack
        if waiting is None or rack is None or rack[0] != waiting.rseq:
            self.phone.respond(key, response(me, asked, 481))
            return
        del self._reliable[number]
        dialog.count(asked)
        if waiting.described:
            self._sure.add(number)
        if waiting.offered:
            dialog.described(asked.body)
            dialog.begin()
        self.phone.respond(key, response(me, asked, 200))

    def acknowledged(self, ack: Request) -> None:
        for dialog in self.forks.values():
            if dialog.local_tag == ack.headers.to.tag:
                dialog.acknowledged(ack)

    def cancelled(self, key: Key) -> None:
        if key == self._key:
            if self.final is None and not self.gone:
                self._refuse(487)
            return
        for dialog in self.forks.values():
            dialog.cancelled(key)

    def hear(self, port: int, data: bytes) -> None:
        if is_of(1, self, port, data):
            number = (port - self._first_port) // PORTS_OF_A_FORK
            if number in self.forks:
                self.forks[number].media.hear(port, data, self.phone.now)

    def _check(self) -> None:
        """The INVITE of the border, by the letter."""
        headers, me = self._invite.headers, self.phone.me
        wrong = [
            f"@{me.ip}" not in self._invite.uri and f"its URI is {self._invite.uri}",
            len(headers.elements("via")) != 1 and "it has not one Via",
            headers.via.host != self.phone.border and f"its Via is of {headers.via.host}",
            headers.max_forwards != 69 and f"its Max-Forwards is {headers.max_forwards}",
            len(headers.contacts) != 1 and "it has not one Contact",
            bool(headers.record_route) and "it has a Record-Route",
            bool(headers.route) and "it has a Route",
        ]
        for each in wrong:
            if each:
                self.phone.complain(f"call {self.index}: INVITE: {each}")
