"""A transfer done by the border: REFER is answered here, and neither party need know of it
(RFC 3515, RFC 5589 §6, §7; S8).

Of a blind transfer the target is called (`callee`), of an attended one it is in a call with the
referrer already (`remaining`). Until the transferred party has taken the target's offer its old
call stays as it is, and goes on if the transfer fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from media.sdp.anchor import BadAnswer
from media.sdp.session import Session
from sbc.b2bua import ports
from sbc.b2bua.call import Call, State
from sbc.b2bua.causes import BAD_ANSWER, NORMAL, TRANSFERRED, Cause
from sbc.b2bua.content import Content
from sbc.b2bua.events import JoinDue, Responded
from sbc.b2bua.moving import AGAIN, MOST_TRIES, end_other, is_free, name, put_back
from sbc.b2bua.remaining import Remaining
from sbc.b2bua.transferee import Transferee
from sbc.b2bua.usage import Usage
from sbc.sip.phrases import reason_phrase
from sbc.transaction.events import Key

SUBSCRIBED = 240
"""Seconds that the referrer is promised news for: longer than any target may ring by default."""


class Stage(Enum):
    CALLING = "the target is being called, or asked whether it takes the transferred party"
    JOINING = "the target has answered; the transferred party is asked to take its offer"
    OVER = "done, or given up"


class On(Enum):
    ANSWERED = "the target answered"
    JOINED = "the transferred party took its offer"
    FAILED = "the target, its call or the transferred party refused"
    OLD_ENDED = "the old call ended, but for the referrer's part"


TABLE: Mapping[Stage, Mapping[On, Stage]] = {
    Stage.CALLING: {
        On.ANSWERED: Stage.JOINING,
        On.FAILED: Stage.OVER,
        On.OLD_ENDED: Stage.OVER,
    },
    Stage.JOINING: {
        On.JOINED: Stage.OVER,
        On.FAILED: Stage.OVER,
        On.OLD_ENDED: Stage.OVER,
    },
    Stage.OVER: {},
}
"""A missing row: too late, nothing happens."""


class Transfer:
    __slots__ = (
        "_invite",
        "_offer",
        "_tries",
        "new",
        "old",
        "referrer",
        "stage",
        "transferee",
        "wanted",
    )

    new: Call

    def __init__(self, old: Call, referrer: Usage, transferee: Usage, *, wanted: bool) -> None:
        self.old = old
        self.referrer = referrer
        self.transferee = transferee
        self.wanted = wanted
        """The referrer wants to hear how it goes (RFC 4488)."""
        self.stage = Stage.CALLING
        self._offer: Session | None = None
        self._invite: Key | None = None
        """Our re-INVITE to the transferred party."""
        self._tries = 0

    def moves(self, on: On) -> bool:
        following = TABLE[self.stage].get(on)
        self.stage = following or self.stage
        return following is not None

    @property
    def holds(self) -> bool:
        """What the transferred party said last is on offer already, in an attended transfer."""
        attended = isinstance(self.new.callee, Remaining)
        return self.stage is Stage.JOINING or (attended and self.stage is Stage.CALLING)

    @property
    def referrer_there(self) -> bool:
        return not self.referrer.over and not self.referrer.closing

    # --- what the new call tells ------------------------------------------------------------------

    def told(self, status: int) -> None:
        """NOTIFY (RFC 3515 §2.4.5): a status, ours or the target's, and nothing else of it."""
        if not self.wanted or not self.referrer_there:
            return
        state = f"active;expires={SUBSCRIBED}" if status < 200 else "terminated;reason=noresource"
        body = f"SIP/2.0 {status} {reason_phrase(status)}\r\n".encode()
        content = Content(body=body, content_type="message/sipfrag;version=2.0")
        fields = (("Event", "refer"), ("Subscription-State", state))
        self.referrer.request("NOTIFY", fields, content)

    def target_answered(self, offer: Session | None) -> None:
        if self.moves(On.ANSWERED):
            self._offer = offer
            self.join()

    def failed(self, status: int) -> None:
        """The old call goes on, if there is still somebody to talk to."""
        if not self.moves(On.FAILED):
            return
        self._withdraw()
        self.told(status)
        if self._invite is None:  # else it may yet be answered
            self.old.transfer = None
        self.old.wire.note("transfer_failed", self.old.labels(), call=self.old.uid)
        if not self.referrer_there:
            end_other(self.old, NORMAL, name(self.referrer))

    # --- what the old call tells ------------------------------------------------------------------

    def lets_go(self, usage: Usage) -> bool:
        return usage is self.referrer and self.stage is not Stage.OVER

    def old_ended(self) -> None:
        if self.moves(On.OLD_ENDED):
            end_other(self.new, Cause(487, "The transferred party is gone"), "border")

    def responded(self, event: Responded) -> bool:
        if event.key != self._invite:
            return False
        self._invite = None
        if self.stage is not Stage.JOINING:
            self.old.transfer = None
            if event.status < 300:  # too late
                put_back(self.old, self.transferee)
        elif event.status >= 300:
            if event.status == 491 and self._tries < MOST_TRIES:
                self._later()
            else:
                end_other(self.new, Cause(event.status, "The transferred party refused"), "border")
        elif event.answer is None or not self._joined(event.answer):
            end_other(self.new, BAD_ANSWER, "border")
            put_back(self.old, self.transferee)
        return True

    # --- joining ----------------------------------------------------------------------------------

    def join(self) -> None:
        """Offer the transferred party what the target said, when its dialog is free for it."""
        usage = self.transferee
        if self.stage is not Stage.JOINING or self._invite is not None:
            return
        self._tries += 1
        if is_free(usage):
            self._invite = usage.request("INVITE", (), Content(sdp=self._offer))
        elif self._tries < MOST_TRIES:
            self._later()
        else:
            end_other(self.new, Cause(491, "The transferred party is busy"), "border")

    def _later(self) -> None:
        self.new.wire.timer((self.new, "join"), AGAIN)

    def _withdraw(self) -> None:
        if self._invite is not None and self._invite in self.transferee.asking:
            self.transferee.withdraw(self._invite)

    def _joined(self, answer: Session) -> bool:
        old, new = self.old, self.new
        assert new.callee is not None
        assert isinstance(new.caller, Transferee)
        target = new.callee.answered
        assert target is not None
        try:
            new.plan.learn(answer, "a", target)
        except BadAnswer:
            return False
        self.moves(On.JOINED)
        if isinstance(new.callee, Remaining):
            new.callee.joins()
        new.caller.takes(self.transferee, target)
        new.state = State.UP
        ports.serve(new, answered=True)
        self.told(200)
        old.wire.note("transferred", new.labels(), call=old.uid)
        end_other(old, TRANSFERRED, name(self.referrer))
        return True


def join_due(call: Call, event: JoinDue) -> None:
    """A dialog was busy; it may be free now."""
    del event
    if isinstance(call.callee, Remaining):
        call.callee.ask()
    if isinstance(call.caller, Transferee):
        call.caller.transfer.join()
