"""Non-INVITE server transaction: RFC 3261 §17.2.2, as corrected by RFC 4320 §4."""

from sbc.transaction.table import LONGEST, T1, Delays, Do, On, Owners, State, Table, Timer, to

# The TU's own provisional responses have no row: RFC 4320 §4.1 allows none but our late 100.
TABLE: Table = {
    State.TRYING: {
        On.SUCCESS: to(State.COMPLETED, Do.SEND),
        On.FAILURE: to(State.COMPLETED, Do.SEND),
        On.SILENCE: to(State.COMPLETED),
        On.TRANSPORT_ERROR: to(State.TERMINATED),
        Timer.STILL_TRYING: to(State.PROCEEDING, Do.SEND_TRYING),
    },
    State.PROCEEDING: {
        On.REQUEST: to(State.PROCEEDING, Do.RETRANSMIT),
        On.SUCCESS: to(State.COMPLETED, Do.SEND),
        On.FAILURE: to(State.COMPLETED, Do.SEND),
        On.SILENCE: to(State.COMPLETED),
        On.TRANSPORT_ERROR: to(State.TERMINATED),
    },
    State.COMPLETED: {
        On.REQUEST: to(State.COMPLETED, Do.RETRANSMIT),
        On.TRANSPORT_ERROR: to(State.TERMINATED),
        Timer.J: to(State.TERMINATED),
    },
    State.TERMINATED: {},
}

TIMERS: Owners = {
    State.TRYING: (Timer.STILL_TRYING,),
    State.COMPLETED: (Timer.J,),
}

RELIABLE: Delays = {
    Timer.STILL_TRYING: 7 * T1,  # when the client's Timer E reaches T2: T1 + 2 T1 + 4 T1
    Timer.J: 0.0,
}
UNRELIABLE: Delays = {**RELIABLE, Timer.J: LONGEST}
