"""INVITE client transaction: RFC 3261 §17.1.1 and §9.1, as corrected by RFC 6026 §7.2."""

from sbc.transaction.table import (
    LONGEST,
    T1,
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
    State.CALLING: {
        On.PROVISIONAL: to(State.PROCEEDING, Do.PASS_UP),
        On.SUCCESS: to(State.ACCEPTED, Do.PASS_UP),
        On.FAILURE: to(State.COMPLETED, Do.SEND_ACK, Do.PASS_UP),
        On.CANCEL: to(State.CANCEL_WAITS),
        On.TRANSPORT_ERROR: to(State.TERMINATED, Do.REPORT_TRANSPORT_ERROR),
        Timer.A: to(State.CALLING, Do.RETRANSMIT),
        Timer.B: to(State.TERMINATED, Do.REPORT_TIMEOUT),
    },
    State.CANCEL_WAITS: {
        On.PROVISIONAL: to(State.CANCELLED, Do.SEND_CANCEL, Do.PASS_UP),
        On.SUCCESS: to(State.ACCEPTED, Do.PASS_UP),  # too late to cancel: the TU says BYE
        On.FAILURE: to(State.COMPLETED, Do.SEND_ACK, Do.PASS_UP),
        On.TRANSPORT_ERROR: to(State.TERMINATED, Do.REPORT_TRANSPORT_ERROR),
        Timer.A: to(State.CANCEL_WAITS, Do.RETRANSMIT),
        Timer.B: to(State.TERMINATED, Do.REPORT_TIMEOUT),
    },
    State.PROCEEDING: {
        On.PROVISIONAL: to(State.PROCEEDING, Do.PASS_UP),
        On.SUCCESS: to(State.ACCEPTED, Do.PASS_UP),
        On.FAILURE: to(State.COMPLETED, Do.SEND_ACK, Do.PASS_UP),
        On.CANCEL: to(State.CANCELLED, Do.SEND_CANCEL),
        # Not in the figure: the connection that should bring the answer is gone, and without this
        # row only the TU's Timer C, minutes later, would notice.
        On.TRANSPORT_ERROR: to(State.TERMINATED, Do.REPORT_TRANSPORT_ERROR),
    },
    State.CANCELLED: {
        On.PROVISIONAL: to(State.CANCELLED, Do.PASS_UP),
        On.SUCCESS: to(State.ACCEPTED, Do.PASS_UP),
        On.FAILURE: to(State.COMPLETED, Do.SEND_ACK, Do.PASS_UP),
        On.TRANSPORT_ERROR: to(State.TERMINATED, Do.REPORT_TRANSPORT_ERROR),
        Timer.CANCELLED: to(State.TERMINATED, Do.REPORT_TIMEOUT),
    },
    State.ACCEPTED: {
        On.SUCCESS: to(State.ACCEPTED, Do.PASS_UP),  # forked or repeated: the dialog sends the ACK
        Timer.M: to(State.TERMINATED),
    },
    State.COMPLETED: {
        On.FAILURE: to(State.COMPLETED, Do.SEND_ACK),
        On.SUCCESS: to(State.COMPLETED, Do.PASS_STRAY),  # another branch answered all the same
        On.TRANSPORT_ERROR: to(State.TERMINATED),  # the TU already has its final response
        Timer.D: to(State.TERMINATED),
    },
    State.TERMINATED: {},
}

TIMERS: Owners = {
    State.CALLING: (Timer.A, Timer.B),
    State.CANCEL_WAITS: (Timer.A, Timer.B),
    State.CANCELLED: (Timer.CANCELLED,),
    State.ACCEPTED: (Timer.M,),
    State.COMPLETED: (Timer.D,),
}

RELIABLE: Delays = {
    Timer.B: LONGEST,
    Timer.CANCELLED: LONGEST,
    Timer.D: 0.0,
    Timer.M: LONGEST,
}
UNRELIABLE: Delays = {**RELIABLE, Timer.A: T1, Timer.D: LONGEST}
