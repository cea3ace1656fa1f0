"""Ending a call: both legs, its media, and its record. However it comes, each happens once."""

from __future__ import annotations

from collections.abc import Sequence

from media.control import Close
from sbc.actions import Journal
from sbc.b2bua.call import Call, State
from sbc.b2bua.causes import (
    CANCELLED,
    FAULT,
    MEDIA_DEAD,
    NO_ACK,
    RELAY_LOST,
    SHUTDOWN,
    TOO_LONG,
    Cause,
)
from sbc.b2bua.crossing import Field
from sbc.b2bua.events import (
    Abandoned,
    Ended,
    LastedTooLong,
    MediaDied,
    NeverAcknowledged,
    NotReported,
    RelayLost,
    Reported,
    Stopping,
)
from sbc.b2bua.record import record_of

REPORT_WITHIN = 5.0
"""Seconds for the relay's last report; the record is written without it after that."""


def abandoned(call: Call, event: Abandoned) -> None:
    del event
    finish(call, CANCELLED, "caller")


def hung_up(call: Call, event: Ended) -> None:
    who = "caller" if event.leg.side == "a" else "callee"
    if call.times.answered is None:
        finish(call, CANCELLED if who == "caller" else event.cause, who, event.fields)
    else:
        finish(call, event.cause, who, event.fields)


def never_acknowledged(call: Call, event: NeverAcknowledged) -> None:
    del event
    finish(call, NO_ACK, "border")


def lasted_too_long(call: Call, event: LastedTooLong) -> None:
    del event
    finish(call, TOO_LONG, "border")


def media_died(call: Call, event: MediaDied) -> None:
    del event
    finish(call, MEDIA_DEAD, "border")


def stopping(call: Call, event: Stopping) -> None:
    del event
    finish(call, SHUTDOWN, "border")


def relay_lost(call: Call, event: RelayLost) -> None:
    """The media of this call is gone with its relay: end it, and say so in its record."""
    del event
    if call.plan.open or call.parked:
        call.plan.forget()
        call.parked.clear()
        finish(call, RELAY_LOST, "border")


def finish(call: Call, cause: Cause, by: str, fields: Sequence[Field] = ()) -> None:
    """End both legs, whatever state they are in, and ask for the last report of the media."""
    if call.state in {State.ENDING, State.ENDED}:
        return
    call.state = State.ENDING
    call.cause = cause
    call.ended_by = by
    call.times.ended = call.wire.now
    call.wire.timers.clear((call, "ring"))
    call.wire.timers.clear((call, "duration"))
    told = tuple(fields)
    if not any(name == "Reason" for name, _ in told):
        told = (*told, cause.field)
    call.caller.end(cause.sip if cause.sip >= 300 else 480, told)
    if call.callee is not None:
        call.callee.end(tuple(pair for pair in told if pair[0] == "Reason"))
    asked = bool(call.parked)
    call.parked.clear()
    if call.plan.open or asked:
        call.shared.ask(call, Close(call.plan.session))
        call.wire.timer((call, "report"), REPORT_WITHIN)
    else:
        _close(call)


def reported(call: Call, event: Reported) -> None:
    """The relay has freed the ports and says what the media was like."""
    call.report = event.report
    _close(call)


def not_reported(call: Call, event: NotReported | RelayLost) -> None:
    del event
    _close(call)


def _close(call: Call) -> None:
    """The one record of the call."""
    call.wire.timers.clear((call, "report"))
    call.state = State.ENDED
    call.plan.forget()
    cause = call.cause or FAULT
    call.record = record_of(call, call.wire.now)
    call.wire.actions.append(Journal("cdr", call.uid, call.record))
    call.wire.note(
        "call_ended",
        {**call.labels(), "by": call.ended_by, "status": str(cause.sip)},
        call=call.uid,
        cause=cause.text,
    )


def abandon(call: Call) -> None:
    """The last resort, when even the end of a call is at fault: forget it, but leave its record."""
    for leg in (call.caller.leg, call.callee.leg if call.callee else None):
        for usage in list(leg.usages) if leg else ():
            call.wire.timers.clear((usage, "2xx"))
            call.wire.usages.pop(usage.id, None)
    if call.plan.open:
        call.shared.tell(Close(call.plan.session))
    _close(call)
