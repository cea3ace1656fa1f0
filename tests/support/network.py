"""A network without sockets: datagrams in, arrivals out, seeded, in virtual time.

Each wire joins the hosts of one zone and loses, delays, reorders and repeats as its `Quality`
says. Whatever was put on a wire stays on record: the tests search it for what should not be there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Quality:
    """Of one wire, in both directions alike."""

    delay: float = 0.01
    """Seconds that every datagram takes at least."""
    jitter: float = 0.0
    """Seconds more, at random: those that follow closely may overtake."""
    loss: float = 0.0
    """The share of datagrams that is lost; so for the two below."""
    copies: float = 0.0
    late: float = 0.0
    """Held back by `HELD_BACK`, as by a route that changes."""

    @property
    def perfect(self) -> bool:
        """Whatever is sent arrives, once and in order."""
        return not (self.jitter or self.loss or self.copies or self.late)


HELD_BACK = 0.7
"""Seconds: longer than T1, so that what was repeated overtakes the original."""

PERFECT = Quality()


@dataclass(frozen=True, slots=True)
class Datagram:
    wire: str
    source: Address
    to: Address
    data: bytes
    reliable: bool = False
    """A message on a connection: it arrives, and in order."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """What a wire has seen."""

    at: float
    datagram: Datagram
    arrivals: int
    """Copies that arrive: 0 when it is lost."""


class Network:
    def __init__(self, random: Random, wires: Mapping[str, Quality]) -> None:
        self._random = random
        self.wires = wires
        self._order = 0
        self._under_way: list[tuple[float, int, Datagram]] = []
        self.crossed: list[Crossing] = []

    def send(self, datagram: Datagram, now: float) -> None:
        quality = self.wires[datagram.wire]
        delays = (quality.delay,) if datagram.reliable else self._fate(quality)
        self.crossed.append(Crossing(now, datagram, len(delays)))
        for delay in delays:
            self._order += 1
            heappush(self._under_way, (now + delay, self._order, datagram))

    def next_deadline(self) -> float | None:
        return self._under_way[0][0] if self._under_way else None

    def arrived(self, now: float) -> list[Datagram]:
        """What has reached the other end by now, in order."""
        arrived = []
        while self._under_way and self._under_way[0][0] <= now:
            arrived.append(heappop(self._under_way)[2])
        return arrived

    def on(self, wire: str) -> list[bytes]:
        """Everything that was ever put on this wire."""
        return [each.datagram.data for each in self.crossed if each.datagram.wire == wire]

    def _fate(self, quality: Quality) -> tuple[float, ...]:
        """The delays of the copies that arrive."""
        if quality.perfect:
            return (quality.delay,)
        chance = self._random.random
        if chance() < quality.loss:
            return ()
        copies = 2 if chance() < quality.copies else 1
        return tuple(
            quality.delay
            + quality.jitter * chance()
            + (HELD_BACK if chance() < quality.late else 0.0)
            for _ in range(copies)
        )
