"""Every listener of the configuration, opened and joined to the shell."""

import resource
from collections.abc import Callable, Sequence
from functools import partial

from config.model import Config, MessageLimits
from sbc.routing.sources import Sources
from sbc.sip.limits import Limits
from sbc.sip.stream import StreamFramer
from sbc.transport.admission import Admission, everybody
from sbc.transport.shell import Shell
from sbc.transport.sockets import Bound
from sbc.transport.tcp import TcpCarrier
from sbc.transport.udp import UdpListener, listen

OTHER_FILES = 256
"""Descriptors kept for everything that is not a peer's connection."""
BOUNDLESS = 65_536
"""Taken where the host sets no limit."""


class Network:
    def __init__(self) -> None:
        self.udp: list[UdpListener] = []
        self.tcp: dict[str, TcpCarrier] = {}

    async def open(self, config: Config, bound: Sequence[Bound], shell: Shell) -> None:
        """Of several listeners of one transport the first of an interface is what it sends from.

        No message is passed on before all can be answered, on whatever interface.
        """
        for one in bound:
            if one.transport == "udp":
                listener = UdpListener(one.interface, shell)
                shell.attach(one.interface, "udp", listener)
                await listen(one.socket, listener)
                self.udp.append(listener)
        streams = [one for one in bound if one.transport == "tcp"]
        share = connections_each(len({one.interface for one in streams}))
        carriers = [self._tcp_carrier(config, one.interface, share, shell) for one in streams]
        for listener in self.udp:
            listener.begin()
        for one, carrier in zip(streams, carriers, strict=True):
            await carrier.listen(one.socket)

    def _tcp_carrier(self, config: Config, interface: str, share: int, shell: Shell) -> TcpCarrier:
        if interface not in self.tcp:
            there = config.interfaces[interface]
            zone = config.zones[there.zone]
            carrier = TcpCarrier(
                interface,
                str(there.bind),
                shell,
                framer=partial(StreamFramer, limits_of(zone.message_limits)),
                admission=Admission(
                    zone.connections_per_source, share, welcome_at(config, interface)
                ),
            )
            self.tcp[interface] = carrier
            shell.attach(interface, "tcp", carrier)
        return self.tcp[interface]

    def close(self) -> None:
        for listener in self.udp:
            listener.close()
        for carrier in self.tcp.values():
            carrier.close()


def welcome_at(config: Config, interface: str) -> Callable[[str], bool]:
    """Who may connect there: those whose messages are not dropped, and then need no memory to be
    framed in."""
    if config.zones[config.interfaces[interface].zone].unknown_action == "reject":
        return everybody
    sources = Sources(config)
    return lambda address: sources.trunk(interface, address) is not None


def limits_of(limits: MessageLimits) -> Limits:
    return Limits(limits.bytes, limits.headers, limits.header_bytes, limits.body)


def connections_each(carriers: int) -> int:
    """Raises what this process may have open to all that it is allowed, and shares it out."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most == resource.RLIM_INFINITY:
        most = BOUNDLESS
    return max(most - OTHER_FILES, OTHER_FILES) // max(carriers, 1)
