"""The neutral call events: all that one leg tells the call of what its peer did.

A leg turns SIP into these and back; the call between two legs sees nothing else. Where a session
description came along, the leg says what it was: an offer or an answer (RFC 3264).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from media.control import FailureReason, HandshakeFailed, KeyPressed, Opened, SessionReport
from media.sdp.session import Session
from sbc.b2bua.causes import Cause
from sbc.b2bua.content import Content
from sbc.b2bua.crossing import Field
from sbc.transaction.layer import Key

if TYPE_CHECKING:
    from sbc.b2bua.leg import Leg
    from sbc.b2bua.usage import Usage


@dataclass(frozen=True, slots=True)
class Progressed:
    """A provisional answer of the called side, in one of its early dialogs."""

    usage: Usage
    status: int
    content: Content
    offer: Session | None
    answer: Session | None
    reliable: bool


@dataclass(frozen=True, slots=True)
class Answered:
    usage: Usage
    content: Content
    offer: Session | None
    answer: Session | None


@dataclass(frozen=True, slots=True)
class Refused:
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


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """ACK of a 2xx that we sent."""

    usage: Usage
    owed: bool
    """The 2xx carried an offer: the ACK had to bring the answer."""
    answer: Session | None


@dataclass(frozen=True, slots=True)
class PrackReceived:
    """PRACK of a provisional that carried an offer; `answer` came with it. Already answered."""

    usage: Usage
    answer: Session | None


@dataclass(frozen=True, slots=True)
class Requested:
    """A request within the dialog that the other side shall see. It waits under `key`."""

    usage: Usage
    key: Key
    method: str
    content: Content
    offer: Session | None


@dataclass(frozen=True, slots=True)
class Responded:
    """The final answer to a request that we sent within a dialog."""

    usage: Usage
    key: Key
    method: str
    status: int
    content: Content
    offer: Session | None
    answer: Session | None


@dataclass(frozen=True, slots=True)
class RequestCancelled:
    """CANCEL of a re-INVITE that waits under `key`."""

    usage: Usage
    key: Key


@dataclass(frozen=True, slots=True)
class Abandoned:
    """CANCEL of the INVITE that began the call."""

    fields: tuple[Field, ...] = ()
    """Its Reason, if it gave one."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The peer hung up, or no longer knows the dialog."""

    usage: Usage
    cause: Cause
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class RefreshDue:
    """It is for us to refresh the session of this dialog (RFC 4028 §10)."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class SessionExpired:
    """No refresh got through in time."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class NeverAcknowledged:
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


@dataclass(frozen=True, slots=True)
class PortsFound:
    serial: int
    reply: Opened


@dataclass(frozen=True, slots=True)
class PortsRefused:
    serial: int
    reason: FailureReason | None
    """None: the relay never answered."""


@dataclass(frozen=True, slots=True)
class Allocated:
    """The target at hand may be invited: all streams of its offer have ports."""


@dataclass(frozen=True, slots=True)
class PlanRefused:
    """The relay cannot do what the descriptions ask of it."""


@dataclass(frozen=True, slots=True)
class Reported:
    """The relay's last report: the media is over."""

    report: SessionReport


@dataclass(frozen=True, slots=True)
class NotReported:
    """That report will not come."""


@dataclass(frozen=True, slots=True)
class MediaDied:
    """No direction that should carry media does (M5)."""


@dataclass(frozen=True, slots=True)
class RelayLost:
    """The media is gone with its relay."""


@dataclass(frozen=True, slots=True)
class RangTooLong:
    pass


@dataclass(frozen=True, slots=True)
class KeptSilent:
    """The target at hand has had its time to say something."""


@dataclass(frozen=True, slots=True)
class DirectDue:
    """Nothing has changed for a while: the ends may do without us (M2)."""


@dataclass(frozen=True, slots=True)
class JoinDue:
    """The dialog of a transferred party was busy; it may be free now."""


@dataclass(frozen=True, slots=True)
class LastedTooLong:
    pass


@dataclass(frozen=True, slots=True)
class Stopping:
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
