"""What the transaction layer tells its user (the TU of RFC 3261 §17): closed, frozen values."""

from typing import Literal

from msgspec import Struct

from sbc.actions import Flow, Transmit
from sbc.sip.message import Request, Response

Key = tuple[str, ...]
"""Names a transaction; opaque to the TU. A client's and a server's never collide."""


class RequestReceived(Struct, frozen=True):
    """A new server transaction: neither ACK nor CANCEL. The TU owes it `respond`."""

    key: Key
    request: Request
    flow: Flow


class AckReceived(Struct, frozen=True):
    """An ACK for a 2xx, or for nothing we know: it belongs to a dialog, not to a transaction."""

    request: Request
    flow: Flow


class Cancelled(Struct, frozen=True):
    """The INVITE server transaction `key` was cancelled before its final response; told once.

    The CANCEL itself has been answered. The TU still owes the INVITE a final response (487).
    """

    key: Key
    reasons: tuple[str, ...] = ()
    """Its Reason fields (RFC 3326), as they came."""


class ResponseReceived(Struct, frozen=True):
    """1xx but 100, each 2xx of an INVITE (forked or repeated), and one 3xx-6xx."""

    key: Key
    response: Response
    flow: Flow


class Failed(Struct, frozen=True):
    """No final response will come. Treated as 408 or 503 (RFC 3261 §8.1.3.1)."""

    key: Key
    cause: Literal["timeout", "transport"]


class StraySuccess(Struct, frozen=True):
    """A 2xx to an INVITE of ours whose transaction is over: to be ended by ACK and BYE."""

    response: Response
    flow: Flow


class FellBack(Struct, frozen=True):
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
