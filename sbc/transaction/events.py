"""What the transaction layer tells its user (the TU of RFC 3261 §17): closed, frozen values."""

from dataclasses import dataclass
from typing import Literal

from sbc.actions import Flow, Transmit
from sbc.sip.message import Request, Response

Key = tuple[str, ...]
"""Names a transaction; opaque to the TU. A client's and a server's never collide."""


@dataclass(frozen=True, slots=True)
class RequestReceived:
    """A new server transaction: neither ACK nor CANCEL. The TU owes it `respond`."""

    key: Key
    request: Request
    flow: Flow


@dataclass(frozen=True, slots=True)
class AckReceived:
    """An ACK for a 2xx, or for nothing we know: it belongs to a dialog, not to a transaction."""

    request: Request
    flow: Flow


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The INVITE server transaction `key` was cancelled before its final response; told once.

    The CANCEL itself has been answered. The TU still owes the INVITE a final response (487).
    """

    key: Key
    reasons: tuple[str, ...] = ()
    """Its Reason fields (RFC 3326), as they came."""


@dataclass(frozen=True, slots=True)
class ResponseReceived:
    """1xx but 100, each 2xx of an INVITE (forked or repeated), and one 3xx-6xx."""

    key: Key
    response: Response
    flow: Flow


@dataclass(frozen=True, slots=True)
class Failed:
    """No final response will come. Treated as 408 or 503 (RFC 3261 §8.1.3.1)."""

    key: Key
    cause: Literal["timeout", "transport"]


@dataclass(frozen=True, slots=True)
class StraySuccess:
    """A 2xx to an INVITE of ours whose transaction is over: to be ended by ACK and BYE."""

    response: Response
    flow: Flow


@dataclass(frozen=True, slots=True)
class FellBack:
    """A large request goes over UDP after all, since the peer takes no connection (§18.1.1)."""

    key: Key
    flow: Flow


Output = (
    Transmit
    | RequestReceived
    | AckReceived
    | Cancelled
    | ResponseReceived
    | Failed
    | StraySuccess
    | FellBack
)
