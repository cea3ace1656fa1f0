"""A simulated symmetric NAT (RFC 4787: address- and port-dependent), with jitter and loss behind
it.

A phone behind it has an address that nobody outside can reach, and no socket: what it sends leaves
from a port of the NAT's own, another one for each destination, and only that destination may
answer."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

Address = tuple[str, int]
Deliver = Callable[[Address, bytes, Address], None]
"""To an inside address, the bytes, from an outside one."""


@dataclass(slots=True)
class Impairment:
    """What is done to media on its way out; and what was done, to compare measurements with."""

    loss: float = 0.0
    """Share of packets dropped, 0..1."""
    jitter_ms: float = 0.0
    """Each packet waits a time from 0 to this; below the packet interval, so that order is kept."""
    offered: int = 0
    dropped: int = 0
    samples: list[float] = field(default_factory=list)
    """Interarrival jitter (RFC 3550 §6.4.1) in ms after each packet that was let by."""
    _last: float | None = None
    _jitter: float = 0.0

    def put(self, chance: random.Random) -> float | None:
        """Seconds that the next packet waits; None: it is lost."""
        self.offered += 1
        if chance.random() < self.loss:
            self.dropped += 1
            return None
        wait = chance.random() * self.jitter_ms
        if self._last is not None:
            self._jitter += (abs(wait - self._last) - self._jitter) / 16
            self.samples.append(self._jitter)
        self._last = wait
        return wait / 1000

    @property
    def loss_put_in(self) -> float:
        return self.dropped / self.offered if self.offered else 0.0

    @property
    def jitter_put_in_ms(self) -> float:
        """The mean, as the border reports it."""
        return sum(self.samples) / len(self.samples) if self.samples else 0.0


class Nat:
    def __init__(self, public_ip: str, seed: int, deliver: Deliver) -> None:
        self._public_ip = public_ip
        self._chance = random.Random(seed)
        self._deliver = deliver
        self._impaired: dict[int, Impairment] = {}
        self._bindings: dict[tuple[Address, Address], asyncio.DatagramTransport] = {}

    def impair(self, inside_port: int, impairment: Impairment) -> None:
        """Everything that this port of the phone sends."""
        self._impaired[inside_port] = impairment

    def send(self, inside: Address, data: bytes, to: Address) -> None:
        """From the phone's address; must be bound before by `bind`."""
        binding = self._bindings[inside, to]
        impairment = self._impaired.get(inside[1])
        wait = impairment.put(self._chance) if impairment is not None else 0.0
        if wait is None:
            return
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, binding.sendto, data)
        else:
            binding.sendto(data)

    async def bind(self, inside: Address, to: Address) -> Address:
        """The public address that this pair gets: another port than the phone's own."""
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Binding(inside, self._deliver),
            local_addr=(self._public_ip, 0),
            remote_addr=to,
        )
        self._bindings[inside, to] = transport
        public: Address = transport.get_extra_info("sockname")[:2]
        return public

    def close(self) -> None:
        for transport in self._bindings.values():
            transport.close()


class _Binding(asyncio.DatagramProtocol):
    def __init__(self, inside: Address, deliver: Deliver) -> None:
        self._inside = inside
        self._deliver = deliver

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._deliver(self._inside, data, addr)

    def error_received(self, exc: Exception) -> None:
        """ICMP tells that nobody listens there yet, or any more."""
