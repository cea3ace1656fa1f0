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


class OfferAnswer:
    """Where one dialog stands. What we do must have a row, or `ProtocolError` says that we are at
    fault; for what the peer does each method returns None, or the status that refuses it.
    """

    __slots__ = ("state",)

    def __init__(self, state: State = State.STABLE) -> None:
        self.state = state

    @staticmethod
    def inviting(*, offered: bool) -> "OfferAnswer":
        """We sent the INVITE that begins the dialog."""
        return OfferAnswer(State.LOCAL_OFFER if offered else State.AWAITING_OFFER)

    @staticmethod
    def invited(*, offered: bool) -> "OfferAnswer":
        return OfferAnswer(State.REMOTE_OFFER if offered else State.OWING_OFFER)

    @property
    def idle(self) -> bool:
        """Nothing is open: either side may offer."""
        return self.state is State.STABLE

    def offer_sent(self) -> None:
        self._do(On.OFFER_SENT)

    def offer_invited(self) -> None:
        """We sent an INVITE that asks for an offer."""
        self._do(On.OFFERLESS_SENT)

    def answer_sent(self) -> None:
        self._do(On.ANSWER_SENT)

    def described(self) -> None:
        """SDP went out in a 2xx or reliable 1xx: it is what we owe, or repeats what we said."""
        if self.state is State.REMOTE_OFFER:
            self._do(On.ANSWER_SENT)
        elif self.state is State.OWING_OFFER:
            self._do(On.OFFER_SENT)

    def offer_received(self) -> int | None:
        return self._take(On.OFFER_RECEIVED)

    def offer_asked(self) -> int | None:
        """An INVITE came that asks for an offer."""
        return self._take(On.OFFERLESS_RECEIVED)

    def answer_received(self) -> int | None:
        return self._take(On.ANSWER_RECEIVED)

    def failed(self) -> None:
        self._do(On.FAILED)

    def _do(self, event: On) -> None:
        following = TABLE[self.state].get(event)
        if following is None:
            raise ProtocolError(self.state, event)
        self.state = following

    def _take(self, event: On) -> int | None:
        following = TABLE[self.state].get(event)
        if following is None:
            return refusal(self.state, event)
        self.state = following
        return None


def refusal(state: State, event: On) -> int | None:
    """The status for a request of the peer which does `event` now; None if the table allows it."""
    if event in TABLE[state]:
        return None
    if event is On.ANSWER_RECEIVED:
        return 400  # to nothing that we offered
    return _REFUSALS[state]
