"""What may happen to a call in which state: the figure of the call, as data.

An event without a row comes too late, or was never asked for. It changes nothing; a request gets
481."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from media.control import HandshakeFailed, KeyPressed
from sbc.b2bua import direct, keys, ports, setup, teardown, transfer, within
from sbc.b2bua.call import Call, State
from sbc.b2bua.events import (
    Abandoned,
    Acknowledged,
    Allocated,
    Answered,
    CallEvent,
    DirectDue,
    Ended,
    JoinDue,
    KeptSilent,
    LastedTooLong,
    MediaDied,
    NeverAcknowledged,
    NotReported,
    PlanRefused,
    PortsFound,
    PortsRefused,
    PrackReceived,
    Progressed,
    RangTooLong,
    RefreshDue,
    Refused,
    RelayLost,
    Reported,
    RequestCancelled,
    Requested,
    Responded,
    SessionExpired,
    Stopping,
)

Handler = Callable[[Call, Any], None]

_ALWAYS: Mapping[type[CallEvent], Handler] = {
    Ended: teardown.hung_up,
    NeverAcknowledged: teardown.never_acknowledged,
    PortsFound: ports.found,
    PortsRefused: ports.refused,
    RelayLost: teardown.relay_lost,
    Stopping: teardown.stopping,
}
_WITHIN: Mapping[type[CallEvent], Handler] = {
    Acknowledged: within.acknowledged,
    PlanRefused: teardown.plan_refused,
    RequestCancelled: within.request_cancelled,
    Requested: within.requested,
    Responded: within.responded,
}
_UNANSWERED: Mapping[type[CallEvent], Handler] = {
    Abandoned: teardown.abandoned,
    KeptSilent: setup.kept_silent,
    RangTooLong: setup.rang_too_long,
}
_SETUP: Mapping[type[CallEvent], Handler] = {
    Answered: setup.answered,
    HandshakeFailed: teardown.handshake_failed,
    PrackReceived: setup.early_offer_answered,
    JoinDue: transfer.join_due,
    Progressed: setup.progressed,
    Refused: setup.turned_down,
}
_TALKING: Mapping[type[CallEvent], Handler] = {
    DirectDue: direct.due,
    JoinDue: transfer.join_due,
    HandshakeFailed: teardown.handshake_failed,
    KeyPressed: keys.pressed,
    LastedTooLong: teardown.lasted_too_long,
    MediaDied: teardown.media_died,
    RefreshDue: within.refresh_due,
    SessionExpired: teardown.session_expired,
}

TABLE: Mapping[State, Mapping[type[CallEvent], Handler]] = {
    State.ALLOCATING: {**_ALWAYS, **_UNANSWERED, Allocated: setup.invite},
    State.INVITING: {**_ALWAYS, **_WITHIN, **_UNANSWERED, **_SETUP},
    State.RINGING: {**_ALWAYS, **_WITHIN, **_UNANSWERED, **_SETUP},
    State.ANSWERED: {
        **_ALWAYS,
        **_WITHIN,
        **_TALKING,
        Abandoned: teardown.abandoned,  # while the 2xx waits for a PRACK
    },
    State.UP: {**_ALWAYS, **_WITHIN, **_TALKING},
    State.ENDING: {
        NotReported: teardown.not_reported,
        RelayLost: teardown.not_reported,
        Reported: teardown.reported,
    },
    State.ENDED: {},
}


def handle(call: Call, event: CallEvent) -> None:
    row = TABLE[call.state].get(type(event))
    if row is not None:
        row(call, event)
    elif isinstance(event, Requested):
        event.usage.respond(event.key, 481)
