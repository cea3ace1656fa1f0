"""A dialog goes over from one call to another: what transfers and replacements have in common
(RFC 5589, RFC 3891; RFC 3725 for the offers).

Until a party has taken its new offer its old call stays as it is. If it took one that came to
nothing, it gets back what it had before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from media.control import Side
from sbc.b2bua.causes import Cause
from sbc.b2bua.content import Content
from sbc.b2bua.events import Responded, Stopping
from sbc.b2bua.leg import Leg
from sbc.b2bua.teardown import finish
from sbc.b2bua.usage import Usage

if TYPE_CHECKING:
    from sbc.b2bua.call import Call

AGAIN = 2.5
"""Seconds until a re-INVITE that found the dialog busy is tried again (RFC 3261 §14.1)."""
MOST_TRIES = 6


class Moving(Protocol):
    """Whoever takes a party of a call away, as that call sees it."""

    @property
    def holds(self) -> bool:
        """Offers between the parties of the call must wait: one of them is being asked."""

    def lets_go(self, usage: Usage) -> bool:
        """This party has hung up: is its part done, while the others go on?"""

    def old_ended(self) -> None:
        """The call is over before its party has gone."""

    def responded(self, event: Responded) -> bool:
        """Was this the answer to our re-INVITE?"""


def is_free(usage: Usage) -> bool:
    """May we offer this party something now?"""
    inviting = any(asking.method == "INVITE" for asking in usage.asking.values())
    return usage.exchange.idle and usage.unacknowledged is None and not inviting


def branch_of(usage: Usage) -> Usage | None:
    """The called side's dialog of this conversation, which names its media."""
    return usage if usage.leg.side == "b" else usage.peer


def leg_of(call: Call, usage: Usage, side: Side) -> Leg:
    """The leg of this dialog, as a leg of another call."""
    was = usage.leg
    leg = Leg(call, was.wire, side, was.peer, was.flow, was.call_id, symmetric=was.symmetric)
    leg.contact, leg.user_agent = was.contact, was.user_agent
    leg.speaks_in(usage.dialog)
    return leg


def move(usage: Usage, leg: Leg) -> None:
    """The dialog goes over to another call."""
    leg.flow = usage.leg.flow
    usage.leg.ended(usage)
    usage.turn_all_away()
    usage.leg = leg
    leg.began(usage)


def put_back(call: Call, usage: Usage) -> None:
    """What that party was told last in its own call holds again."""
    if usage.over or usage.closing:
        return
    if usage.owed_ack is not None:  # it made an offer, which finds no answer
        usage.answer_owed(None)
        usage.exchange.failed()
    side = usage.leg.side
    before = call.plan.told_before(side, usage if side == "b" else usage.peer)
    if before is not None and is_free(usage):
        call.refreshes.add(usage.request("INVITE", (), Content(sdp=before)))


def end_other(call: Call, cause: Cause, by: str) -> None:
    """End a call other than the one that is being served."""
    finish(call, cause, by)
    call.wire.tell(call, Stopping())  # for whom it is over; but it is then looked at once more


def name(usage: Usage) -> str:
    """Of a party, as records call who ended a call."""
    return "caller" if usage.leg.side == "a" else "callee"
