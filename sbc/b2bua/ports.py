"""Media ports for an offer: they are there, or the relay is asked and what needs them is parked
(M1)."""

from __future__ import annotations

from media.control import Close, Open, Side
from media.sdp.session import Session
from sbc.b2bua.call import Call, Waiting
from sbc.b2bua.causes import NO_PORTS, NO_RELAY, NOT_ACCEPTABLE, NOT_SECURE, Cause
from sbc.b2bua.crossing import Field
from sbc.b2bua.events import PortsFound, PortsRefused, Requested
from sbc.b2bua.media import Branch, NotAcceptable, NotSecure
from sbc.b2bua.teardown import finish


def ready(call: Call, offer: Session, by: Side, branch: Branch, waiting: Waiting) -> bool:
    """May `waiting` go on now? If not, it does so when the relay has answered, or was refused."""
    try:
        lacking = call.plan.lacking(offer, by, branch)
    except NotSecure:
        _refuse(call, waiting, NOT_SECURE)
        return False
    except NotAcceptable:
        _refuse(call, waiting, NOT_ACCEPTABLE)
        return False
    if not lacking:
        return True
    if not call.shared.relay_up:
        _refuse(call, waiting, NO_RELAY)
        return False
    call.parked[call.shared.ask(call, Open(call.plan.session, lacking))] = waiting
    return False


def serve(call: Call, *, answered: bool) -> None:
    """Let the relay do what both sides agreed on; where nothing is anchored it knows of no call."""
    if call.plan.open:
        call.shared.tell(call.plan.program(answered=answered))
        if answered and call.direct is not None:
            call.direct.settled()


def found(call: Call, event: PortsFound) -> None:
    """What was parked goes on as if it had just come."""
    waiting = call.parked.pop(event.serial, None)
    if waiting is not None:
        call.plan.opened(event.reply)
        call.wire.tell(call, waiting)


def refused(call: Call, event: PortsRefused) -> None:
    waiting = call.parked.pop(event.serial, None)
    if waiting is None:
        return
    if event.reason is None and not call.plan.open:
        # It may only be late, and find the ports when nobody waits for them any more.
        call.shared.tell(Close(call.plan.session))
    _refuse(call, waiting, NO_PORTS if event.reason == "ports_exhausted" else NO_RELAY)


def _refuse(call: Call, waiting: Waiting, cause: Cause) -> None:
    """An offer within the call fails alone; one that the call hangs on ends it."""
    if isinstance(waiting, Requested):
        waiting.usage.respond(waiting.key, cause.sip, _told(call, waiting.usage.leg.side, cause))
    else:
        finish(call, cause, "border", _told(call, "a", cause))


def _told(call: Call, side: Side, cause: Cause) -> tuple[Field, ...]:
    leg = call.caller.leg if side == "a" or call.callee is None else call.callee.leg
    if cause is NOT_ACCEPTABLE:
        return (_warning(leg.listener.sent_by, 305, "Incompatible media format"),)
    if cause is NOT_SECURE:
        return (_warning(leg.listener.sent_by, 302, "Incompatible transport protocol"),)
    text = "No media ports left" if cause is NO_PORTS else "No media relay"
    return (("Retry-After", "5"), _warning(leg.listener.sent_by, 399, text))


def _warning(agent: str, code: int, text: str) -> Field:
    return ("Warning", f'{code} {agent} "{text}"')
