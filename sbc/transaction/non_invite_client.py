"""Non-INVITE client transaction: RFC 3261 §17.1.2."""

from sbc.transaction.table import (
    LONGEST,
    T1,
    T4,
    Delays,
    Do,
    On,
    Owners,
    State,
    Table,
    Timer,
    to,
)

TABLE: Table = {
    State.TRYING: {
        On.PROVISIONAL: to(State.PROCEEDING, Do.SLOW_DOWN, Do.PASS_UP),
        On.SUCCESS: to(State.COMPLETED, Do.PASS_UP),
        On.FAILURE: to(State.COMPLETED, Do.PASS_UP),
        On.TRANSPORT_ERROR: to(State.TERMINATED, Do.REPORT_TRANSPORT_ERROR),
        Timer.E: to(State.TRYING, Do.RETRANSMIT),
        Timer.F: to(State.TERMINATED, Do.REPORT_TIMEOUT),
    },
    State.PROCEEDING: {
        On.PROVISIONAL: to(State.PROCEEDING, Do.PASS_UP),
        On.SUCCESS: to(State.COMPLETED, Do.PASS_UP),
        On.FAILURE: to(State.COMPLETED, Do.PASS_UP),
        On.TRANSPORT_ERROR: to(State.TERMINATED, Do.REPORT_TRANSPORT_ERROR),
        Timer.E: to(State.PROCEEDING, Do.RETRANSMIT),
        Timer.F: to(State.TERMINATED, Do.REPORT_TIMEOUT),
    },
    State.COMPLETED: {
        Timer.K: to(State.TERMINATED),
    },
    State.TERMINATED: {},
}

TIMERS: Owners = {
    State.TRYING: (Timer.E, Timer.F),
    State.PROCEEDING: (Timer.E, Timer.F),
    State.COMPLETED: (Timer.K,),
}

RELIABLE: Delays = {
    Timer.F: LONGEST,
    Timer.K: 0.0,
}
UNRELIABLE: Delays = {**RELIABLE, Timer.E: T1, Timer.K: T4}
