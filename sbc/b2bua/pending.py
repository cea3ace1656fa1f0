"""What a dialog waits for: requests asked of us, requests we asked, 2xx without their ACK."""

from dataclasses import dataclass

from sbc.sip.message import Request, Response
from sbc.transaction.events import Key
from sbc.upstream.accounts import Sent


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of the peer which the other side is seeing to."""

    request: Request
    offered: bool
    """It carried an offer; else an INVITE asks us for one."""

    @property
    def exchanges(self) -> bool:
        """Does the open exchange of its dialog hang on it?"""
        return self.offered or self.request.method == "INVITE"


@dataclass(frozen=True, slots=True)
class Asking:
    """A request of ours."""

    method: str
    cseq: int
    offered: bool
    sent: Sent
    withdrawn: bool = False
    """Cancelled; it ends as it ends."""

    @property
    def exchanges(self) -> bool:
        return self.offered or self.method == "INVITE"


@dataclass(slots=True)
class Unacknowledged:
    """A 2xx that is repeated until its ACK comes."""

    key: Key
    response: Response
    cseq: int
    offered: bool
    """It carried an offer: the ACK brings the answer."""
    give_up_at: float
    interval: float
