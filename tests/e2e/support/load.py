"""Very many streams through a relay, without signalling: opened on its control socket, fed from one
socket and heard on another, each stream told by its SSRC."""

import socket
import struct
import sys
import time
from contextlib import suppress
from math import inf
from pathlib import Path

from media.control import (
    CodecClock,
    Command,
    Hello,
    Open,
    Opened,
    Program,
    Query,
    Reply,
    SessionReport,
    SidePlan,
    StreamPlan,
    StreamRequest,
)
from media.wire import Lines, decode_answer, encode_command
from tests.e2e.support.border import REPOSITORY
from tests.e2e.support.loopback import Address
from tests.e2e.support.processes import Running
from tests.e2e.support.waiting import eventually

_PCMA = (CodecClock(8, "PCMA", 8000),)
_SPEECH = bytes([0xD5]) * 160
_BURST = 50
"""Packets at once, before the clock is looked at again."""
_UDP_SEGMENT = 103
"""linux/udp.h: what is handed over leaves as datagrams of this size."""
_LARGE = 4 << 20
"""Bytes of a socket's buffer, as far as the kernel gives them."""


class Relay:
    """A relay on its own."""

    def __init__(self, config: Path, directory: Path) -> None:
        control = directory / "run" / "relay.sock"
        command = [sys.executable, "-m", "media", str(config), "--control", str(control)]
        log = directory / "relay.log"
        self.running = Running(command, log, cwd=directory, env={"PYTHONPATH": str(REPOSITORY)})
        eventually("the relay", lambda: control.is_socket() and "relay_up" in self.running.said, 20)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(10)
        self._socket.connect(str(control))
        self._lines = Lines(16 << 20)
        self.ask([Hello(1, "load")])

    def ask(self, commands: list[Command]) -> list[Reply]:
        """All at once; their replies in order."""
        self._socket.sendall(b"".join(encode_command(at, each) for at, each in enumerate(commands)))
        replies: dict[int, Reply] = {}
        while len(replies) < len(commands):
            for line in self._lines.feed(self._socket.recv(1 << 20)):
                number, value = decode_answer(line)
                if b'"event"' not in line:
                    replies[number] = value  # type: ignore[assignment]  # events are left out
        return [replies[at] for at in range(len(commands))]

    def close(self) -> None:
        self._socket.close()
        self.running.end()


class Streams:
    """`count` of them, all from `source` to `sink`, each to a port of its own of the relay."""

    def __init__(self, relay: Relay, count: int, wan: str, source: Address, sink: Address) -> None:
        self.count = count
        self._relay = relay
        self._mouth = _socket(source)
        self._mouth.setsockopt(socket.IPPROTO_UDP, _UDP_SEGMENT, 12 + len(_SPEECH))
        self._ear = _socket(sink)
        self._names = [f"s{at}" for at in range(count)]
        request = (StreamRequest(0, "audio", "wan", "lan"),)
        self._ports: list[Address] = []
        for reply in relay.ask([Open(name, request) for name in self._names]):
            assert isinstance(reply, Opened), reply
            self._ports.append((wan, reply.streams[0].a))
        plan = (StreamPlan(0, _side(source), _side(sink)),)
        relay.ask([Program(name, plan, False, 30.0, 60.0) for name in self._names])
        self._round = 0

    def send(self, rate: float, seconds: float, together: int = 1) -> range:
        """Rounds of one packet of each stream, at `rate` packets a second in all; which rounds.

        `together`: so many packets of a stream are handed to the kernel at once.
        """
        first, began = self._round, time.monotonic()
        whole, sent = self.count * together, 0
        last = inf
        while sent < last:
            elapsed = time.monotonic() - began
            if elapsed >= seconds:
                last = -(-sent // whole) * whole
            due = min(elapsed * rate, sent + _BURST * together, last)
            if due < sent + together:
                time.sleep(0.0005)
            while sent + together <= due:
                round_, stream = divmod(sent // together, self.count)
                self._send(first + round_ * together, stream, together)
                sent += together
        self._round = first + sent // self.count
        return range(first, self._round)

    def forwarded(self) -> int:
        """By the relay, of all streams."""
        total = 0
        for report in self._relay.ask([Query(name) for name in self._names]):
            assert isinstance(report, SessionReport), report
            total += report.streams[0].a.forwarded
        return total

    def heard(self) -> dict[int, set[int]]:
        """The rounds of each stream that have come since last asked."""
        found: dict[int, set[int]] = {at: set() for at in range(self.count)}
        with suppress(BlockingIOError):
            while True:
                data = self._ear.recv(2048)
                round_, _, stream = struct.unpack_from("!HII", data, 2)
                found[stream].add(round_)
        return found

    def close(self) -> None:
        self._mouth.close()
        self._ear.close()

    def _send(self, round_: int, stream: int, together: int) -> None:
        packets = b"".join(
            struct.pack("!BBHII", 0x80, 8, each & 0xFFFF, each * 160, stream) + _SPEECH
            for each in range(round_, round_ + together)
        )
        with suppress(BlockingIOError):
            self._mouth.sendto(packets, self._ports[stream])


def _side(at: Address) -> SidePlan:
    rtcp = (at[0], at[1] + 1)
    return SidePlan(at, rtcp, True, True, "signalled", 0.0, 24, at[0], _PCMA, 1)


def _socket(at: Address) -> socket.socket:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _LARGE)
    udp.bind(at)
    udp.setblocking(False)
    return udp
