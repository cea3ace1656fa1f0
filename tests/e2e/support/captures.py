"""RTP as tcpdump saw it on a device: when each packet passed, by the kernel's own clock."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.e2e.support.namespaces import Network
from tests.e2e.support.processes import Running
from tests.e2e.support.tools import path_of
from tests.e2e.support.waiting import eventually

_NANOSECONDS = 0xA1B23C4D
_LINK_HEADER = {1: 14, 12: 0, 101: 0}
"""Octets before the IP header, by link type: Ethernet, raw IP."""


@dataclass(frozen=True, slots=True)
class Passed:
    at: float
    sequence: int
    timestamp: int


class Capture:
    """All TCP and UDP from one address that passes a device."""

    def __init__(self, network: Network, host: str, device: str, source: str, file: Path) -> None:
        self._file = file
        command = [path_of("tcpdump"), "-U", "-n", "--immediate-mode", "-i", device]
        command += ["--nano", "-w", str(file), "(tcp or udp)", "and", "src", "host", source]
        self._running = Running(network.wrap(host)(command), file.with_suffix(".log"))
        eventually("the capture", lambda: "listening on" in self._running.said)

    def close(self) -> None:
        self._running.end()

    def marks(self) -> dict[tuple[str, str], set[int]]:
        """DSCP, by protocol, and by what it was: `media` from ports beyond 20000, or `sip`."""
        self.close()
        found: dict[tuple[str, str], set[int]] = {}
        for _, ip in _packets(self._file.read_bytes()):
            (port,) = struct.unpack_from("!H", ip, 20)
            protocol = "tcp" if ip[9] == 6 else "udp"
            what = "media" if protocol == "udp" and port >= 20_000 else "sip"
            found.setdefault((protocol, what), set()).add(ip[1] >> 2)
        return found

    def rtp(self, ssrc: int) -> list[Passed]:
        """Of one source, in order."""
        self.close()
        return list(_rtp(self._file.read_bytes(), ssrc))


def _rtp(data: bytes, ssrc: int) -> Iterator[Passed]:
    for at, ip in _packets(data):
        udp = ip[20:]
        if len(udp) >= 20:
            first, _, sequence, timestamp, source = struct.unpack_from("!BBHII", udp, 8)
            if first == 0x80 and source == ssrc:
                yield Passed(at, sequence, timestamp)


def _packets(data: bytes) -> Iterator[tuple[float, bytes]]:
    """Of a file of tcpdump: when each was seen, and from its IP header on."""
    magic, _, _, _, _, _, link = struct.unpack_from("=IHHiIII", data)
    assert magic == _NANOSECONDS
    position = 24
    while position < len(data):
        seconds, nanoseconds, size, _ = struct.unpack_from("=IIII", data, position)
        yield (
            seconds + nanoseconds / 1e9,
            data[position + 16 + _LINK_HEADER[link] : position + 16 + size],
        )
        position += 16 + size


@dataclass(frozen=True, slots=True)
class Truth:
    """What a stream was like where it was captured, worked out by plain lists."""

    packets: int
    lost: int
    late: int
    duplicated: int
    jitter: float
    """RFC 3550 §6.4.1 without copies, the mean of its course; in seconds."""
    longest_gap: float

    @property
    def loss(self) -> float:
        return self.lost / (self.packets + self.lost)


def truth(arrivals: Sequence[Passed], rate: int = 8000) -> Truth:
    numbers = [each.sequence for each in arrivals]
    firsts = [each for index, each in enumerate(arrivals) if each.sequence not in numbers[:index]]
    late = sum(
        each.sequence < max(other.sequence for other in firsts[:index])
        for index, each in enumerate(firsts)
        if index
    )
    course, value = [], 0.0
    for one, two in pairwise(firsts):
        step = abs((two.at - one.at) - (two.timestamp - one.timestamp) / rate)
        value += (step - value) / 16
        course.append(value)
    return Truth(
        packets=len(numbers),
        lost=max(0, max(numbers) - min(numbers) + 1 - len(numbers)),
        late=late,
        duplicated=len(numbers) - len(firsts),
        jitter=sum(course) / len(course),
        longest_gap=max(two.at - one.at for one, two in pairwise(arrivals)),
    )
