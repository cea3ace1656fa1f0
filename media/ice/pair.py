"""Candidate pairs (RFC 8445 §6.1.2): each of our two ports with each place where the peer may be.

The figure of a pair (§6.1.2.6) is `TABLE`. Our side of all pairs is one host candidate for each
component, so pairs are told apart by component and remote address, and none is frozen for another.
"""

from collections.abc import Mapping
from enum import Enum, auto

from media.control import Address

HOST, PEER_REFLEXIVE = 126, 110
"""Type preferences (RFC 8445 §5.1.2.2)."""
_ONLY_ADDRESS = 65_535
"""Local preference of an agent with a single address (§5.1.2.1)."""


class State(Enum):
    WAITING = auto()
    IN_PROGRESS = auto()
    SUCCEEDED = auto()
    FAILED = auto()


class On(Enum):
    """What can happen to a pair."""

    SENT = "a check of ours has left"
    RESPONSE = "it was answered from where it was sent"
    FAILURE = "it was refused, or nobody has answered"
    CONFLICT = "it was answered with 487"
    TRIGGER = "the peer has checked it"


Table = Mapping[State, Mapping[On, State]]

TABLE: Table = {
    State.WAITING: {On.SENT: State.IN_PROGRESS, On.RESPONSE: State.SUCCEEDED},
    State.IN_PROGRESS: {
        On.RESPONSE: State.SUCCEEDED,
        On.FAILURE: State.FAILED,
        On.CONFLICT: State.WAITING,
        On.TRIGGER: State.WAITING,
    },
    State.SUCCEEDED: {On.FAILURE: State.FAILED},
    State.FAILED: {On.TRIGGER: State.WAITING, On.RESPONSE: State.SUCCEEDED},
}


class Pair:
    __slots__ = ("component", "nominated", "nominating", "priority", "remote", "state")

    def __init__(self, component: int, remote: Address, priority: int) -> None:
        self.component = component
        self.remote = remote
        self.priority = priority
        """By the formula of §6.1.2.3."""
        self.state = State.WAITING
        self.nominating = False
        """Our next check of it nominates it; as the controlled side: the peer has nominated it."""
        self.nominated = False

    def happens(self, event: On) -> bool:
        """False when this changes nothing."""
        state = TABLE[self.state].get(event)
        if state is None:
            return False
        self.state = state
        return True


def priority(preference: int, component: int) -> int:
    """RFC 8445 §5.1.2.1, for our one address."""
    return preference << 24 | _ONLY_ADDRESS << 8 | (256 - component)


def pair_priority(controlling: int, controlled: int) -> int:
    """RFC 8445 §6.1.2.3, from the priorities of the candidates of the two agents."""
    low, high = sorted((controlling, controlled))
    return (low << 32) + 2 * high + (controlling > controlled)
