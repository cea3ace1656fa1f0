"""Reliable provisional responses (RFC 3262): numbered by RSeq, repeated until their PRACK comes."""

from sbc.sip.message import Response
from sbc.transaction.table import LONGEST, T1

OPTION_TAG = "100rel"


class ReliableSender:
    """The callee's side of one early dialog (§3): one response at a time is in the air."""

    __slots__ = ("_give_up_at", "_pace", "_pending", "_rseq", "deadline", "exhausted")

    def __init__(self, first: int) -> None:
        """`first`: the first RSeq, 1 to 2^31 - 1, at random."""
        self._rseq = first - 1
        self._pending: Response | None = None
        self._pace = T1
        self._give_up_at = 0.0
        self.deadline: float | None = None
        """When `due` should be asked."""
        self.exhausted = False
        """No PRACK came in 64*T1: the INVITE should be refused with a 5xx (§3)."""

    @property
    def waiting(self) -> bool:
        """A PRACK is outstanding: the next reliable response must not go out yet."""
        return self._pending is not None

    def next(self) -> int:
        """The RSeq for the next response."""
        self._rseq += 1
        return self._rseq

    def sent(self, response: Response, now: float) -> None:
        """It carries `Require: 100rel` and the RSeq from `next`, and is on its way."""
        self._pending = response
        self._pace = T1
        self._give_up_at = now + LONGEST
        self.deadline = now + T1

    def acknowledge(self, rack: tuple[int, int, str], now: float) -> bool:
        """A PRACK came; False if it acknowledges nothing that is in the air (481)."""
        if self._pending is None or now > self._give_up_at:
            return False
        headers = self._pending.headers
        if rack != (headers.rseq, headers.cseq.number, headers.cseq.method):
            return False
        self.stop()
        return True

    def due(self, now: float) -> Response | None:
        """What must be sent again now; if nothing, see `exhausted`."""
        if self._pending is None or self.deadline is None or now < self.deadline:
            return None
        if now >= self._give_up_at:
            self.exhausted = True
            self.stop()
            return None
        self._pace *= 2
        self.deadline = min(now + self._pace, self._give_up_at)
        return self._pending

    def stop(self) -> None:
        """Nothing is repeated any more: it was acknowledged, or the final response goes out."""
        self._pending = None
        self.deadline = None


class ReliableReceiver:
    """The caller's side of one early dialog (§4): each number once, and in order."""

    __slots__ = ("last",)

    def __init__(self) -> None:
        self.last = 0
        """The RSeq that was taken last; 0 before the first."""

    def accept(self, rseq: int) -> bool:
        """May it be acted on? A repeated or early one is dropped: an early one comes again."""
        if rseq < 1 or (self.last and rseq != self.last + 1):
            return False
        self.last = rseq
        return True
