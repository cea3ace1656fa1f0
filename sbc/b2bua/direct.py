"""Media that no longer goes through us: each end is told where the other one really is (M2).

Where both peers are in one zone and their profiles let it, an answered call is released by two
re-INVITEs; the relay goes on until both ends have taken theirs, so that nothing is lost on the way.
Any new offer of theirs brings the media back, as it is anchored like every offer, and when that is
agreed on the call is released again. An end behind a NAT is never released: only we know where it
is.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from media.sdp.anchor import BadAnswer
from media.sdp.describe import SideView
from media.sdp.face import SAID_NOTHING
from media.sdp.numbering import crossing_numbers
from sbc.b2bua import ports
from sbc.b2bua.content import Content
from sbc.b2bua.events import DirectDue, Responded
from sbc.b2bua.media import MediaPlan
from sbc.b2bua.media_side import MediaSide
from sbc.b2bua.moving import branch_of, is_free
from sbc.b2bua.usage import Usage

if TYPE_CHECKING:
    from sbc.b2bua.call import Call

SETTLED = 1.0
"""Seconds from the last agreement until a call is released: latches have found their ends then."""
_PLAIN = {"RTP/AVP", "RTP/AVPF"}


class Stage(Enum):
    ANCHORED = "media goes through the relay"
    ASKING_B = "the called side is told where the caller is"
    ASKING_A = "it has taken that; now the caller is told"
    RELEASED = "media goes from end to end"
    KEPT = "one of them would not: it stays with us"


class On(Enum):
    DUE = "nothing has changed for a while"
    TAKEN = "who was asked took it"
    REFUSED = "who was asked would not, or could not now"
    OFFERED = "one of the ends offers something else"


TABLE: Mapping[Stage, Mapping[On, Stage]] = {
    Stage.ANCHORED: {On.DUE: Stage.ASKING_B, On.OFFERED: Stage.ANCHORED},
    Stage.ASKING_B: {On.TAKEN: Stage.ASKING_A, On.REFUSED: Stage.KEPT},
    Stage.ASKING_A: {On.TAKEN: Stage.RELEASED, On.REFUSED: Stage.KEPT},
    Stage.RELEASED: {On.OFFERED: Stage.ANCHORED},
    Stage.KEPT: {},
}
"""A missing row: it does not matter then. While an end is asked, offers get 491."""


class Direct:
    __slots__ = ("_asked", "call", "stage")

    def __init__(self, call: Call) -> None:
        self.call = call
        self.stage = Stage.ANCHORED
        self._asked: tuple[object, Usage] | None = None
        """The re-INVITE that waits for its answer, and to whom."""

    def _moves(self, on: On) -> bool:
        following = TABLE[self.stage].get(on)
        self.stage = following or self.stage
        return following is not None

    @classmethod
    def of(cls, call: Call) -> Direct | None:
        """For a call that may be released."""
        anchors = {side.profile.anchor for side in call.plan.sides.values()}
        return cls(call) if anchors == {"same-zone"} else None

    @property
    def holds(self) -> bool:
        return self.stage in {Stage.ASKING_A, Stage.ASKING_B}

    def settled(self) -> None:
        """Both ends have agreed on something."""
        if self.stage is Stage.ANCHORED:
            self.call.wire.timer((self.call, "direct"), SETTLED)

    def offered(self) -> None:
        """One end makes an offer: it is anchored, and so is its answer."""
        if self._moves(On.OFFERED):
            self.call.plan.released = False

    def due(self) -> None:
        one = self.call.callee.answered if self.call.callee is not None else None
        other = one.peer if one is not None else None
        if self.stage is not Stage.ANCHORED or one is None or other is None:
            return
        if one.leg.terms.zone != other.leg.terms.zone or self.call.transfer is not None:
            return
        if not may_be_released(self.call.plan):
            return
        if not is_free(one) or not is_free(other):
            self.settled()
        elif self._moves(On.DUE):
            self._ask(one)

    def _ask(self, usage: Usage) -> None:
        sdp = self.call.plan.apart(usage.leg.side, branch_of(usage))
        self._asked = usage.request("INVITE", (), Content(sdp=sdp)), usage

    def responded(self, event: Responded) -> bool:
        """Was this the answer to our re-INVITE?"""
        if self._asked is None or event.key != self._asked[0]:
            return False
        _, usage = self._asked
        self._asked = None
        if event.status >= 300:
            self._refused(usage, took=False)
        elif not self._learnt(event, usage):
            self._refused(usage, took=True)
        elif self._moves(On.TAKEN):
            self._goes_on(usage)
        return True

    def _learnt(self, event: Responded, usage: Usage) -> bool:
        try:
            if event.answer is None:
                raise BadAnswer("a 2xx without an answer")
            self.call.plan.learn(event.answer, usage.leg.side, branch_of(usage), again=True)
        except BadAnswer:
            return False
        return True

    def _goes_on(self, usage: Usage) -> None:
        if self.stage is Stage.ASKING_A and usage.peer is not None:
            if is_free(usage.peer):
                self._ask(usage.peer)
            else:
                self._refused(usage.peer, took=False)
        elif self.stage is Stage.RELEASED:
            self.call.plan.released = True
            ports.serve(self.call, answered=True)
            self.call.wire.note("media_released", self.call.labels(), call=self.call.uid)

    def _refused(self, usage: Usage, *, took: bool) -> None:
        """Whoever has taken an address that is not ours gets ours back."""
        misled = [usage] if took else []
        if self.stage is Stage.ASKING_A and usage.peer is not None:
            misled.append(usage.peer)
        self._moves(On.REFUSED)
        for each in misled:
            if not each.over and not each.closing and is_free(each):
                sdp = self.call.plan.together(each.leg.side, branch_of(each))
                self.call.refreshes.add(each.request("INVITE", (), Content(sdp=sdp)))


def may_be_released(plan: MediaPlan) -> bool:
    """Is every stream such that its two ends can do without us?"""
    a, b = plan.sides["a"], plan.sides["b"]
    views = plan.views
    if plan.moved or not views["a"] or plan.converts:
        return False
    return all(
        one.refused or (_is_open(one, a) and _is_open(other, b) and _alike(one, other))
        for one, other in zip(views["a"], views["b"], strict=True)
    )


def _is_open(view: SideView, side: MediaSide) -> bool:
    """Plain RTP both ways, at the very address that its signalling comes from."""
    rtp = view.rtp
    if view.refused or rtp is None or view.rtcp != (rtp[0], rtp[1] + 1):
        return False
    if view.transport != SAID_NOTHING and view.transport.protocol not in _PLAIN:
        return False
    plain = view.transport.ice is None and not view.transport.mux and not view.transport.crypto
    return plain and view.sends and view.receives and rtp[0] == side.signalling_ip


def _alike(one: SideView, other: SideView) -> bool:
    """Nothing is changed between them on the way."""
    codecs = one.codecs, other.codecs
    there = crossing_numbers((codecs[0], codecs[0]), codecs[1])
    back = crossing_numbers((codecs[1], codecs[1]), codecs[0])
    return not there and not back


def due(call: Call, event: DirectDue) -> None:
    del event
    if call.direct is not None:
        call.direct.due()
