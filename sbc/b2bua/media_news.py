"""What the relay tells of the media of a call, unasked: for the log, the counters and the call."""

from __future__ import annotations

from media.control import Dead, Event, HandshakeFailed, Judged, KeyPressed, Latched, Silent
from sbc.b2bua.call import Call
from sbc.b2bua.events import MediaDied
from sbc.b2bua.wire import Wire


def heard(wire: Wire, call: Call, event: Event) -> None:
    match event:
        case Dead(_, phase):
            wire.note("media_dead", {**call.labels(), "phase": phase}, call=call.uid)
            wire.tell(call, MediaDied())
        case KeyPressed() | HandshakeFailed():
            wire.tell(call, event)
        case Judged():
            _judged(wire, call, event)
        case Silent(_, _, side, phase):
            wire.note("one_way", {**call.labels(), "side": side, "phase": phase}, call=call.uid)
        case Latched(_, _, side, expected, source):
            where = f"{source[0]}:{source[1]}"
            if source != expected:
                call.plan.moved.add(side)
            wire.note("latched", {"side": side}, call=call.uid, source=where)


def _judged(wire: Wire, call: Call, event: Judged) -> None:
    """Zone and trunk are those of the end that sends."""
    verdict = event.verdict
    far = event.side == "b" and call.callee is not None
    leg = call.callee.leg if far and call.callee is not None else call.caller.leg
    labels = {
        "zone": leg.peer.zone,
        "trunk": leg.peer.trunk,
        "side": event.side,
        "verdict": verdict.name,
    }
    name = "stream_good" if verdict.name == "ok" else "stream_bad"
    wire.note(name, labels, call=call.uid, where=verdict.where or "", why=verdict.evidence)
