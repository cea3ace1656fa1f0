"""What may happen to a call in which state: the figure of the call, as data.

An event without a row comes too late, or was never asked for. It changes nothing; a request gets
481."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sbc.b2bua import setup, teardown, within
from sbc.b2bua.call import Call, State
from sbc.b2bua.events import (
    Abandoned,
    Acknowledged,
    Answered,
    CallEvent,
    Ended,
    LastedTooLong,
    MediaDied,
    NeverAcknowledged,
    NotReported,
    PortsFound,
    PortsRefused,
    PrackReceived,
    Progressed,
    RangTooLong,
    Refused,
    RelayLost,
    Reported,
    RequestCancelled,
    Requested,
    Responded,
    Stopping,
)

Handler = Callable[[Call, Any], None]

_ALWAYS: Mapping[type[CallEvent], Handler] = {
    RelayLost: teardown.relay_lost,
    Stopping: teardown.stopping,
}
_WITHIN: Mapping[type[CallEvent], Handler] = {
    Acknowledged: within.acknowledged,
    Ended: teardown.hung_up,
    NeverAcknowledged: teardown.never_acknowledged,
    PortsFound: within.ports_found,
    PortsRefused: within.ports_refused,
    RequestCancelled: within.request_cancelled,
    Requested: within.requested,
    Responded: within.responded,
}
_SETUP: Mapping[type[CallEvent], Handler] = {
    Abandoned: teardown.abandoned,
    Answered: setup.answered,
    PrackReceived: setup.early_offer_answered,
    Progressed: setup.progressed,
    RangTooLong: setup.rang_too_long,
    Refused: setup.turned_down,
}
_TALKING: Mapping[type[CallEvent], Handler] = {
    LastedTooLong: teardown.lasted_too_long,
    MediaDied: teardown.media_died,
}

TABLE: Mapping[State, Mapping[type[CallEvent], Handler]] = {
    State.ALLOCATING: {
        **_ALWAYS,
        Abandoned: teardown.abandoned,
        PortsFound: setup.ports_found,
        PortsRefused: setup.ports_refused,
        RangTooLong: setup.rang_too_long,  # while ports for a second target are looked for
    },
    State.INVITING: {**_ALWAYS, **_WITHIN, **_SETUP},
    State.RINGING: {**_ALWAYS, **_WITHIN, **_SETUP},
    State.ANSWERED: {**_ALWAYS, **_WITHIN, **_TALKING},
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
