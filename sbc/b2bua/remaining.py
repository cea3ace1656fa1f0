"""The called leg of a call that takes the place of another: the dialog of the party that remains,
while the other one is replaced (RFC 3891; RFC 5589 §7.3, attended transfer; S8, S9).

To the call it is what `callee.Callee` is. That party is offered what the newcomer said; once it has
taken that, and the newcomer its answer, its dialog goes over to the call and the old one ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING

from media.sdp.session import Session
from sbc.b2bua.causes import NORMAL, TRANSFERRED, Cause, passed_on, reasons
from sbc.b2bua.content import Content
from sbc.b2bua.crossing import Field
from sbc.b2bua.events import Answered, Responded
from sbc.b2bua.leg import Leg
from sbc.b2bua.moving import (
    AGAIN,
    MOST_TRIES,
    end_other,
    is_free,
    leg_of,
    move,
    name,
    put_back,
)
from sbc.b2bua.usage import Usage
from sbc.routing.targets import Target
from sbc.sip.uri import Uri
from sbc.transaction.events import Key

if TYPE_CHECKING:
    from sbc.b2bua.call import Call


class Stage(Enum):
    ASKING = "it is offered what the newcomer said, once its dialog is free"
    TAKING = "it has taken that; the newcomer is told"
    MOVED = "its dialog belongs to the new call"
    STAYED = "nothing came of it: it is where it was"


class On(Enum):
    ANSWERED = "it took the offer"
    JOINED = "the newcomer took its answer"
    GIVEN_UP = "it refused, or one of the two calls ended"


TABLE: Mapping[Stage, Mapping[On, Stage]] = {
    Stage.ASKING: {On.ANSWERED: Stage.TAKING, On.GIVEN_UP: Stage.STAYED},
    Stage.TAKING: {On.JOINED: Stage.MOVED, On.GIVEN_UP: Stage.STAYED},
    Stage.MOVED: {},
    Stage.STAYED: {},
}
"""A missing row: too late, nothing happens."""


class Remaining:
    __slots__ = ("_invite", "_offer", "_tries", "answered", "call", "leg", "old", "stage", "usage")

    def __init__(self, call: Call, usage: Usage) -> None:
        self.call = call
        self.old: Call = usage.leg.call
        self.usage = usage
        """Its dialog; its peer there is who is replaced."""
        self.leg: Leg = leg_of(call, usage, "b")
        self.stage = Stage.ASKING
        self.answered: Usage | None = None
        self._offer: Session | None = None
        self._invite: Key | None = None
        self._tries = 0
        self.old.transfer = self
        self.old.linked, call.linked = call.uid, call.linked or self.old.uid
        was = self.old.session
        call.session = replace(call.session, b=was.a if usage.leg.side == "a" else was.b)
        call.goes_on["b"] = self.old.plan, usage.leg.side

    @property
    def key(self) -> Key:
        """Of the re-INVITE."""
        return self._invite or ("none",)

    @property
    def target(self) -> Target:
        """As if it had been called."""
        leg = self.leg
        ip, port = leg.flow.remote
        uri = Uri("sip", None, ip, port)
        return Target(leg.peer.trunk, uri, leg.flow, leg.listener, 1, 1, user=leg.peer.user)

    @property
    def holds(self) -> bool:
        return self.stage in {Stage.ASKING, Stage.TAKING}

    def _moves(self, on: On) -> bool:
        following = TABLE[self.stage].get(on)
        self.stage = following or self.stage
        return following is not None

    # --- what the new call asks -------------------------------------------------------------------

    def invite(self, offer: Session | None) -> None:
        self._offer = offer
        self.ask()

    def ask(self) -> None:
        """The re-INVITE, when the dialog is free for it."""
        if self.stage is not Stage.ASKING or self._invite is not None:
            return
        self._tries += 1
        if is_free(self.usage):
            self._invite = self.usage.request("INVITE", (), Content(sdp=self._offer))
        else:
            self._later()

    def _later(self) -> None:
        if self._tries < MOST_TRIES:
            self.call.wire.timer((self.call, "join"), AGAIN)
        else:
            end_other(self.call, Cause(491, "The remaining party is busy"), "border")

    def joins(self) -> None:
        """The newcomer has its answer: the dialog comes over, and the old call ends."""
        if not self._moves(On.JOINED):
            return
        replaced = self.usage.peer
        self.old.transfer = None
        move(self.usage, self.leg)
        self.usage.peer = None
        end_other(self.old, TRANSFERRED, name(replaced) if replaced is not None else "border")

    def end(self, fields: Sequence[Field] = ()) -> None:
        """The new call is over."""
        if self.stage is Stage.MOVED:
            if self.usage.leg is self.leg:  # else it has gone on to another call
                self.usage.bye(reasons(fields))
            return
        took = self.stage is Stage.TAKING
        if not self._moves(On.GIVEN_UP):
            return
        if self._invite is None:
            self._stays(took=took)
        elif self._invite in self.usage.asking:  # it may be answered nevertheless
            self.usage.withdraw(self._invite)

    def give_up(self) -> bool:
        """It has had an answer to an INVITE before: nothing is known of its silence."""
        return False

    # --- what the old call tells ------------------------------------------------------------------

    def lets_go(self, usage: Usage) -> bool:
        return self.holds and usage is self.usage.peer

    def old_ended(self) -> None:
        if self.holds:
            end_other(self.call, Cause(487, "The remaining party is gone"), "border")

    def responded(self, event: Responded) -> bool:
        if event.key != self._invite:
            return False
        self._invite = None
        if self.stage is Stage.STAYED:
            self._stays(took=event.status < 300)
        elif event.status == 491:
            self._later()
        elif event.status >= 300:
            status = passed_on(event.status) if event.status >= 400 else 480
            end_other(self.call, Cause(status, "The remaining party refused"), "callee")
        elif self._moves(On.ANSWERED):
            self.answered = self.usage
            content = Content(event.content.fields, claims=event.content.claims)
            told = Answered(self.usage, content, event.offer, event.answer)
            self.call.wire.tell(self.call, told)
        return True

    def _stays(self, *, took: bool) -> None:
        """The old call goes on, if there is still somebody to talk to."""
        old, peer = self.old, self.usage.peer
        old.transfer = None
        if peer is None or peer.over or peer.closing:
            end_other(old, NORMAL, "border" if peer is None else name(peer))
        elif took:
            put_back(old, self.usage)
