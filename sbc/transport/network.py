"""Every listener of the configuration, opened and joined to the shell."""

import asyncio
import resource
import time
from collections.abc import Callable, Sequence

from config.model import Config, MessageLimits, SipListener, Zone
from sbc.actions import Transport
from sbc.routing.sources import Sources
from sbc.sip.limits import Limits
from sbc.transport.admission import Admission, everybody
from sbc.transport.connection import USUAL, StreamLimits
from sbc.transport.rotation import Rotation
from sbc.transport.shell import Shell
from sbc.transport.sockets import Bound
from sbc.transport.tcp import TcpCarrier
from sbc.transport.udp import UdpListener, listen
from sbc.transport.ways import way_of

OTHER_FILES = 256
"""Descriptors kept for everything that is not a peer's connection."""
LOOK = 1.0
"""Seconds between two looks at the certificates; each has its own pace besides."""
LEAST_SWEEP = 0.05
"""Seconds. Short limits are looked after more often, but not all the time."""
BOUNDLESS = 65_536
"""Taken where the host sets no limit."""


class Network:
    def __init__(self) -> None:
        self.udp: list[UdpListener] = []
        self.streams: dict[tuple[str, Transport], TcpCarrier] = {}
        self._looking: asyncio.TimerHandle | None = None

    async def open(
        self,
        config: Config,
        bound: Sequence[Bound],
        shell: Shell,
        rotation: Rotation | None = None,
    ) -> None:
        """Of several listeners of one transport the first of an interface is what it sends from.

        No message is passed on before all can be answered, on whatever interface.
        """
        with_phones = {access.zone for access in config.access.values()}
        for one in bound:
            if one.transport == "udp":
                phones = config.interfaces[one.interface].zone in with_phones
                listener = UdpListener(one.interface, shell, stun=phones)
                shell.attach(one.interface, "udp", listener)
                await listen(one.socket, listener)
                self.udp.append(listener)
        streams = [one for one in bound if one.transport != "udp"]
        share = connections_each(len({(one.interface, one.transport) for one in streams}))
        carriers = [self._carrier(config, one, share, shell, rotation) for one in streams]
        if rotation is not None:
            self._look(rotation, shell)
        for listener in self.udp:
            listener.begin()
        for one, carrier in zip(streams, carriers, strict=True):
            await carrier.listen(one.socket)

    def _carrier(
        self, config: Config, one: Bound, share: int, shell: Shell, rotation: Rotation | None
    ) -> TcpCarrier:
        name, transport = one.interface, one.transport
        if (name, transport) not in self.streams:
            there = config.interfaces[name]
            zone = config.zones[there.zone]
            listener = next(each for each in there.sip if each.transport == transport)
            most = min(share, zone.connections.total or share)
            welcome = welcome_at(config, name, secure=transport in ("tls", "wss"))
            carrier = TcpCarrier(
                name,
                str(there.bind),
                shell,
                way=way_of(config, name, listener, limits_of(zone.message_limits), rotation),
                admission=Admission(zone.connections_per_source, most, welcome),
                limits=stream_limits(zone, listener),
                dscp=there.dscp,
            )
            self.streams[name, transport] = carrier
            shell.attach(name, transport, carrier)
        return self.streams[name, transport]

    def _look(self, rotation: Rotation, shell: Shell) -> None:
        """After certificates that have changed, or will expire."""
        self._looking = asyncio.get_running_loop().call_later(LOOK, self._look, rotation, shell)
        for note in rotation.look(shell.clock(), time.time()):
            shell.note(note)

    def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        for listener in self.udp:
            listener.close()
        for carrier in self.streams.values():
            carrier.close()


def stream_limits(zone: Zone, listener: SipListener) -> StreamLimits:
    times = zone.connections
    return StreamLimits(
        handshake=times.handshake,
        message=times.message,
        idle=times.idle,
        ping=listener.ping,
        sweep=min(USUAL.sweep, max(min(times.handshake, times.message) / 4, LEAST_SWEEP)),
    )


def welcome_at(config: Config, interface: str, *, secure: bool = False) -> Callable[[str], bool]:
    """Who may connect there: those whose messages are not dropped, and then need no memory to be
    framed in."""
    if config.zones[config.interfaces[interface].zone].unknown_action == "reject":
        return everybody
    sources = Sources(config)
    return lambda address: sources.may_be_known(interface, address, secure=secure)


def limits_of(limits: MessageLimits) -> Limits:
    return Limits(limits.bytes, limits.headers, limits.header_bytes, limits.body)


def connections_each(carriers: int) -> int:
    """Raises what this process may have open to all that it is allowed, and shares it out."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most == resource.RLIM_INFINITY:
        most = BOUNDLESS
    return max(most - OTHER_FILES, OTHER_FILES) // max(carriers, 1)
