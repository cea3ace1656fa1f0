"""The small world of the tests in namespaces: the internet, the border, and a trusted core.

phone 192.168.77.23 — nat 198.51.100.7 — internet 192.0.2.1 — 203.0.113.10 border 10.20.0.5
                                                                        core 10.20.0.11
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.e2e.support.namespaces import Network
from tests.e2e.support.processes import Running
from tests.e2e.support.tools import path_of
from tests.e2e.support.waiting import eventually

CARRIER = ("192.0.2.1", 5060)
WAN, LAN = ("203.0.113.10", 5060), ("10.20.0.5", 5060)
PBX = ("10.20.0.11", 5060)
PHONE = ("192.168.77.23", 5060)
NAT = "198.51.100.7"
WAN_LINK = "e1b"
"""The border's end of its link to the internet."""


def lay_out(network: Network) -> None:
    """Internet, border and core."""
    network.host("internet", f"{CARRIER[0]}/32")
    network.host("border")
    network.host("core")
    _, end = network.link("internet", "203.0.113.1/24", "border", f"{WAN[0]}/24")
    assert end == WAN_LINK
    network.route("border", via="203.0.113.1")
    network.link("border", f"{LAN[0]}/24", "core", f"{PBX[0]}/24")


def add_phone_behind_nat(network: Network) -> None:
    """A host behind a router with a symmetric NAT."""
    network.host("nat")
    network.host("phone")
    network.forward("internet")
    outside, _ = network.link("nat", f"{NAT}/24", "internet", "198.51.100.1/24")
    network.route("nat", via="198.51.100.1")
    network.link("nat", "192.168.77.1/24", "phone", f"{PHONE[0]}/24")
    network.route("phone", via="192.168.77.1")
    network.symmetric_nat("nat", outside)


class Capture:
    """All that passes the border's link to the internet."""

    def __init__(self, network: Network, directory: Path) -> None:
        self._file = directory / "wan.pcap"
        command = [
            path_of("tcpdump"),
            "-U",
            "-n",
            "--immediate-mode",
            "-i",
            WAN_LINK,
            "-w",
            str(self._file),
        ]
        self._running = Running(network.wrap("border")(command), directory / "tcpdump.log")

    def begin(self) -> None:
        eventually("the capture", lambda: "listening on" in self._running.said)

    def end(self) -> bytes:
        """As a file of tcpdump: packets are in it as they were."""
        self._running.end()
        return self._file.read_bytes()


@contextmanager
def capturing(network: Network, directory: Path) -> Iterator[Capture]:
    capture = Capture(network, directory)
    with ExitStack() as stack:
        stack.callback(capture.end)
        capture.begin()
        yield capture
