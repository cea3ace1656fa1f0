"""Two transaction layers joined back to back by a wire that loses, delays, repeats and reorders.

All in virtual time and without a socket: whichever is next, an arrival, a timer or a step of a
script, is handled; nothing waits. The same fates make the same run.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush

from sbc.actions import Flow, Transmit
from sbc.sip.message import parse
from sbc.transaction.layer import Output, TransactionLayer

Fate = tuple[float, ...]
"""One packet's: the delays of the copies that arrive. Empty: it is lost."""

CALLER = ("192.0.2.1", 5060)
CALLEE = ("192.0.2.2", 5060)


class End:
    """A layer, and whoever uses it."""

    def __init__(self, flow: Flow) -> None:
        self.layer = TransactionLayer()
        self.flow = flow
        """Towards the other end."""
        self.told: list[tuple[float, Output]] = []
        """Every event, and when."""
        self.on_event: Callable[[Output], None] = lambda _: None


class Wire:
    def __init__(self, transport: str, fates: Iterable[Fate]) -> None:
        """`fates`: of each packet in turn; when they run out, packets arrive at once."""
        reliable = transport == "tcp"
        self.caller = End(Flow("left", "tcp" if reliable else "udp", CALLEE))
        self.callee = End(Flow("right", "tcp" if reliable else "udp", CALLER))
        self.now = 0.0
        self.sent: list[bytes] = []
        self._fates: Iterator[Fate] = itertools.chain(fates, itertools.repeat((0.0,)))
        self._order = itertools.count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    def later(self, delay: float, step: Callable[[], None]) -> None:
        heappush(self._due, (self.now + delay, next(self._order), step))

    def carry(self, end: End, outputs: list[Output]) -> None:
        """Put on the wire what a layer sends, and tell its user the rest."""
        for output in outputs:
            if isinstance(output, Transmit):
                self.transmit(end, output.data)
            else:
                end.told.append((self.now, output))
                end.on_event(output)

    def transmit(self, end: End, data: bytes) -> None:
        self.sent.append(data)
        other = self.callee if end is self.caller else self.caller
        for delay in next(self._fates):
            self.later(delay, lambda: self._arrive(other, data))

    def run(self) -> None:
        """Until nothing is left that could ever happen."""
        while (at := self._next()) is not None:
            self.now = at
            for end in (self.caller, self.callee):
                deadline = end.layer.next_deadline()
                if deadline is not None and deadline <= at:
                    self.carry(end, end.layer.handle_timeout(at))
            while self._due and self._due[0][0] <= at:
                heappop(self._due)[2]()

    def _next(self) -> float | None:
        times = [self.caller.layer.next_deadline(), self.callee.layer.next_deadline()]
        if self._due:
            times.append(self._due[0][0])
        return min((at for at in times if at is not None), default=None)

    def _arrive(self, end: End, data: bytes) -> None:
        self.carry(end, end.layer.receive(parse(data), end.flow, self.now))
