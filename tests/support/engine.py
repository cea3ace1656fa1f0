"""The relay process without a process: its core, an engine without sockets, its link to signalling.

It may crash: then its ports are deaf, and what was on the link is lost. It may also live on while
only the link breaks. Another one comes up later.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from heapq import heappop, heappush
from math import inf
from random import Random

from media.control import PROTOCOL, Command, Hello, Welcome
from media.engine.flow import Bind, Install, Local, Remove, Send, Unbind
from media.ports import MediaInterface
from media.relay import Action, Answer, Relay
from media.stream import Tell
from sbc.actions import Action as CoreAction
from sbc.core import Core
from tests.support.network import Address
from tests.support.virtual_engine import Datagram, VirtualEngine

ForCore = Callable[[Core, float], list[CoreAction]]
"""An input that the link has for the signalling core."""


class RelayProcess:
    def __init__(self, random: Random) -> None:
        self.interfaces: Mapping[str, MediaInterface] = {}
        self.link = 0.001
        """Seconds that a line takes on the link."""
        self._random = random
        self._starts = 0
        self._linked = self._broken = False
        self._due: list[tuple[float, int, int, Callable[[float], ForCore | None]]] = []
        """When, in which order, over which connection, and what then happens."""
        self._order = 0
        self._connection = 0
        self.relay: Relay | None = None
        self.engine = VirtualEngine(self._up)
        self.too_soon: list[Local] = []
        """Ports that were bound again within their quarantine."""
        self._released: dict[Local, float] = {}

    @property
    def linked(self) -> bool:
        """There is a relay, and signalling has a link to it."""
        return self._linked and not self._broken

    # --- its life ---------------------------------------------------------------------------------

    def start(self, now: float) -> None:
        """A new process; signalling finds it at once."""
        self._starts += 1
        name = f"relay-{self._starts}"
        self.relay = Relay(self.interfaces, self._random.randrange, name=name, interval=10.0)
        self.engine = VirtualEngine(self._up)
        self.connect(now)

    def connect(self, now: float) -> None:
        assert self.relay is not None
        (welcome,) = self.relay.command(Hello(PROTOCOL, "border"), now)
        assert isinstance(welcome, Answer)
        assert isinstance(welcome.reply, Welcome)
        self._soon(now, partial(self._connected, welcome.reply))

    def _connected(self, welcome: Welcome, _: float) -> ForCore:
        self._linked, self._broken = True, False
        return lambda core, at: core.relay_up(welcome, at)

    def crash(self) -> None:
        self._connection += 1
        self._broken = True
        self.relay = None
        self.engine = VirtualEngine(self._up)
        self._released.clear()

    def cut(self, now: float) -> None:
        """Only the link breaks."""
        self._connection += 1
        self._broken = True
        if self.relay is not None:
            self.relay.signalling_lost(now)

    def lose(self) -> ForCore:
        """Signalling sees that there is no link any more."""
        self._linked = False
        return lambda core, at: core.relay_lost(at)

    # --- the link ---------------------------------------------------------------------------------

    def ask(self, serial: int, command: Command, now: float) -> None:
        if self.linked:
            self._soon(now, lambda at: self._take(serial, command, at))

    def next_deadline(self) -> float | None:
        link = self._due[0][0] if self._due else None
        relay = self.relay.next_deadline() if self.relay is not None else None
        return min((at for at in (link, relay) if at is not None), default=None)

    def handle_timeout(self, now: float) -> list[ForCore]:
        inputs: list[ForCore] = []
        while self._due and self._due[0][0] <= now:
            _, _, connection, step = heappop(self._due)
            if connection == self._connection:
                given = step(now)
                if given is not None:
                    inputs.append(given)
        if self.relay is not None:
            due = self.relay.next_deadline()
            if due is not None and due <= now:
                self._perform(self.relay.handle_timeout(now), now)
        return inputs

    def _take(self, serial: int, command: Command, now: float) -> None:
        if self.relay is not None:
            self._perform(self.relay.command(command, now, ticket=serial), now)

    def _soon(self, now: float, step: Callable[[float], ForCore | None]) -> None:
        self._order += 1
        heappush(self._due, (now + self.link, self._order, self._connection, step))

    # --- packets ----------------------------------------------------------------------------------

    def arrive(self, interface: str, port: int, data: bytes, source: Address, now: float) -> None:
        self.engine.arrive((interface, port), data, source, now)

    def sent(self) -> list[Datagram]:
        return self.engine.taken_out()

    def _up(self, local: tuple[str, int], data: bytes, source: Address, now: float) -> None:
        assert self.relay is not None
        self._perform(self.relay.packet(local, data, source, now), now)

    def _perform(self, actions: Iterable[Action], now: float) -> None:
        waiting = list(actions)
        while waiting:
            waiting[:1] = self._performed(waiting[0], now)

    def _performed(self, action: Action, now: float) -> list[Action]:
        """What the relay makes of the outcome."""
        assert self.relay is not None
        match action:
            case Bind(local, kind):
                rested = now - self._released.get(local, -inf)
                if rested < self.interfaces[local[0]].quarantine:
                    self.too_soon.append(local)
                if self.engine.bind(local, kind):
                    return self.relay.bound(local, now)
                return self.relay.bind_failed(local, now)
            case Unbind(local):
                self.engine.unbind(local)
                self._released[local] = now
            case Install(flow):
                self.engine.install(flow)
            case Remove(local, source):
                self.engine.remove(local, source)
            case Send():
                self.engine.send(action)
            case Answer(ticket, reply):
                self._soon(now, lambda _: lambda core, at: core.relay_replied(ticket, reply, at))
            case Tell(event):
                self._soon(now, lambda _: lambda core, at: core.relay_told(event, at))
        return []
