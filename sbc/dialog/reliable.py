"""Reliable provisional responses (RFC 3262): numbered by RSeq, repeated until their PRACK comes."""

from collections import deque

from sbc.sip.message import Response
from sbc.transaction.table import LONGEST, T1

EXTENSION = "100rel"


def is_reliable(response: Response) -> bool:
    """Does it ask for a PRACK (§4)?"""
    if not 100 < response.status < 200:
        return False
    return EXTENSION in response.headers.require and response.headers.rseq is not None


class ReliableSender:
    """The callee's side of one INVITE (§3): one response at a time is in the air, others queue."""

    __slots__ = (
        "_cseq",
        "_deadline",
        "_give_up_at",
        "_pace",
        "_queue",
        "_rseq",
        "gave_up",
        "pending",
    )

    def __init__(self, cseq: int, first_rseq: int = 1) -> None:
        """`cseq`: of the INVITE. `first_rseq`: 1 to 2^31 - 1."""
        self._cseq = cseq
        self._rseq = first_rseq - 1
        self.pending: Response | None = None
        """Sent, and not acknowledged yet."""
        self._queue: deque[Response] = deque()
        self.gave_up = False
        """No PRACK came in 64*T1: the INVITE should be refused with a 5xx (§3)."""
        self._pace = T1
        self._deadline = 0.0
        self._give_up_at = 0.0

    def send(self, response: Response, now: float) -> Response | None:
        """Number a 101-199. Returns it if it goes out now; None if it must wait for a PRACK."""
        self._rseq += 1
        response.headers.set("require", EXTENSION)
        response.headers.set("rseq", str(self._rseq))
        if self.pending is not None:
            self._queue.append(response)
            return None
        return self._start(response, now)

    def acknowledge(self, rack: tuple[int, int, str] | None, now: float) -> list[Response] | None:
        """A PRACK came: what may now go out; None if it acknowledges nothing of ours (481)."""
        if self.pending is None or rack != (self.pending.headers.rseq, self._cseq, "INVITE"):
            return None
        self.pending = None
        return [self._start(self._queue.popleft(), now)] if self._queue else []

    def handle_timeout(self, now: float) -> Response | None:
        """What must be sent again, if anything; see `gave_up` after it."""
        if self.pending is None or now < self._deadline:
            return None
        if now >= self._give_up_at:
            self.gave_up = True
            self.stop()
            return None
        self._pace *= 2
        self._deadline = min(now + self._pace, self._give_up_at)
        return self.pending

    def stop(self) -> None:
        """The final response goes out: nothing is repeated any more (§3)."""
        self.pending = None
        self._queue.clear()

    def next_deadline(self) -> float | None:
        return self._deadline if self.pending is not None else None

    def _start(self, response: Response, now: float) -> Response:
        self.pending = response
        self._pace = T1
        self._deadline = now + T1
        self._give_up_at = now + LONGEST
        return response


class ReliableReceiver:
    """The caller's side of one early dialog (§4): each number once, and in order."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: int | None = None

    def acknowledge(self, response: Response) -> str | None:
        """The RAck for a response with `is_reliable`; None if it is repeated or out of order.

        Such a one is dropped: it comes again when the one before it has been acknowledged.
        """
        rseq, cseq = response.headers.rseq, response.headers.cseq
        if rseq is None or (self._last is not None and rseq != self._last + 1):
            return None
        self._last = rseq
        return f"{rseq} {cseq.number} {cseq.method}"
