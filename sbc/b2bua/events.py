"""The neutral call events: all that one leg tells the call of what its peer did.

A leg turns SIP into these and back; the call between two legs sees nothing else. Where a session
description came along, the leg says what it was: an offer or an answer (RFC 3264).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from media.control import FailureReason, HandshakeFailed, KeyPressed, Opened, SessionReport
from media.sdp.session import Session
from sbc.b2bua.causes import Cause
from sbc.b2bua.content import Content
from sbc.b2bua.crossing import Field
from sbc.transaction.layer import Key

if TYPE_CHECKING:
    from sbc.b2bua.leg import Leg
    from sbc.b2bua.usage import Usage


class Progressed(Struct, frozen=True):
    """A provisional answer of the called side, in one of its early dialogs."""

    usage: Usage
    status: int
    content: Content
    offer: Session | None
    answer: Session | None
    reliable: bool


class Answered(Struct, frozen=True):
    usage: Usage
    content: Content
    offer: Session | None
    answer: Session | None


class Refused(Struct, frozen=True):
    """The one final refusal of the called side; also its silence (408) and a dead path (503)."""

    status: int
    content: Content
    contacts: tuple[str, ...]
    """Users of the Contact URIs of a redirect, hosts left behind."""
    challenge: tuple[Field, ...] = ()
    """That is for the caller to answer, with the status as it is."""
    unheard: Literal["timeout", "unreachable"] | None = None
    """It stands for no answer at all."""
    leg: Leg | None = None
    """Whose it is, where several were invited at once."""


class Acknowledged(Struct, frozen=True):
    """ACK of a 2xx that we sent."""

    usage: Usage
    owed: bool
    """The 2xx carried an offer: the ACK had to bring the answer."""
    answer: Session | None


class PrackReceived(Struct, frozen=True):
    """PRACK of a provisional that carried an offer; `answer` came with it. Already answered."""

    usage: Usage
    answer: Session | None


class Requested(Struct, frozen=True):
    """A request within the dialog that the other side shall see. It waits under `key`."""

    usage: Usage
    key: Key
    method: str
    content: Content
    offer: Session | None


class Responded(Struct, frozen=True):
    """The final answer to a request that we sent within a dialog."""

    usage: Usage
    key: Key
    method: str
    status: int
    content: Content
    offer: Session | None
    answer: Session | None


class RequestCancelled(Struct, frozen=True):
    """CANCEL of a re-INVITE that waits under `key`."""

    usage: Usage
    key: Key


class Abandoned(Struct, frozen=True):
    """CANCEL of the INVITE that began the call."""

    fields: tuple[Field, ...] = ()
    """Its Reason, if it gave one."""


class Ended(Struct, frozen=True):
    """The peer hung up, or no longer knows the dialog."""

    usage: Usage
    cause: Cause
    fields: tuple[Field, ...]


class RefreshDue(Struct, frozen=True):
    """It is for us to refresh the session of this dialog (RFC 4028 §10)."""

    usage: Usage


class SessionExpired(Struct, frozen=True):
    """No refresh got through in time."""

    usage: Usage


class NeverAcknowledged(Struct, frozen=True):
    """A 2xx or a reliable provisional of ours found no ACK or PRACK within 64·T1."""

    leg: Leg


LegEvent = (
    Progressed
    | Answered
    | Refused
    | Acknowledged
    | PrackReceived
    | Requested
    | Responded
    | RequestCancelled
    | Abandoned
    | Ended
    | NeverAcknowledged
    | RefreshDue
    | SessionExpired
)


# --- what the relay and the clock tell the call ---------------------------------------------------


class PortsFound(Struct, frozen=True):
    serial: int
    reply: Opened


class PortsRefused(Struct, frozen=True):
    serial: int
    reason: FailureReason | None
    """None: the relay never answered."""


class Allocated(Struct, frozen=True):
    """The target at hand may be invited: all streams of its offer have ports."""


class PlanRefused(Struct, frozen=True):
    """The relay cannot do what the descriptions ask of it."""


class Reported(Struct, frozen=True):
    """The relay's last report: the media is over."""

    report: SessionReport


class NotReported(Struct, frozen=True):
    """That report will not come."""


class MediaDied(Struct, frozen=True):
    """No direction that should carry media does (M5)."""


class RelayLost(Struct, frozen=True):
    """The media is gone with its relay."""


class RangTooLong(Struct, frozen=True):
    pass


class KeptSilent(Struct, frozen=True):
    """The target at hand has had its time to say something."""


class DirectDue(Struct, frozen=True):
    """Nothing has changed for a while: the ends may do without us (M2)."""


class JoinDue(Struct, frozen=True):
    """The dialog of a transferred party was busy; it may be free now."""


class LastedTooLong(Struct, frozen=True):
    pass


class Stopping(Struct, frozen=True):
    """The border is being stopped."""


CallEvent = (
    LegEvent
    | PortsFound
    | PortsRefused
    | Allocated
    | PlanRefused
    | HandshakeFailed
    | KeyPressed
    | Reported
    | NotReported
    | MediaDied
    | RelayLost
    | RangTooLong
    | KeptSilent
    | DirectDue
    | JoinDue
    | LastedTooLong
    | Stopping
)
