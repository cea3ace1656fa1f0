"""Transition tables: the figures of RFC 3261 §17, written as data, and the timers they name."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

T1 = 0.5
"""Seconds: the round trip we reckon with (RFC 3261 §17.1.1.1)."""
T2 = 4.0
"""Seconds: the longest wait between two copies of a non-INVITE request or of an INVITE response."""
T4 = 5.0
"""Seconds: how long the network may keep a message."""
LONGEST = 64 * T1
"""Seconds: how long a transaction tries (Timers B, F, H) or remembers (D, J, L, M)."""


class State(Enum):
    CALLING = auto()
    TRYING = auto()
    CANCEL_WAITS = auto()
    """The TU gave up before any answer: a CANCEL may not overtake its INVITE (§9.1)."""
    PROCEEDING = auto()
    CANCELLED = auto()
    ACCEPTED = auto()
    COMPLETED = auto()
    CONFIRMED = auto()
    TERMINATED = auto()

    __hash__ = object.__hash__  # Enum's own hashes the name, in Python, on every look-up


class On(Enum):
    """What the network, or the transaction user, can do to a transaction."""

    REQUEST = auto()
    """The request came again."""
    ACK = auto()
    PROVISIONAL = auto()
    SUCCESS = auto()
    FAILURE = auto()
    SILENCE = auto()
    """The TU has no answer that may still be sent (RFC 4320 §4.2)."""
    CANCEL = auto()
    TRANSPORT_ERROR = auto()

    __hash__ = object.__hash__


class Timer(Enum):
    A = "send the INVITE again"
    B = "give up on an answer to the INVITE"
    D = "absorb repeated failures"
    E = "send the request again"
    F = "give up on an answer to the request"
    G = "send the failure again"
    H = "give up on the ACK"
    I = "absorb repeated ACKs"  # noqa: E741 - the RFC's letter
    J = "absorb repeated requests"
    K = "absorb repeated responses"
    L = "absorb repeated INVITEs that were accepted"
    M = "absorb repeated successes"
    CANCELLED = "give up on an answer to what was cancelled (RFC 3261 §9.1)"
    STILL_TRYING = "tell a patient client that we still work on it (RFC 4320 §4.1)"

    __hash__ = object.__hash__


class Do(Enum):
    """What a transaction asks of the world."""

    PASS_UP = auto()
    PASS_STRAY = auto()
    """A success that nobody waits for: the dialog layer must end what it began."""
    SEND_ACK = auto()
    SEND_CANCEL = auto()
    SEND = auto()
    """Send the TU's response, and keep it for repetitions."""
    SEND_TRYING = auto()
    RETRANSMIT = auto()
    """Send the last message once more."""
    SLOW_DOWN = auto()
    """Wait T2 between repetitions from now on. Done by the machine itself."""
    REPORT_CANCEL = auto()
    REPORT_TIMEOUT = auto()
    REPORT_TRANSPORT_ERROR = auto()

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Row:
    state: State
    effects: tuple[Do, ...]


def to(state: State, *effects: Do) -> Row:
    return Row(state, effects)


Event = On | Timer
Table = Mapping[State, Mapping[Event, Row]]
Owners = Mapping[State, tuple[Timer, ...]]
"""Which timers run in a state. One that the next state owns too runs on through the change."""
Delays = Mapping[Timer, float]
"""Seconds. Leaves out the timers that a transport does not use."""
