"""The flow table: what a core writes, and what every engine carries out in the same way.

A packet which matches an installed flow exactly is forwarded at once, if it is RTP in clear sight
(RFC 5761 §4, RFC 7983 §7). Every other packet goes up to the core. Where a flow has transforms, RTP
is taken apart and put together by them, in this order: `inbound`, reception, `outbound`.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from media.control import Address
from media.quality import Reception
from media.rtp import is_rtp, looks_like_rtp
from media.value import Value

Local = tuple[str, int]
"""One port of ours: name of the interface, number of the port."""


Transform = Callable[[bytes], bytes | None]
"""Makes another datagram of one. None: it goes no further; whoever says so has counted it."""


class Chain(Value, frozen=True):
    """Two transforms as one. The same two make the same chain."""

    first: Transform
    then: Transform

    def __call__(self, data: bytes) -> bytes | None:
        made = self.first(data)
        return None if made is None else self.then(made)


class Counts:
    """What became of the packets of one direction. The engine counts, the core too: one sum."""

    __slots__ = (
        "forwarded",
        "held",
        "policed",
        "refused",
        "refused_at",
        "refused_since",
        "unsent",
    )

    def __init__(self) -> None:
        self.forwarded = 0
        self.held = 0
        """The SDP forbids the direction."""
        self.unsent = 0
        """Nobody to send to yet, or the socket would not take it."""
        self.policed = 0
        """More than the SDP allows."""
        self.refused = 0
        """Of what went to the end that sends these: its host has answered that nothing listens
        there (ICMP port unreachable)."""
        self.refused_since = self.refused_at = 0.0
        """The first and the last time."""

    def refuse(self, now: float) -> None:
        if not self.refused:
            self.refused_since = now
        self.refused += 1
        self.refused_at = now


class Flow(Value, frozen=True):
    """RTP that comes to `local` from `source` leaves from `egress` to `destination`."""

    local: Local
    source: Address
    egress: Local
    destination: Address | None
    """None: nowhere yet. Counted as `unsent`."""
    forward: bool
    """False: counted as `held`, and not forwarded."""
    reception: Reception
    counts: Counts
    inbound: Transform | None = None
    """First, of what looks like RTP: what it gives is RTP, and goes on in its place."""
    outbound: Transform | None = None
    """Last, before it leaves."""
    up: bool = False
    """All of it goes up to the core, which sends in its place what it will."""


def carries(flow: Flow, datagram: bytes) -> bool:
    """Does it go by this flow? What is ciphered shows its header only."""
    if flow.up:
        return False
    if flow.inbound is None:
        return is_rtp(datagram, len(datagram))
    return looks_like_rtp(datagram)


class Bind(Value, frozen=True):
    """Take `local` for RTP and the next port for RTCP; answered by `bound` or `bind_failed`."""

    local: Local
    kind: str
    """`audio`, `video` …: how much may wait in the socket."""


class Unbind(Value, frozen=True):
    """Give both ports back, with every flow that comes in there."""

    local: Local


class Install(Value, frozen=True):
    """In place of any flow with the same `local` and `source`."""

    flow: Flow


class Remove(Value, frozen=True):
    local: Local
    source: Address


class Send(Value, frozen=True):
    """One datagram, from the slow path."""

    data: bytes
    local: Local
    to: Address
    counts: Counts | None = None
    """Where it counts as forwarded, or unsent; None for RTCP."""


EngineAction = Bind | Unbind | Install | Remove | Send

Up = Callable[[Local, bytes, Address, float], None]
"""Takes what no flow matches: our port, the datagram, its source, the time."""


class Engine(Protocol):
    def bind(self, local: Local, kind: str) -> bool: ...
    def unbind(self, local: Local) -> None: ...
    def install(self, flow: Flow) -> None: ...
    def remove(self, local: Local, source: Address) -> None: ...
    def send(self, send: Send) -> None: ...
    def dropped_at(self, local: Local) -> int:
        """Datagrams for an open port that the kernel threw away since its socket was full."""

    def overrun(self) -> Mapping[str, int]:
        """The same of all ports, by interface, since the engine began."""
