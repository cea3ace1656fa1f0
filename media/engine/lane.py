"""What the reference engine keeps of a port and of a flow, and the way by which a packet leaves."""

from collections.abc import Callable
from socket import socket

from media.control import Address
from media.engine.flow import Counts, Flow, Local
from media.overrun import dropped

Write = Callable[[memoryview | bytes], object]


class Port:
    """An open port: the socket that hears everybody, and the lanes of single sources."""

    __slots__ = ("_counted", "dropped_before", "feeders", "lanes", "local", "queue", "socket")

    def __init__(self, local: Local, udp: socket, queue: int) -> None:
        self.local = local
        self.socket = udp
        self.queue = queue
        self.lanes: dict[Address, Lane] = {}
        self.feeders: list[Lane] = []
        """The lanes that leave from here."""
        self.dropped_before = 0
        """What the kernel has thrown away on lanes that are closed now."""
        self._counted = 0

    def dropped(self) -> int:
        """By the kernel, of sources with flows. Where none has, of all: strangers have a socket of
        their own, and what they flood it with must not count as the peer's."""
        lanes = [lane.socket for lane in self.lanes.values()] or [self.socket]
        return self.dropped_before + sum(map(dropped, lanes))

    def newly_dropped(self) -> int:
        """On all of its sockets, since this was last asked."""
        lanes = sum(dropped(lane.socket) for lane in self.lanes.values())
        before, self._counted = self._counted, self.dropped_before + dropped(self.socket) + lanes
        return self._counted - before


class Lane:
    """An installed flow, and the socket that is connected to its source."""

    __slots__ = ("flow", "socket", "write")

    def __init__(self, flow: Flow, udp: socket) -> None:
        self.flow = flow
        self.socket = udp
        self.write: Write | None = None
        """None: the SDP forbids it."""


Fast = tuple[
    Callable[[bytearray], int], Callable[[bytearray, int, float], None], Write | None, Counts
]
"""All that a packet of a flow needs: to read it, to record it, to pass it on, to count it."""


def writer(port: Port | None, destination: Address | None) -> Write:
    """By the socket that is connected there, if one is: the kernel need not look for the way."""
    if port is None or destination is None:
        return _nowhere
    lane = port.lanes.get(destination)
    return lane.socket.send if lane is not None else _to(port.socket, destination)


def _to(udp: socket, destination: Address) -> Write:
    sendto = udp.sendto
    return lambda data: sendto(data, destination)


def _nowhere(_: memoryview | bytes) -> None:
    raise OSError("no way out")
