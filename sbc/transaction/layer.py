"""The transaction layer (RFC 3261 §17): messages and time in, messages and events out.

It knows nothing of dialogs or calls. One input, then all of its outputs; one alarm for everything.
"""

from collections.abc import Sequence
from typing import cast

from sbc.actions import Flow
from sbc.sip.message import Request, Response
from sbc.timers import Timers
from sbc.transaction.clients import Clients
from sbc.transaction.events import (
    AckReceived,
    Cancelled,
    Failed,
    Key,
    Output,
    RequestReceived,
    ResponseReceived,
    StraySuccess,
)
from sbc.transaction.large import Reliable
from sbc.transaction.servers import Servers
from sbc.transaction.table import Timer

__all__ = [
    "AckReceived",
    "Cancelled",
    "Failed",
    "Key",
    "Output",
    "RequestReceived",
    "ResponseReceived",
    "StraySuccess",
    "TransactionLayer",
]


class TransactionLayer:
    """Messages that come in here have passed `sbc.sip.validate`."""

    __slots__ = ("_clients", "_servers", "_timers")

    def __init__(self, max_transactions: int = 100_000) -> None:
        """`max_transactions`: server transactions at once; above it new requests get a 503."""
        self._timers = Timers()
        self._clients = Clients(self._timers)
        self._servers = Servers(self._timers, max_transactions)

    def receive(self, message: Request | Response, flow: Flow, now: float) -> list[Output]:
        if isinstance(message, Request):
            return self._servers.receive(message, flow, now)
        return self._clients.receive(message, flow, now)

    def knows(self, request: Request, flow: Flow) -> bool:
        """There is a server transaction that this request belongs to; for a CANCEL or an
        ACK, that of the INVITE."""
        return self._servers.knows(request, flow)

    def send(
        self, request: Request, flow: Flow, now: float, instead: Reliable | None = None
    ) -> tuple[Key, list[Output]]:
        """A new client transaction. The request has its top Via already, with a fresh branch.

        `instead`: where it goes if it is too large for `flow`, which is UDP (§18.1.1).
        """
        return self._clients.send(request, flow, now, instead)

    def respond(self, key: Key, response: Response, now: float) -> list[Output]:
        """The TU's response to a request; nothing when the transaction is over."""
        return self._servers.respond(key, response, now)

    def refuse(
        self,
        request: Request,
        flow: Flow,
        status: int,
        fields: Sequence[tuple[str, str]] = (),
    ) -> list[Output]:
        """Answer without keeping anything: for what shall not even become a transaction.

        For malformed requests too (`BadMessage.request`); nothing if they cannot be answered. The
        ACK for it will be absorbed.
        """
        return self._servers.refuse(request, flow, status, fields)

    def cancel(
        self, key: Key, reason_fields: Sequence[tuple[str, str]], now: float
    ) -> list[Output]:
        """CANCEL an INVITE of ours: now, or with its first provisional response (§9.1).

        The TU still gets a final response, or `Failed` when none comes in 64*T1.
        """
        return self._clients.cancel(key, reason_fields, now)

    def unanswered_on(self, flow: Flow) -> list[Key]:
        """Requests of ours that went this way, and of which nothing was heard yet."""
        return self._clients.on(flow)

    def reroute(self, key: Key, flow: Flow) -> list[Output]:
        """Such a request goes by another way of the same kind: its peer is there now."""
        return self._clients.reroute(key, flow)

    def is_silent(self, key: Key) -> bool:
        """Nothing at all has come for a request of ours, not even a 100."""
        return self._clients.is_silent(key)

    def transport_failed(self, flow: Flow, now: float) -> list[Output]:
        return self._clients.transport_failed(flow, now) + self._servers.transport_failed(flow, now)

    def handle_timeout(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        for due in self._timers.pop_due(now):
            key, timer = cast(tuple[Key, Timer], due)
            side = self._clients if key[0] == "client" else self._servers
            outputs += side.on_event(key, timer, now)
        return outputs

    def next_deadline(self) -> float | None:
        return self._timers.next()

    def counts(self) -> int:
        """Live transactions."""
        return len(self._clients) + len(self._servers)

    def tally(self) -> dict[str, int]:
        """What was turned away since the start."""
        return {
            "refused": self._servers.refused,
            "merged": self._servers.merged,
            "stray": self._clients.strays,
        }
