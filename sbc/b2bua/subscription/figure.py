"""The life of a subscription through the border (RFC 6665 §4.1.2 and §4.2.1 in one), as a table.

Towards the subscriber the border is the notifier, towards the notifier it is the subscriber; what
is told on one side crosses to the other. An event without a row changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class State(Enum):
    NOTIFY_WAIT = "asked for; the first NOTIFY is due"
    PENDING = "not decided yet"
    ACTIVE = "the subscriber is told of each change"
    ENDING = "the last NOTIFY is on its way to the subscriber"
    LEAVING = "the subscriber is gone; the last NOTIFY is due"
    TERMINATED = "over"


class On(Enum):
    PENDING = auto()
    """A NOTIFY of the notifier, by its Subscription-State."""
    ACTIVE = auto()
    TERMINATED = auto()
    DELIVERED = auto()
    """The subscriber has answered the last NOTIFY."""
    SUBSCRIBER_GONE = auto()
    """It answered a NOTIFY with 481 or the like, or not at all, or its connection is lost."""
    NOTIFIER_GONE = auto()
    """It answered a SUBSCRIBE with 481 or the like: both sides know that it is over."""
    SILENT = auto()
    """Timer N: a SUBSCRIBE, and no NOTIFY within 64·T1."""
    EXPIRED = auto()
    """Nobody has refreshed it, and the notifier has not said so."""
    STOP = auto()
    """The border is being stopped, or the subscription has a fault."""


class Do(Enum):
    CROSS = "the NOTIFY crosses"
    ACCEPT = "the NOTIFY is answered here"
    TELL_TIMEOUT = "NOTIFY: terminated, timeout"
    TELL_DEACTIVATED = "NOTIFY: terminated, deactivated"
    LEAVE = "SUBSCRIBE with Expires: 0"
    FORGET = "nothing is kept"


@dataclass(frozen=True, slots=True)
class Row:
    state: State
    effects: tuple[Do, ...]


def to(state: State, *effects: Do) -> Row:
    return Row(state, effects)


_LIVING: Mapping[On, Row] = {
    On.TERMINATED: to(State.ENDING, Do.CROSS),
    On.SUBSCRIBER_GONE: to(State.LEAVING, Do.LEAVE),
    On.NOTIFIER_GONE: to(State.TERMINATED, Do.FORGET),
    On.SILENT: to(State.TERMINATED, Do.TELL_TIMEOUT, Do.FORGET),
    On.EXPIRED: to(State.TERMINATED, Do.TELL_TIMEOUT, Do.FORGET),
    On.STOP: to(State.TERMINATED, Do.TELL_DEACTIVATED, Do.LEAVE, Do.FORGET),
}

TABLE: Mapping[State, Mapping[On, Row]] = {
    State.NOTIFY_WAIT: {
        On.PENDING: to(State.PENDING, Do.CROSS),
        On.ACTIVE: to(State.ACTIVE, Do.CROSS),
        **_LIVING,
    },
    State.PENDING: {
        On.PENDING: to(State.PENDING, Do.CROSS),
        On.ACTIVE: to(State.ACTIVE, Do.CROSS),
        **_LIVING,
    },
    State.ACTIVE: {
        On.PENDING: to(State.PENDING, Do.CROSS),
        On.ACTIVE: to(State.ACTIVE, Do.CROSS),
        **_LIVING,
    },
    State.ENDING: {
        On.DELIVERED: to(State.TERMINATED, Do.FORGET),
        On.SUBSCRIBER_GONE: to(State.TERMINATED, Do.FORGET),
        On.NOTIFIER_GONE: to(State.TERMINATED, Do.FORGET),
        On.EXPIRED: to(State.TERMINATED, Do.FORGET),
        On.STOP: to(State.TERMINATED, Do.FORGET),
    },
    State.LEAVING: {
        On.PENDING: to(State.LEAVING, Do.ACCEPT),
        On.ACTIVE: to(State.LEAVING, Do.ACCEPT),
        On.TERMINATED: to(State.TERMINATED, Do.ACCEPT, Do.FORGET),
        On.NOTIFIER_GONE: to(State.TERMINATED, Do.FORGET),
        On.SILENT: to(State.TERMINATED, Do.FORGET),
        On.EXPIRED: to(State.TERMINATED, Do.FORGET),
        On.STOP: to(State.TERMINATED, Do.FORGET),
    },
    State.TERMINATED: {},
}
