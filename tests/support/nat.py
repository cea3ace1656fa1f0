"""A symmetric NAT (RFC 4787: address- and port-dependent mapping and filtering), without sockets.

Each pair of inside address and far end has a public port of its own, and only that far end may
answer there: so neither SDP nor Contact of a phone behind it says where it can be reached.
"""

from random import Random

from tests.support.network import Address


class Nat:
    def __init__(self, public: str, random: Random) -> None:
        self.public = public
        self._random = random
        self._ports: dict[tuple[Address, Address], int] = {}
        """By inside address and far end."""
        self._owners: dict[int, tuple[Address, Address]] = {}

    def outward(self, source: Address, to: Address) -> Address:
        """Where the far end sees a datagram come from."""
        pair = (source, to)
        port = self._ports.get(pair)
        if port is None:
            port = self._ports[pair] = self._free_port()
            self._owners[port] = pair
        return self.public, port

    def inward(self, source: Address, to: Address) -> Address | None:
        """For whom a datagram to a public port is; None: nobody has asked for it."""
        pair = self._owners.get(to[1])
        return pair[0] if pair is not None and pair[1] == source else None

    def forget(self) -> None:
        """As after a reboot: everybody gets another port with the next datagram."""
        self._ports.clear()
        self._owners.clear()

    def _free_port(self) -> int:
        while (port := self._random.randrange(1024, 65536)) in self._owners:
            pass
        return port
