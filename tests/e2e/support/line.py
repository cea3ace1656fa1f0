"""A line between two hosts that loses, delays, reorders and repeats packets: a process with a TUN
device in the namespace of each, for kernels without netem. Only media on their way from the first
to the second host are impaired; all else passes at once.

Run as a program: `python line.py NEAR FAR PLAN`, two file descriptors and an Impairment as JSON.
"""

import fcntl
import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from heapq import heappop, heappush
from pathlib import Path
from random import Random
from select import POLLIN, poll

from tests.e2e.support.namespaces import Network

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x1, 0x1000
_LARGEST = 65_536
_UDP = 17
_REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Impairment:
    """Probabilities 0..1, times in seconds."""

    loss: float = 0.0
    burst: float = 1.0
    """Mean number of packets lost in a row."""
    delay: float = 0.0
    jitter: float = 0.0
    """Each packet is late by up to so much, either way of `delay`."""
    reordered: float = 0.0
    """Held back by one and a half packets."""
    duplicated: float = 0.0
    seed: int = 1

    def as_netem(self) -> list[str]:
        """The same for tc; of bursts netem has another model."""
        words = ["delay", f"{1000 * self.delay:g}ms", f"{1000 * self.jitter:g}ms"]
        words += ["loss", f"{100 * self.loss:g}%"]
        if self.reordered:
            words += ["reorder", f"{100 * self.reordered:g}%"]
        return [*words, "duplicate", f"{100 * self.duplicated:g}%"]


class Line:
    """Decides for one packet after the other when it leaves: never, once or twice."""

    def __init__(self, plan: Impairment) -> None:
        self._plan = plan
        self._draw = Random(plan.seed)
        self._losing = False

    def delays(self) -> Iterator[float]:
        plan, draw = self._plan, self._draw
        self._losing = draw.random() < self._chance()
        if self._losing:
            return
        late = plan.delay + draw.uniform(-plan.jitter, plan.jitter)
        if draw.random() < plan.reordered:
            late += 0.03
        yield max(0.0, late)
        if draw.random() < plan.duplicated:
            yield max(0.0, late) + 0.002

    def _chance(self) -> float:
        """Gilbert's model: of losing this packet, after the last one was lost or not."""
        plan = self._plan
        if not plan.loss:
            return 0.0
        if self._losing:
            return 1 - 1 / plan.burst
        return plan.loss / (plan.burst * (1 - plan.loss))


def carry(near: int, far: int, plan: Impairment) -> None:
    """For ever."""
    line, waiting = Line(plan), list[tuple[float, int, bytes]]()
    ready = poll()
    ready.register(near, POLLIN)
    ready.register(far, POLLIN)
    order = 0
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            os.write(far, heappop(waiting)[2])
        rest = None if not waiting else max(0.0, 1000 * (waiting[0][0] - now))
        # poll() waits for whole milliseconds: the last one is spent awake.
        for file, _ in ready.poll(0 if rest is not None and rest < 1.0 else rest):
            data = os.read(file, _LARGEST)
            if file == far:
                os.write(near, data)
                continue
            came = time.monotonic()
            for delay in line.delays() if is_media(data) else (0.0,):
                order += 1
                heappush(waiting, (came + delay, order, data))


def is_media(packet: bytes) -> bool:
    """UDP over IPv4 to an even port beyond 20000."""
    if len(packet) < 28 or packet[0] != 0x45 or packet[9] != _UDP:
        return False
    (port,) = struct.unpack_from("!H", packet, 22)
    return bool(port >= 20_000 and port % 2 == 0)


def lay_line(
    network: Network, near: tuple[str, str], far: tuple[str, str], plan: Impairment
) -> "subprocess.Popen[bytes]":
    """Between two hosts, each with its address. The process ends with `kill`."""
    files = [_device(network, *near, far[1]), _device(network, *far, near[1])]
    command = [sys.executable, "-m", "tests.e2e.support.line", *map(str, files)]
    process = subprocess.Popen(
        [*command, json.dumps(asdict(plan))], pass_fds=files, cwd=_REPOSITORY
    )
    for file in files:
        os.close(file)
    return process


def _device(network: Network, host: str, address: str, peer: str) -> int:
    name = f"line{address.rpartition('.')[2]}"
    with network.inside(host):
        file = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(file, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    network.run(host, "ip", "address", "add", f"{address}/32", "dev", name)
    network.run(host, "ip", "link", "set", name, "up")
    network.run(host, "ip", "route", "add", peer, "dev", name)
    return file


if __name__ == "__main__":
    carry(int(sys.argv[1]), int(sys.argv[2]), Impairment(**json.loads(sys.argv[3])))
