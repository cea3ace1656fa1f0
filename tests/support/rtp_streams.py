"""RTP packets, and streams of them through a network that loses, delays and doubles them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from media.rtp import FIXED

SSRC = 0x5EED
Delays = Sequence[float]
"""What the network does to one packet: no delay is a loss, two are a copy."""


def rtp(
    sequence: int,
    timestamp: int,
    payload_type: int = 0,
    ssrc: int = SSRC,
    *,
    marker: bool = False,
    payload: bytes = bytes(160),
) -> bytes:
    """The numbers may run on for ever; they wrap here."""
    second = payload_type | (0x80 if marker else 0)
    return FIXED.pack(0x80, second, sequence % 2**16, timestamp % 2**32, ssrc) + payload


@dataclass(frozen=True, slots=True)
class Arrival:
    at: float
    sequence: int
    """Extended: it does not wrap."""
    timestamp: int

    def packet(self) -> bytes:
        return rtp(self.sequence, self.timestamp)


def received(
    network: Iterable[Delays],
    *,
    began: float = 100.0,
    sequence: int = 0,
    timestamp: int = 0,
    packet_time: float = 0.02,
    rate: int = 8000,
) -> Iterator[Arrival]:
    """A steady sender's packets in the order in which they arrive."""
    ticks = round(packet_time * rate)
    arrivals = [
        Arrival(began + number * packet_time + delay, sequence + number, timestamp + number * ticks)
        for number, delays in enumerate(network)
        for delay in delays
    ]
    return iter(sorted(arrivals, key=lambda arrival: arrival.at))
