"""Ending a call: both legs, its media, and its record. However it comes, each happens once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from media.control import Close, HandshakeFailed
from sbc.b2bua import rivals
from sbc.b2bua.call import Call, State
from sbc.b2bua.causes import (
    CANCELLED,
    FAULT,
    MEDIA_DEAD,
    NO_ACK,
    NO_HANDSHAKE,
    NO_PRACK,
    RELAY_LOST,
    RELAY_REFUSED,
    SESSION_EXPIRED,
    SHUTDOWN,
    TOO_LONG,
    WRONG_CERTIFICATE,
    Cause,
    reasons,
)
from sbc.b2bua.crossing import Field
from sbc.b2bua.events import (
    Abandoned,
    Ended,
    LastedTooLong,
    MediaDied,
    NeverAcknowledged,
    NotReported,
    PlanRefused,
    RelayLost,
    Reported,
    SessionExpired,
    Stopping,
)
from sbc.b2bua.reason import reason_text, told
from sbc.b2bua.record import record_of
from sbc.sip.message import build_response


def abandoned(call: Call, event: Abandoned) -> None:
    finish(call, CANCELLED, "caller", event.fields)


def hung_up(call: Call, event: Ended) -> None:
    if call.transfer is not None and call.transfer.lets_go(event.usage):
        return
    if event.usage.leg.side == "a":
        if call.caller.accepted:
            finish(call, event.cause, "caller", event.fields)
        else:
            _early_dialog_ended(call, event)
    elif call.times.answered is not None:
        finish(call, event.cause, "callee", event.fields)
    # else: a callee that ends an early dialog still owes its INVITE an answer.


def _early_dialog_ended(call: Call, event: Ended) -> None:
    """The caller said BYE to one early dialog (RFC 3261 §15.1.2): with the last, the call is
    over."""
    peer = event.usage.peer
    if call.caller.leg.usages and peer is not None:
        peer.bye(reasons(told(event.fields, event.cause, peer.leg.terms)))
    else:
        finish(call, CANCELLED, "caller", event.fields)


def never_acknowledged(call: Call, event: NeverAcknowledged) -> None:
    early = event.leg.side == "a" and not call.caller.accepted
    finish(call, NO_PRACK if early else NO_ACK, "border")


def lasted_too_long(call: Call, event: LastedTooLong) -> None:
    del event
    finish(call, TOO_LONG, "border")


def session_expired(call: Call, event: SessionExpired) -> None:
    """RFC 4028 §10: BYE to both ends, that to the silent one too."""
    del event
    told = ("Reason", 'SIP;cause=408;text="Session timer expired"')
    finish(call, SESSION_EXPIRED, "border", (told,))


def media_died(call: Call, event: MediaDied) -> None:
    del event
    finish(call, MEDIA_DEAD, "border")


def handshake_failed(call: Call, event: HandshakeFailed) -> None:
    """No media may cross that would not be with whom the descriptions name (RFC 5763 §5)."""
    labels = {**call.labels(), "side": event.side, "why": event.why}
    call.wire.note("dtls_failed", labels, call=call.uid)
    cause = WRONG_CERTIFICATE if event.why == "fingerprint" else NO_HANDSHAKE
    finish(call, cause, "border")


def plan_refused(call: Call, event: PlanRefused) -> None:
    del event
    finish(call, RELAY_REFUSED, "border")


def stopping(call: Call, event: Stopping) -> None:
    del event
    finish(call, SHUTDOWN, "border")


def relay_lost(call: Call, event: RelayLost) -> None:
    """The media of this call is gone with its relay: end it, and say so in its record."""
    del event
    if call.plan.released and not call.parked:
        call.plan.forget()  # its media is not gone: there was none here
    elif call.plan.open or call.parked:
        call.shared.left.append(call.plan.session)
        call.plan.forget()
        call.parked.clear()
        finish(call, RELAY_LOST, "border")


def finish(call: Call, cause: Cause, by: str, fields: Sequence[Field] = ()) -> None:
    """End both legs, whatever state they are in, and ask for the last report of the media."""
    if call.state in {State.ENDING, State.ENDED}:
        return
    call.state = State.ENDING
    call.shared.ending(call)
    if not call.caller.accepted:
        call.times.answered = None  # if it was, the caller has never heard of it
        if cause.sip < 300:
            cause = Cause(480, cause.text, cause.cause)
    call.cause = cause
    call.ended_by = by
    call.times.ended = call.wire.now
    if call.transfer is not None:
        call.transfer.old_ended()
    for timer in ("ring", "silence", "duration", "join", "direct"):
        call.wire.timers.clear((call, timer))
    _end_legs(call, cause, by, fields)
    asked = bool(call.parked)
    call.parked.clear()
    if call.plan.open or asked:
        call.shared.ask(call, Close(call.plan.session))
    else:
        _close(call)


def _end_legs(call: Call, cause: Cause, by: str, fields: Sequence[Field]) -> None:
    """Each hears why in its own words, and its record says what that was."""
    caller, callee = call.caller, call.callee
    refuses = not caller.accepted
    for_caller = told(fields, cause, caller.leg.terms, in_response=refuses)
    if by == "caller":
        caller.leg.heard_reason = reason_text(fields)
    if by != "caller" or refuses:
        caller.leg.told_reason = reason_text(for_caller)
    caller.end(cause.sip, for_caller)
    if callee is None:
        return
    rivals.end(call, told(fields, cause, callee.leg.terms))
    for_callee = told(fields, cause, callee.leg.terms)
    if by == "callee":
        callee.leg.heard_reason = reason_text(fields)
    else:
        callee.leg.told_reason = reason_text(for_callee)
    callee.end(for_callee)


def reported(call: Call, event: Reported) -> None:
    """The relay has freed the ports and says what the media was like."""
    call.report = event.report
    _close(call)


def not_reported(call: Call, event: NotReported | RelayLost) -> None:
    if isinstance(event, RelayLost):  # what we asked may be lost with the link
        call.shared.left.append(call.plan.session)
    _close(call)


def _close(call: Call) -> None:
    """The one record of the call; after a fault with its ladder, which tells how to repeat it."""
    call.state = State.ENDED
    call.plan.forget()
    cause = call.cause or FAULT
    call.record = record_of(call, call.wire.now, trace=cause is FAULT)
    call.shared.close(call)
    call.wire.note(
        "call_ended",
        {**call.labels(), "by": call.ended_by, "status": str(cause.sip)},
        call=call.uid,
        cause=cause.text,
    )


def abandon(call: Call) -> None:
    """The last resort, when even the end of a call is at fault: each leg ends as far as it can,
    and the call leaves its record."""
    wire, callee = call.wire, call.callee
    call.state = State.ENDED
    call.cause = call.cause or FAULT
    call.times.ended = call.times.ended or wire.now
    call.report = None  # perhaps it is what the fault lies in
    for name in ("ring", "duration"):
        wire.timers.clear((call, name))
    with suppress(Exception):
        call.caller.end(500, (FAULT.field,))
    if callee is not None:
        with suppress(Exception):
            rivals.end(call, (FAULT.field,))
        with suppress(Exception):
            callee.end((FAULT.field,))
        wire.cancel(callee.key, ())
    wire.respond(call.caller.key, build_response(call.caller.request, 500, to_tag=call.uid))
    call.shared.tell(Close(call.plan.session))
    _close(call)
