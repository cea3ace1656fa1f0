"""INVITE server transaction: RFC 3261 §17.2.1 and §9.2, as corrected by RFC 6026 §7.1."""

from collections.abc import Mapping

from sbc.transaction.table import (
    LONGEST,
    T1,
    T4,
    Delays,
    Do,
    Event,
    On,
    Owners,
    Row,
    State,
    Table,
    Timer,
    to,
)


def _unanswered(state: State) -> Mapping[Event, Row]:
    return {
        On.REQUEST: to(state, Do.RETRANSMIT),
        On.PROVISIONAL: to(state, Do.SEND),
        On.SUCCESS: to(State.ACCEPTED, Do.SEND),
        On.FAILURE: to(State.COMPLETED, Do.SEND),
    }


# No row for a transport error: the figure stays in its state, and a client that lost its connection
# comes back on a new one.
TABLE: Table = {
    State.PROCEEDING: {
        **_unanswered(State.PROCEEDING),
        On.CANCEL: to(State.CANCELLED, Do.REPORT_CANCEL),
    },
    State.CANCELLED: _unanswered(State.CANCELLED),  # the TU owes a 487, or was just answering
    State.ACCEPTED: {
        On.REQUEST: to(State.ACCEPTED),  # RFC 6026 §7.1: the TU repeats its 2xx, not we
        On.SUCCESS: to(State.ACCEPTED, Do.SEND),
        On.ACK: to(State.ACCEPTED, Do.PASS_UP),  # from a client that reuses its branch
        Timer.L: to(State.TERMINATED),
    },
    State.COMPLETED: {
        On.REQUEST: to(State.COMPLETED, Do.RETRANSMIT),
        On.ACK: to(State.CONFIRMED),
        Timer.G: to(State.COMPLETED, Do.RETRANSMIT),
        Timer.H: to(State.TERMINATED),  # no ACK for a failure: there is nothing left to undo
    },
    State.CONFIRMED: {
        Timer.I: to(State.TERMINATED),
    },
    State.TERMINATED: {},
}

TIMERS: Owners = {
    State.ACCEPTED: (Timer.L,),
    State.COMPLETED: (Timer.G, Timer.H),
    State.CONFIRMED: (Timer.I,),
}

RELIABLE: Delays = {
    Timer.H: LONGEST,
    Timer.I: 0.0,
    Timer.L: LONGEST,
}
UNRELIABLE: Delays = {**RELIABLE, Timer.G: T1, Timer.I: T4}
