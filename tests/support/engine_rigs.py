"""Two stands for an engine, with the same levers: one without sockets, one on the loopback."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from random import randrange
from select import POLLIN, poll
from socket import AF_INET, SOCK_DGRAM, socket
from time import monotonic

from media.control import Address
from media.engine.flow import Counts, Engine, Flow, Local, Send, Transform
from media.engine.reference import SETTLE, ReferenceEngine
from media.quality import Reception
from tests.support.rtp_streams import CLOCKS
from tests.support.virtual_engine import VirtualEngine

PEERS = {"alice": "127.0.0.2", "bob": "127.0.0.3", "mallory": "127.0.0.4"}
PATIENCE = 2.0
"""Seconds that a packet may take across the loopback of a busy host."""


class Rig(ABC):
    """Our RTP ports are `a` and `b`, the RTCP ports `a+1` and `b+1`; peers have names too."""

    engine: Engine

    def __init__(self) -> None:
        self.ups: list[tuple[str, bytes, str]] = []
        """What went up: port, datagram, peer."""
        self._locals: dict[str, Local] = {}
        self._counted: dict[str, tuple[Reception, Counts]] = {}

    @abstractmethod
    def address(self, peer: str) -> Address: ...

    @abstractmethod
    def say(self, peer: str, to: str, data: bytes, *, lost: bool = False) -> None:
        """A peer sends. `lost`: nothing will show that it has come."""

    @abstractmethod
    def heard(self, peer: str) -> list[tuple[str, bytes]]:
        """What has reached a peer since this was last asked: from which port, and what."""

    @abstractmethod
    def settle(self) -> None:
        """New flows become fast ones."""

    @abstractmethod
    def close(self) -> None: ...

    def local(self, name: str) -> Local:
        return self._locals[name]

    def install(
        self,
        local: str,
        source: str,
        egress: str,
        to: str | None,
        *,
        forward: bool = True,
        inbound: Transform | None = None,
        outbound: Transform | None = None,
    ) -> None:
        reception, counts = self._counted.setdefault(local, (Reception(CLOCKS), Counts()))
        self.engine.install(
            Flow(
                self.local(local),
                self.address(source),
                self.local(egress),
                None if to is None else self.address(to),
                forward,
                reception,
                counts,
                inbound,
                outbound,
            )
        )
        self.settle()

    def remove(self, local: str, source: str) -> None:
        self.engine.remove(self.local(local), self.address(source))

    def send(self, data: bytes, local: str, to: str, counts: Counts | None = None) -> None:
        self.engine.send(Send(data, self.local(local), self.address(to), counts))

    def counts(self, local: str) -> dict[str, int]:
        """All but what depends on the host of a peer."""
        reception, counts = self._counted[local]
        return {
            "packets": reception.packets,
            "octets": reception.octets,
            "forwarded": counts.forwarded,
            "held": counts.held,
            "unsent": counts.unsent,
        }

    def refused(self, local: str) -> int:
        return self._counted[local][1].refused


class VirtualRig(Rig):
    def __init__(self) -> None:
        super().__init__()
        self.engine: VirtualEngine = VirtualEngine(self._up)
        for name, interface, port in (("a", "i", 20000), ("b", "j", 30000)):
            self._locals |= {name: (interface, port), f"{name}+1": (interface, port + 1)}
        for name in "ab":
            assert self.engine.bind(self._locals[name], "audio")

    def address(self, peer: str) -> Address:
        return PEERS[peer], 5004

    def say(self, peer: str, to: str, data: bytes, *, lost: bool = False) -> None:
        self.engine.arrive(self.local(to), data, self.address(peer), 1000.0)

    def heard(self, peer: str) -> list[tuple[str, bytes]]:
        mine = [each for each in self.engine.sent if each.to == self.address(peer)]
        self.engine.sent = [each for each in self.engine.sent if each not in mine]
        return [(_name(self._locals, each.local), each.data) for each in mine]

    def settle(self) -> None:
        """They are at once."""

    def close(self) -> None:
        """Nothing is open."""

    def _up(self, local: Local, data: bytes, source: Address, _: float) -> None:
        self.ups.append((_name(self._locals, local), data, _name(PEERS, source[0])))


class ReferenceRig(Rig):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.faults: list[Local] = []
        self.pauses: list[float] = []
        """How the engine wanted to wait, had there been time."""
        self.engine: ReferenceEngine = ReferenceEngine(
            {"i": "127.0.0.1", "j": "127.0.0.1"},
            self._up,
            lambda local, _: self.faults.append(local),
            lambda: self.now,
            self.pauses.append,
        )
        self._peers = {name: _bound(ip) for name, ip in PEERS.items()}
        for name, interface in (("a", "i"), ("b", "j")):
            port = free_pair(partial(self._bind, interface))
            self._locals |= {name: (interface, port), f"{name}+1": (interface, port + 1)}

    def address(self, peer: str) -> Address:
        address: Address = self._peers[peer].getsockname()
        return address

    def say(self, peer: str, to: str, data: bytes, *, lost: bool = False) -> None:
        before = self._seen()
        self.deliver(peer, to, data)
        self.turns(lambda: self._seen() != before, 0.02 if lost else PATIENCE)

    def heard(self, peer: str) -> list[tuple[str, bytes]]:
        udp, found = self._peers[peer], []
        ready = poll()
        ready.register(udp, POLLIN)
        while ready.poll(20):
            data, source = udp.recvfrom(65_536)
            port = next(name for name, local in self._locals.items() if local[1] == source[1])
            found.append((port, data))
        return found

    def settle(self) -> None:
        self.now += SETTLE
        self.engine.turn(0)

    def turns(self, until: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Turns of the engine, until something has happened."""
        end = monotonic() + patience
        while not until() and monotonic() < end:
            self.engine.turn(0.01)

    def deliver(self, peer: str, to: str, data: bytes) -> None:
        """Into the socket, and no turn."""
        self.deliver_to(peer, self.local(to)[1], data)

    def deliver_to(self, peer: str, port: int, data: bytes) -> None:
        self._peers[peer].sendto(data, ("127.0.0.1", port))

    def hush(self, peer: str) -> int:
        """Its socket goes; its host refuses from now on what comes to this port."""
        port: int = self._peers[peer].getsockname()[1]
        self._peers[peer].close()
        return port

    def wake(self, peer: str, port: int) -> None:
        self._peers[peer] = _bound(PEERS[peer], port)

    def close(self) -> None:
        self.engine.close()
        for udp in self._peers.values():
            udp.close()

    def _seen(self) -> tuple[int, int]:
        """Changes with every packet that has been read."""
        return len(self.ups), sum(each.packets for each, _ in self._counted.values())

    def _bind(self, interface: str, port: int) -> bool:
        return self.engine.bind((interface, port), "audio")

    def _up(self, local: Local, data: bytes, source: Address, _: float) -> None:
        names = {name: udp.getsockname() for name, udp in self._peers.items()}
        self.ups.append((_name(self._locals, local), data, _name(names, source)))


def free_pair(take: Callable[[int], bool]) -> int:
    """An even port that could be had, with the next one."""
    for _ in range(100):
        port = randrange(20_000, 32_000, 2)
        if take(port):
            return port
    raise AssertionError("no ports on the loopback")


def _bound(ip: str, port: int = 0) -> socket:
    udp = socket(AF_INET, SOCK_DGRAM)
    udp.bind((ip, port))
    return udp


def _name(names: Mapping[str, object], value: object) -> str:
    return next((name for name, each in names.items() if each == value), "another")
