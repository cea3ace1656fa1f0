"""Offer and answer of one leg (RFC 3264; where each may stand: RFC 6337 §2) as a table.

A refused or failed offer leaves the session as it was (RFC 3264 §8), so every state rolls back to
STABLE. What has no row is a protocol error of whoever did it.
"""

from collections.abc import Mapping
from enum import Enum, auto


class State(Enum):
    STABLE = auto()
    """No offer is open."""
    LOCAL_OFFER = auto()
    """Ours is open: the peer owes an answer."""
    REMOTE_OFFER = auto()
    """Theirs is open: we owe an answer."""
    AWAITING_OFFER = auto()
    """We sent an INVITE without an offer: the peer owes one."""
    OWING_OFFER = auto()
    """We got an INVITE without an offer: we owe one."""

    __hash__ = object.__hash__


class On(Enum):
    OFFER_SENT = auto()
    OFFER_RECEIVED = auto()
    OFFERLESS_SENT = auto()
    OFFERLESS_RECEIVED = auto()
    ANSWER_SENT = auto()
    ANSWER_RECEIVED = auto()
    FAILED = auto()
    """The request that the open offer hangs on was refused, cancelled, or timed out."""

    __hash__ = object.__hash__


Table = Mapping[State, Mapping[On, State]]

TABLE: Table = {
    State.STABLE: {
        On.OFFER_SENT: State.LOCAL_OFFER,
        On.OFFER_RECEIVED: State.REMOTE_OFFER,
        On.OFFERLESS_SENT: State.AWAITING_OFFER,
        On.OFFERLESS_RECEIVED: State.OWING_OFFER,
        On.FAILED: State.STABLE,  # an INVITE may fail after its offer was answered in a 1xx
    },
    State.LOCAL_OFFER: {
        On.ANSWER_RECEIVED: State.STABLE,
        On.FAILED: State.STABLE,
    },
    State.REMOTE_OFFER: {
        On.ANSWER_SENT: State.STABLE,
        On.FAILED: State.STABLE,
    },
    State.AWAITING_OFFER: {
        On.OFFER_RECEIVED: State.REMOTE_OFFER,
        On.FAILED: State.STABLE,
    },
    State.OWING_OFFER: {
        On.OFFER_SENT: State.LOCAL_OFFER,
        On.FAILED: State.STABLE,
    },
}

_REFUSALS = {
    State.LOCAL_OFFER: 491,
    State.AWAITING_OFFER: 491,
    State.REMOTE_OFFER: 500,
    State.OWING_OFFER: 500,
}
"""For an INVITE or UPDATE that comes while another is open (RFC 3261 §14.2, RFC 3311 §5.2): 491 if
the open one is ours, both of us then wait and retry; 500 with Retry-After if it is theirs."""


class ProtocolError(Exception):
    """An offer or answer which the table does not allow."""

    def __init__(self, state: State, event: On) -> None:
        super().__init__(f"{event.name} in {state.name}")
        self.state = state
        self.event = event


def after(state: State, event: On) -> State:
    following = TABLE[state].get(event)
    if following is None:
        raise ProtocolError(state, event)
    return following


def refusal(state: State, event: On) -> int | None:
    """The status for a *request* that carries this event now; None if it may be taken.

    An offer that the peer owes comes in a response: one in a request is glare, row or no row.
    """
    if event in {On.OFFER_RECEIVED, On.OFFERLESS_RECEIVED}:
        return _REFUSALS.get(state)
    return None if event in TABLE[state] else 400


class Carrier(Enum):
    """The message in which a session description came or went."""

    INVITE = auto()
    UPDATE = auto()
    PRACK = auto()
    ACK = auto()
    RELIABLE_PROVISIONAL = auto()
    PROVISIONAL = auto()
    SUCCESS = auto()
    """2xx to an INVITE."""
    OTHER_SUCCESS = auto()
    """2xx to an UPDATE or a PRACK."""

    __hash__ = object.__hash__


_MUST_CARRY = {Carrier.ACK, Carrier.SUCCESS}
"""The last chance for what is owed (RFC 6337 §2.1)."""
_MAY_OFFER = {Carrier.RELIABLE_PROVISIONAL, Carrier.SUCCESS}


def event_of(state: State, carrier: Carrier, *, ours: bool, sdp: bool) -> On | None:
    """What this message means for offer and answer; None if nothing (RFC 6337 §2.2).

    SDP in an unreliable 1xx is a preview of the answer, and SDP in a 2xx whose INVITE was answered
    in a 1xx repeats it: neither counts. Raises `ProtocolError` when the message had to carry
    what its sender owes, and does not.
    """
    offer, answer = _events(ours=ours)
    owes_answer = state is (State.REMOTE_OFFER if ours else State.LOCAL_OFFER)
    owes_offer = state is (State.OWING_OFFER if ours else State.AWAITING_OFFER)
    if carrier is Carrier.INVITE:
        offerless = On.OFFERLESS_SENT if ours else On.OFFERLESS_RECEIVED
        return offer if sdp else offerless
    if not sdp:
        if carrier in _MUST_CARRY and (owes_answer or owes_offer):
            raise ProtocolError(state, answer if owes_answer else offer)
        return None
    if carrier is Carrier.UPDATE or (carrier is Carrier.PRACK and not owes_answer):
        return offer
    if carrier is Carrier.PROVISIONAL:
        return None
    if owes_answer:
        return answer
    return offer if owes_offer and carrier in _MAY_OFFER else None


def _events(*, ours: bool) -> tuple[On, On]:
    if ours:
        return On.OFFER_SENT, On.ANSWER_SENT
    return On.OFFER_RECEIVED, On.ANSWER_RECEIVED
