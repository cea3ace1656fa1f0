"""The caller's leg of a call that a transfer began: the dialog of the party that is transferred.

It goes over to that call when the party has taken the new party's offer (RFC 5589 §6, RFC 3725).

To the call it is what `caller.Caller` is: it is told of progress, of the answer and of the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sbc.b2bua.causes import reasons
from sbc.b2bua.content import Content
from sbc.b2bua.crossing import Field
from sbc.b2bua.leg import Leg
from sbc.b2bua.moving import move
from sbc.b2bua.usage import Usage
from sbc.sip.message import Request
from sbc.transaction.events import Key

if TYPE_CHECKING:
    from sbc.b2bua.transfer import Transfer


class Transferee:
    __slots__ = ("answered", "key", "leg", "request", "transfer")

    reliability = "none"

    def __init__(self, leg: Leg, key: Key, request: Request, transfer: Transfer) -> None:
        self.leg = leg
        self.key = key
        """Of the REFER, as is `request`."""
        self.request = request
        self.transfer = transfer
        self.answered: Usage | None = None
        """Its dialog, once it belongs to this call."""

    @property
    def accepted(self) -> bool:
        return self.answered is not None

    def pair(self, usage: Usage) -> None:
        """It has one dialog, which still belongs to the old call."""
        usage.peer = self.transfer.transferee

    def progress(self, usage: Usage, status: int, content: Content, *, reliable: bool) -> None:
        del usage, content, reliable
        self.transfer.told(status)

    def answer(self, usage: Usage, content: Content) -> None:
        del usage
        self.transfer.target_answered(content.sdp)

    def end(self, status: int, fields: Sequence[Field] = ()) -> None:
        if self.answered is not None:
            if self.answered.leg is self.leg:  # else it has gone on to another call
                self.answered.bye(reasons(fields))
        else:
            self.transfer.failed(status)

    def cancelled(self, reasons: Sequence[str] = ()) -> None:
        """Nobody can: there is no INVITE of its own."""

    def takes(self, usage: Usage, target: Usage) -> None:
        """The dialog comes over from the old call."""
        move(usage, self.leg)
        usage.peer, target.peer = target, usage
        self.answered = usage
