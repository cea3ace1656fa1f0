"""The peer's faults (RFC 3261 §21.4): a message that is wrong, and the status that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sbc.sip.message import Request


class BadMessage(Exception):
    """What a peer sent cannot be taken as it stands."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        """What to answer, if anything is answered: responses and ACKs are dropped."""
        self.reason = reason
        self.request: Request | None = None
        """The request as far as it could be read, when it can still be answered."""
