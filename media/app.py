"""The relay process: one epoll loop for packets, for the control socket and for signals.

It goes on without signalling: calls keep their media, and end when that ends.
"""

import gc
import resource
import signal
import sys
from pathlib import Path
from secrets import token_hex
from select import EPOLLIN
from socket import socketpair
from time import monotonic
from typing import TextIO

from config.model import Config
from media.door import Door
from media.engine.reference import ReferenceEngine
from media.identity import Identities
from media.lag import LagMeter
from media.ports import MediaInterface
from media.random_store import RandomStore
from media.relay import Relay
from media.report import NO_TURN, TurnPorts
from media.shell import Shell
from media.verdict import Limits

LONGEST_WAIT = 1.0
"""Seconds, without packets, commands or alarms."""


class App:
    def __init__(self, config: Config, control_path: Path, log: TextIO) -> None:
        quality = config.monitoring.quality
        choose = RandomStore().below
        self.relay = Relay(
            interfaces_of(config),
            choose,
            name=token_hex(8),
            interval=quality.interval,
            limits=Limits(**quality.verdicts.model_dump()),
            identities=Identities(),
            turn=turn_ports_of(config),
        )
        self.shell = Shell(self.relay, log)
        addresses = {name: str(each.bind) for name, each in config.interfaces.items()}
        marks = {name: each.media.dscp for name, each in config.interfaces.items()}
        inside = {str(each.shown): str(each.bind) for each in config.interfaces.values()}
        self.engine = ReferenceEngine(
            addresses, self.shell.packet, self.shell.fault, marks=marks, inside=inside
        )
        self.door = Door(control_path, self.engine, self.shell.command, self.relay.signalling_lost)
        self.shell.use(self.engine, self.door.tell)
        self._now = monotonic()
        self._lag = LagMeter(self._now)
        self.relay.probe.lag = self._lag.told

    def turn(self, longest: float = LONGEST_WAIT) -> None:
        """Once around the loop. A fault that belongs to no session is logged, and that is all."""
        shell = self.shell
        due = self._lag.due if shell.deadline is None else min(self._lag.due, shell.deadline)
        timeout = min(longest, max(0.0, due - self._now))
        try:
            self._now = now = self.engine.turn(timeout)
            if now >= self._lag.due:
                self._lag.look(now)
                self.engine.tally()
            if shell.deadline is not None and shell.deadline <= now:
                shell.timeout(now)
        except Exception:
            shell.say_fault(None)

    def say_statistics(self) -> None:
        ports = self.relay.ports(self._now)
        self.shell.say(
            "relay_statistics",
            sessions=len(self.relay),
            ports={
                name: {"free": each.free, "used": each.used, "quarantined": each.quarantined}
                for name, each in ports.items()
            },
            drops={**self.relay.drops, "kernel": sum(self.engine.overrun().values())},
            longest_lag_ms=round(1000 * self._lag.told().longest, 1),
            sockets=self.engine.sockets(),
        )

    def close(self) -> None:
        self.door.close()
        self.engine.close()


def turn_ports_of(config: Config) -> TurnPorts:
    turn = config.turn
    if turn is None:
        return NO_TURN
    ours = [config.interfaces[name] for name in turn.interfaces]
    ips = frozenset(str(ip) for each in ours for ip in (each.bind, each.shown))
    return TurnPorts(ips, *turn.relay_ports)


def interfaces_of(config: Config) -> dict[str, MediaInterface]:
    return {
        name: MediaInterface(
            addresses=(str(each.bind), str(each.shown)),
            low=each.media.ports[0],
            high=each.media.ports[1],
            quarantine=each.media.quarantine,
        )
        for name, each in config.interfaces.items()
    }


def run(config: Config, control_path: Path | str, log: TextIO = sys.stderr) -> None:
    """Until SIGTERM or SIGINT. SIGUSR1 logs the statistics."""
    allow_many_files()
    app = App(config, Path(control_path), log)
    signals = Signals()
    app.engine.watch(signals.file, EPOLLIN, lambda *_: signals.clear())
    spare_the_collector()
    app.shell.say("relay_up", relay=app.relay.name)
    while not signals.stop:
        app.turn()
        if signals.statistics:
            signals.statistics = False
            app.say_statistics()
    app.say_statistics()
    app.close()
    signals.close()


class Signals:
    """What the process was told by signals; they end a wait of the loop."""

    def __init__(self) -> None:
        self.stop = self.statistics = False
        self._ours, self._kernels = socketpair()
        for each in (self._ours, self._kernels):
            each.setblocking(False)
        self.file = self._ours.fileno()
        signal.set_wakeup_fd(self._kernels.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGUSR1, self._statistics)

    def clear(self) -> None:
        self._ours.recv(4096)

    def close(self) -> None:
        signal.set_wakeup_fd(-1)
        self._ours.close()
        self._kernels.close()

    def _stop(self, *_: object) -> None:
        self.stop = True

    def _statistics(self, *_: object) -> None:
        self.statistics = True


def allow_many_files() -> None:
    """A stream has six sockets. As many as the host lets us have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def spare_the_collector() -> None:
    """Sessions are freed by their reference counts: they hold no cycles (a test sees to it).

    So the collector need only look at young objects, now and then. To look through those of many
    calls would stop all media for longer than a packet takes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 1_000_000, 1_000_000)
