"""What the relay shall do for a talk: its wanted state, from what both ends have said."""

from media.control import CodecClock, Program, SidePlan, StreamPlan
from media.ng.facing import agreed
from media.ng.settings import Settings
from media.ng.talk import End, Talk
from media.sdp.describe import SideView

LEARNING_TIME = 3.0
"""Seconds after a description, in which the source of an end is still open (rtpengine's)."""

_MODES = {
    "off": "signalled",
    "immediate": "first-packet",
    "delayed": "delayed",
    "heuristic": "heuristic",
}
"""How the modes of learning are called at the relay."""


def program(talk: Talk, settings: Settings, *, settled: bool = False) -> Program:
    """A stream that only one end has described yet lets nothing through.

    `settled`: the answer is there, so a stream that one end refuses has ended.
    """
    plans = []
    for index in sorted(talk.ports):
        a, b = _view(talk.a, index), _view(talk.b, index)
        closed = settled and _gone(a, b)
        plans.append(
            StreamPlan(
                index,
                _side(talk, talk.a, a, settings),
                _side(talk, talk.b, b, settings),
                closed=closed,
                opaque=bool((a and a.opaque) or (b and b.opaque)),
            )
        )
    return Program(talk.session, tuple(plans), talk.answered, settings.silence, settings.silence)


def _gone(a: SideView | None, b: SideView | None) -> bool:
    return a is None or a.refused or b is None or b.refused


def _view(end: End, index: int) -> SideView | None:
    return end.views[index] if index < len(end.views) else None


def _side(talk: Talk, end: End, view: SideView | None, settings: Settings) -> SidePlan:
    wishes = talk.wishes
    rtp = view.rtp if view else None
    rtcp = view.rtcp if view else None
    if end.address is not None:
        rtp = rtp and (end.address, rtp[1])
        rtcp = rtcp and (end.address, rtcp[1])
    open_ = view is not None and not view.refused
    sdes, dtls, ice, mux = None, None, None, False
    if view is not None and not view.opaque and talk.answered:
        offered = talk.ends[talk.offerer] is end
        sdes, dtls, ice, mux = agreed(end.travel, view, offered=offered)
    return SidePlan(
        rtp=rtp,
        rtcp=rtcp,
        sends=bool(open_ and view and view.sends) and not (end.blocked or end.silenced),
        receives=bool(open_ and view and view.receives),
        latching=_MODES[talk.learning] if open_ else "signalled",
        window=LEARNING_TIME,
        prefix=32,
        signalling_ip=None,
        codecs=_clocks(view),
        epoch=end.epoch,
        ice=ice,
        mux=mux,
        sdes=sdes,
        dtls=dtls,
        strict=not open_ or settings.strict_source or wishes.has("strict-source"),
        asymmetric=end.asymmetric,
        handover=wishes.has("media-handover"),
    )


def _clocks(view: SideView | None) -> tuple[CodecClock, ...]:
    if view is None:
        return ()
    return tuple(CodecClock(each.payload_type, each.name, each.rate) for each in view.codecs)
