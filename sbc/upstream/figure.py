"""The life of a registration of ours with a trunk (RFC 3261 §10.2), as a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class State(Enum):
    UNREGISTERED = "not asked for yet"
    REGISTERING = "asked for, and not granted"
    REGISTERED = "granted; its refresh is due later"
    REFRESHING = "granted, and asked for again"
    WAITING = "refused, or nobody answered; it is asked for again later"
    ABANDONING = "to be ended as soon as what is in the air is answered"
    LEAVING = "its end is in the air"
    GONE = "ended"


class On(Enum):
    START = auto()
    GRANTED = auto()
    TOO_BRIEF = auto()
    """423: the trunk wants it to last longer, and that can be had."""
    UNAVAILABLE = auto()
    """This endpoint cannot, and another one was not tried yet."""
    REFUSED = auto()
    """By the last endpoint, or for good."""
    DUE = auto()
    """The time that was set has come, or the connection was lost."""
    STOP = auto()


class Do(Enum):
    ASK = "send a REGISTER"
    HOLD = "keep what was granted, and set the time of its refresh"
    WAIT = "set the time of the next attempt"
    LEAVE = "send a REGISTER that ends it"
    REST = "no time is set any more"


@dataclass(frozen=True, slots=True)
class Row:
    state: State
    effects: tuple[Do, ...]


def to(state: State, *effects: Do) -> Row:
    return Row(state, effects)


TABLE: Mapping[State, Mapping[On, Row]] = {
    State.UNREGISTERED: {
        On.START: to(State.REGISTERING, Do.ASK),
        On.STOP: to(State.GONE),
    },
    State.REGISTERING: {
        On.GRANTED: to(State.REGISTERED, Do.HOLD),
        On.TOO_BRIEF: to(State.REGISTERING, Do.ASK),
        On.UNAVAILABLE: to(State.REGISTERING, Do.ASK),
        On.REFUSED: to(State.WAITING, Do.WAIT),
        On.STOP: to(State.ABANDONING, Do.REST),
    },
    State.REGISTERED: {
        On.DUE: to(State.REFRESHING, Do.ASK),
        On.STOP: to(State.LEAVING, Do.REST, Do.LEAVE),
    },
    State.REFRESHING: {
        On.GRANTED: to(State.REGISTERED, Do.HOLD),
        On.TOO_BRIEF: to(State.REFRESHING, Do.ASK),
        On.UNAVAILABLE: to(State.REFRESHING, Do.ASK),
        On.REFUSED: to(State.WAITING, Do.WAIT),
        On.STOP: to(State.ABANDONING, Do.REST),
    },
    State.WAITING: {
        On.DUE: to(State.REGISTERING, Do.ASK),
        On.STOP: to(State.GONE, Do.REST),
    },
    State.ABANDONING: {
        On.GRANTED: to(State.LEAVING, Do.LEAVE),
        On.TOO_BRIEF: to(State.GONE),
        On.UNAVAILABLE: to(State.GONE),
        On.REFUSED: to(State.GONE),
    },
    State.LEAVING: {
        On.GRANTED: to(State.GONE),
        On.TOO_BRIEF: to(State.GONE),
        On.UNAVAILABLE: to(State.GONE),
        On.REFUSED: to(State.GONE),
    },
    State.GONE: {},
}
