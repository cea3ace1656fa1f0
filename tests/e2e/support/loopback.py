"""Addresses of our own on the loopback, so that tests beside each other never meet."""

import socket
from dataclasses import dataclass
from random import SystemRandom

_random = SystemRandom()

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Loopback:
    """A /24 of 127.0.0.0/8, drawn at random: each party of a test has an address of its own."""

    prefix: str

    @property
    def caller(self) -> str:
        """A peer outside."""
        return f"{self.prefix}.31"

    @property
    def callee(self) -> str:
        """A peer inside."""
        return f"{self.prefix}.32"

    @property
    def wan(self) -> str:
        return f"{self.prefix}.41"

    @property
    def lan(self) -> str:
        return f"{self.prefix}.42"

    @property
    def stranger(self) -> str:
        """Someone whom no trunk names."""
        return f"{self.prefix}.66"


def loopback() -> Loopback:
    return Loopback(f"127.{_random.randrange(16, 255)}.{_random.randrange(1, 255)}")


def free_port(ip: str) -> int:
    """One that neither UDP nor TCP uses now on this address."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    for _ in range(100):
        port = _random.randrange(10_000, 19_000, 2)
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as udp, socket.socket(family) as tcp:
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                udp.bind((ip, port))
                tcp.bind((ip, port))
        except OSError:
            continue
        return port
    raise OSError(f"no free port on {ip}")


def at(address: Address) -> str:
    """As in a SIP URI."""
    ip, port = address
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
