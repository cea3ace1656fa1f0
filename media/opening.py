"""Ports for an Open: taken from the pools, bound one by one, given up together.

A port of ours may be in use by somebody else on this host: then another one is tried.
"""

from collections.abc import Iterator, Mapping

from media.control import Open, Side
from media.engine.flow import Bind, EngineAction, Local, Unbind
from media.latch import canonical
from media.ports import Choose, MediaInterface, PortCounts, PortPool
from media.session import Session

MOST_TRIES = 10
"""Ports found in use by somebody else, before we say that there are none."""

End = tuple[int, Side]
"""One end of one stream, by index."""


class Opening:
    """One Open that is on its way."""

    __slots__ = ("failed", "ports", "request", "ticket", "tries", "unbound")

    def __init__(self, ticket: int, request: Open) -> None:
        self.ticket = ticket
        self.request = request
        self.ports: dict[End, Local] = {}
        """The new ones."""
        self.unbound: dict[Local, End] = {}
        self.tries = 0
        self.failed = False

    @property
    def complete(self) -> bool:
        return not self.failed and not self.unbound

    def needed(self, session: Session | None) -> Iterator[tuple[End, str]]:
        """Ends without a port on the interface that they want, and that interface."""
        for request in self.request.streams:
            stream = session.streams.get(request.index) if session else None
            if stream is None or stream.a.local[0] != request.interface_a:
                yield (request.index, "a"), request.interface_a
            if stream is None or stream.b.local[0] != request.interface_b:
                yield (request.index, "b"), request.interface_b

    def bind(self, end: End, local: Local) -> Bind:
        self.ports[end] = local
        self.unbound[local] = end
        kinds = {stream.index: stream.kind for stream in self.request.streams}
        return Bind(local, kinds[end[0]])


class PortDesk:
    """All pools of the relay, and the openings that wait for a socket."""

    def __init__(self, interfaces: Mapping[str, MediaInterface], choose: Choose) -> None:
        self._at: dict[str, tuple[str, ...]] = {}
        for name, each in interfaces.items():
            for ip in set(map(canonical, each.addresses)):
                self._at[ip] = (*self._at.get(ip, ()), name)
        self._pools = {
            name: PortPool(each.low, each.high, each.quarantine, choose)
            for name, each in interfaces.items()
        }
        self._binding: dict[Local, Opening] = {}

    def knows(self, interface: str) -> bool:
        return interface in self._pools

    def interfaces_at(self, ip: str) -> tuple[str, ...]:
        """Those which have this address, or are shown under it."""
        return self._at.get(ip, ())

    def counts(self, now: float) -> dict[str, PortCounts]:
        return {name: pool.counts(now) for name, pool in self._pools.items()}

    def begin(
        self, ticket: int, request: Open, session: Session | None, now: float
    ) -> tuple[Opening, list[EngineAction]]:
        opening = Opening(ticket, request)
        binds: list[EngineAction] = []
        for end, interface in opening.needed(session):
            bind = self._take(opening, end, interface, now)
            if bind is None:
                self._give_up(opening)
                return opening, []
            binds.append(bind)
        return opening, binds

    def bound(self, local: Local) -> Opening:
        opening = self._binding.pop(local)
        del opening.unbound[local]
        return opening

    def bind_failed(self, local: Local, now: float) -> tuple[Opening, list[EngineAction]]:
        opening = self._binding.pop(local)
        end = opening.unbound.pop(local)
        del opening.ports[end]
        self._pools[local[0]].release(local[1], now)
        opening.tries += 1
        if opening.tries < MOST_TRIES:
            bind = self._take(opening, end, local[0], now)
            if bind is not None:
                return opening, [bind]
        return opening, self._give_up(opening)

    def release(self, local: Local, now: float) -> Unbind:
        self._pools[local[0]].release(local[1], now)
        return Unbind(local)

    def _take(self, opening: Opening, end: End, interface: str, now: float) -> Bind | None:
        port = self._pools[interface].take(now)
        if port is None:
            return None
        local = (interface, port)
        self._binding[local] = opening
        return opening.bind(end, local)

    def _give_up(self, opening: Opening) -> list[EngineAction]:
        opening.failed = True
        for local in opening.ports.values():
            self._binding.pop(local, None)
            self._pools[local[0]].give_back(local[1])
        return [Unbind(local) for local in opening.ports.values()]
