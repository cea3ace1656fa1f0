"""The caller's end of one call, as its script has it."""

from __future__ import annotations

from dataclasses import dataclass

from sbc.sip.message import Request, Response
from sbc.transaction.layer import Key
from tests.support.phone_deeds import act
from tests.support.phone_dialog import LONGEST, PhoneDialog, is_of
from tests.support.phone_media import PhoneMedia
from tests.support.phone_text import request, response
from tests.support.phones import Phone
from tests.support.scripts import CallerScript

KINDS = {"audio": ("audio",), "audio and video": ("audio", "video"), "none": ()}


IN_ORDER = "the 200 did not wait for the PRACK of a description"


@dataclass(frozen=True, slots=True)
class Final:
    """A final answer as the caller heard it."""

    at: float
    status: int
    """0: none came in the time of the transaction."""
    tag: str


class CallerCall:
    def __init__(self, phone: Phone, index: int, number: str, script: CallerScript) -> None:
        self.phone = phone
        self.index = index
        self.script = script
        self.gone = False
        self.call_id = f"{phone.word()}@{phone.me.ip}"
        self.finals: list[Final] = []
        self.heard_of = False
        """The border has said something."""
        self.given_up = False
        self.dialogs: dict[str, PhoneDialog] = {}
        """By To tag."""
        self._number = number
        self._local = f'"Somebody" <sip:2{index:03d}@{phone.me.ip}>;tag={phone.word()}'
        self._first_port = phone.adopt(self.call_id, self)
        self._media = PhoneMedia(
            phone.me.shown, phone.me.secret, self._first_port, 1 << 28 | index << 12
        )
        self._rseq: dict[str, int] = {}
        self._pracking: set[str] = set()
        """Dialogs of which a description waits for the answer to our PRACK."""
        self._key: Key | None = None

    # --- setting up -------------------------------------------------------------------------------

    def start(self) -> None:
        script, phone = self.script, self.phone
        kinds = KINDS[script.offer]
        body = self._media.first_offer(kinds) if kinds else ""
        fields = {"no": (), "supported": ("Supported: 100rel",), "required": ("Require: 100rel",)}[
            script.reliable
        ]
        if script.manner.proxied:
            fields += (f"Record-Route: {phone.me.route()}",)
        uri = f"sip:{self._number}@{phone.border}"
        data = request(
            phone.me,
            "INVITE",
            uri,
            branch=f"z9hG4bK{phone.word()}",
            from_=self._local,
            to=f"<{uri}>",
            call_id=self.call_id,
            cseq=1,
            contact=phone.me.contact(self.index),
            fields=fields,
            body=body,
        )
        self._key = phone.send(data, self._heard)
        if script.gives_up is not None:
            phone.later(script.gives_up, self._give_up)
        phone.later(LONGEST, self._despair)

    def _heard(self, answer: Response | None) -> None:
        if answer is None:
            if not self.finals:
                self._finish(Final(self.phone.now, 0, ""))
            return
        self.heard_of = True
        if answer.status < 200:
            self._progressed(answer)
        elif answer.status < 300:
            self._accepted(answer)
        else:
            self._finish(Final(self.phone.now, answer.status, answer.headers.to.tag or ""))

    def _finish(self, final: Final) -> None:
        self.finals.append(final)
        for dialog in self.dialogs.values():
            dialog.end()

    def _progressed(self, answer: Response) -> None:
        tag = answer.headers.to.tag
        if tag is None or self.finals:
            return
        dialog = self._dialog(tag, answer)
        rseq = answer.headers.rseq
        if "100rel" in answer.headers.require and rseq is not None:
            self._progressed_reliably(dialog, tag, rseq, answer)
            return
        if self.script.reliable == "required":
            self._complain("an unreliable provisional for one who requires them reliable")
        if answer.body and not dialog.media.agreed and self._offered:
            dialog.described(answer.body)
            self._early(dialog)

    def _progressed_reliably(
        self, dialog: PhoneDialog, tag: str, rseq: int, answer: Response
    ) -> None:
        if self.script.reliable == "no":
            self._complain("a reliable provisional for one who does not know them")
        last = self._rseq.get(tag, 0)
        if last and rseq != last + 1:
            return
        self._rseq[tag] = rseq
        body = ""
        if answer.body and not dialog.media.agreed:
            body = dialog.described(answer.body)
            self._early(dialog)
        if answer.body:
            self._pracking.add(tag)
        rack = f"{rseq} {answer.headers.cseq.number} INVITE"
        dialog.ask_prack(rack, body, lambda _: self._pracking.discard(tag))

    def _early(self, dialog: PhoneDialog) -> None:
        self._speaking(dialog)
        act(self, dialog, self.script.early)

    @property
    def _offered(self) -> bool:
        return self.script.offer != "none"

    def _accepted(self, answer: Response) -> None:
        tag = answer.headers.to.tag or ""
        dialog = self._dialog(tag, answer)
        if tag in self._pracking and not self.finals:
            self._complain(IN_ORDER)
        self.finals.append(Final(self.phone.now, 200, tag))
        if len({final.tag for final in self.finals}) > 1:
            self._complain("a second answer, of another fork")
        if dialog.accepted(answer) and not dialog.up:
            self._up(dialog)

    def _up(self, dialog: PhoneDialog) -> None:
        dialog.answered()
        self._speaking(dialog)
        for other in self.dialogs.values():
            if other is not dialog:
                other.end()
        if self.given_up:
            dialog.hang_up()
        act(self, dialog, self.script.steps)

    def _speaking(self, dialog: PhoneDialog) -> None:
        """One dialog at a time has our ear."""
        for other in self.dialogs.values():
            other.quiet = other is not dialog
        dialog.begin()

    def _dialog(self, tag: str, answer: Response) -> PhoneDialog:
        if tag not in self.dialogs:
            self.dialogs[tag] = PhoneDialog(
                self.phone,
                index=self.index,
                call_id=self.call_id,
                local=self._local,
                remote=answer.headers.get("to") or "",
                target=answer.headers.contacts[0].uri,
                cseq=1,
                media=self._media.branch(),
                manner=self.script.manner,
            )
        return self.dialogs[tag]

    # --- giving up --------------------------------------------------------------------------------

    def _give_up(self) -> None:
        if self.finals or self.gone:
            return
        self.given_up = True
        early = [dialog for dialog in self.dialogs.values() if not dialog.over]
        if self.script.by_bye and early:
            for dialog in early:
                dialog.hang_up()
        elif self._key is not None:
            self.phone.cancel(self._key)

    def _despair(self) -> None:
        """Nothing has come of it in all that time."""
        for dialog in self.dialogs.values():
            if not dialog.up:
                dialog.end()

    def vanish(self) -> None:
        self.gone = True
        self.phone.forsake(self.call_id)
        for dialog in self.dialogs.values():
            dialog.vanish()

    # --- within -----------------------------------------------------------------------------------

    def requested(self, key: Key, asked: Request) -> None:
        dialog = self.dialogs.get(asked.headers.from_.tag or "")
        if dialog is not None and asked.headers.to.tag == dialog.local_tag:
            dialog.requested(key, asked)
            return
        if any(final.status == 200 for final in self.finals):  # Else it may have overtaken that.
            self._complain(f"{asked.method} in a dialog that never was")
        self.phone.respond(key, response(self.phone.me, asked, 481))

    def acknowledged(self, ack: Request) -> None:
        dialog = self.dialogs.get(ack.headers.from_.tag or "")
        if dialog is not None:
            dialog.acknowledged(ack)

    def cancelled(self, key: Key) -> None:
        for dialog in self.dialogs.values():
            dialog.cancelled(key)

    def hear(self, port: int, data: bytes) -> None:
        if is_of(2, self, port, data):
            self._media.hear(port, data, self.phone.now)

    def _complain(self, text: str) -> None:
        self.phone.complain(f"call {self.index}: {text}")
