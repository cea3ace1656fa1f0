"""The media end of a test phone: RTP packets that can be told apart, sent on time and counted."""

import socket
import struct
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.e2e.support.loopback import Address

PACE = 0.02
_SAMPLES = 160
_PCMA = 8


@dataclass(frozen=True, slots=True)
class Heard:
    sequence: int
    ssrc: int
    at: float
    source: Address
    payload_type: int = _PCMA
    payload: bytes = b""
    """Only of what is no sound: a key, for one."""
    timestamp: int = 0


class MediaEnd:
    def __init__(self, ip: str, port: int, ssrc: int) -> None:
        self.address = (ip, port)
        self.ssrc = ssrc
        self.sent = 0
        self.heard: list[Heard] = []
        self.heard_rtcp: list[bytes] = []
        self.rtp = _socket(ip, port)
        self.rtcp = _socket(ip, port + 1)

    def packet(self) -> bytes:
        """The next one of the stream."""
        head = struct.pack(
            "!BBHII", 0x80, _PCMA, self.sent & 0xFFFF, self.sent * _SAMPLES & 0xFFFF_FFFF, self.ssrc
        )
        self.sent += 1
        return head + bytes([0xD5]) * _SAMPLES

    def send(self, to: Address) -> None:
        self.rtp.sendto(self.packet(), to)

    def hear(self) -> None:
        """Take what has come."""
        for data, source in _waiting(self.rtp):
            _, second, sequence, at, ssrc = struct.unpack("!BBHII", data[:12])
            number = second & 0x7F
            payload = b"" if number == _PCMA else data[12:]
            self.heard.append(Heard(sequence, ssrc, time.monotonic(), source, number, payload, at))
        self.heard_rtcp += [data for data, _ in _waiting(self.rtcp)]

    def sequences(self, ssrc: int) -> set[int]:
        """Of the packets heard of one source: whatever else came does not count."""
        return {each.sequence for each in self.heard if each.ssrc == ssrc}

    def close(self) -> None:
        self.rtp.close()
        self.rtcp.close()


def talk(
    pairs: Sequence[tuple[MediaEnd, Address]],
    seconds: float,
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Each end sends to its address every 20 ms, and hears. `meanwhile` is called in between."""
    due = time.monotonic()
    end = due + seconds
    while due < end:
        for media, to in pairs:
            media.send(to)
        meanwhile()
        due += PACE
        time.sleep(max(0.0, due - time.monotonic()))
        for media, _ in pairs:
            media.hear()


def _waiting(udp: socket.socket) -> Iterable[tuple[bytes, Address]]:
    while True:
        try:
            data, source = udp.recvfrom(65536)
        except BlockingIOError:
            return
        except ConnectionRefusedError:
            continue  # an ICMP error of something sent before
        yield data, (source[0], source[1])


def _socket(ip: str, port: int) -> socket.socket:
    udp = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((ip, port))
    udp.setblocking(False)
    return udp
