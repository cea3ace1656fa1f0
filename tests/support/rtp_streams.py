"""RTP packets, streams of them through a network, and a reception which hears them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from media.control import Totals
from media.quality import Codec, Reception
from media.rtp import FIXED

SSRC = 0x5EED
Delays = Sequence[float]
"""What the network does to one packet: no delay is a loss, two are a copy."""

PCMU, PCMA, G722, CN, OPUS, EVENT, VIDEO = 0, 8, 9, 13, 96, 101, 97
CLOCKS: dict[int, Codec] = {
    PCMU: ("PCMU", 8000),
    PCMA: ("PCMA", 8000),
    G722: ("G722", 8000),
    CN: ("CN", 8000),
    OPUS: ("opus", 48000),
    EVENT: ("telephone-event", 8000),
    VIDEO: ("H264", 90000),
}
STEADY: Delays = (0.0,)
LOST: Delays = ()


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


class Line:
    """A reception, fed by hand: each call of `hears` is one packet."""

    def __init__(self, began: float = 0.0) -> None:
        self.reception = Reception(CLOCKS)
        self.now = began

    def hears(
        self,
        *sequences: int,
        after: float = 0.02,
        timestamp: int | None = None,
        payload_type: int = PCMU,
        ssrc: int = SSRC,
        marker: bool = False,
    ) -> "Line":
        """Packets `after` seconds apart; without a timestamp, 160 ticks for each number."""
        for sequence in sequences:
            self.now += after
            ticks = 160 * sequence if timestamp is None else timestamp
            data = rtp(sequence, ticks, payload_type, ssrc, marker=marker)
            self.reception.packet(data, len(data), self.now)
        return self

    def rolled(self) -> Totals:
        self.reception.roll(self.now)
        interval = self.reception.interval()
        assert interval is not None
        return interval

    @property
    def total(self) -> Totals:
        return self.reception.total(self.now)

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.total.lost, self.total.late, self.total.duplicated
