"""The relay process behind the NG protocol: one epoll loop for packets and for commands."""

import sys
from secrets import token_bytes, token_hex
from select import EPOLLIN
from time import monotonic, time
from typing import TextIO

from media.app import LONGEST_WAIT, Signals, allow_many_files, spare_the_collector
from media.control import Command, Event, Failed, Reply
from media.engine.reference import ReferenceEngine
from media.identity import Identities
from media.ng.core import NgCore
from media.ng.http import HttpTalk
from media.ng.options import Options
from media.ng.report import Clock
from media.ng.service import Service
from media.ng.streams import StreamDoor
from media.ng.tcp import TcpTalk
from media.ng.udp import UdpDoor
from media.random_store import RandomStore
from media.relay import Relay
from media.shell import Shell


class NgApp:
    def __init__(self, options: Options, log: TextIO) -> None:
        places = options.interfaces
        relay_interfaces = places.for_relay(options.ports, options.port_rest)
        self.relay = Relay(
            relay_interfaces, RandomStore().below, name=token_hex(8), identities=Identities()
        )
        self.shell = Shell(self.relay, log)
        self.engine = ReferenceEngine(places.bound(), self.shell.packet, self.shell.fault)
        self.shell.use(self.engine, self._told)
        self._now = now = monotonic()
        clock = Clock(time() - now)
        self.core = NgCore(places, self.ask, clock, options.settings, now, token_bytes)
        service = Service(self.core, self.shell.say_fault, now)
        self.door = UdpDoor(options.ng, self.engine, service)
        self.streams: list[StreamDoor] = []
        self._swept_at = now
        self._listen(options, service)

    def _listen(self, options: Options, service: Service) -> None:
        if options.tcp is not None:
            self.streams.append(
                StreamDoor(options.tcp, self.engine, lambda at: TcpTalk(service, at, at[0]))
            )
        if options.http is not None:
            self.streams.append(
                StreamDoor(
                    options.http,
                    self.engine,
                    lambda at: HttpTalk(service, at, at[0], self.core.metrics),
                )
            )

    def ask(self, command: Command, now: float) -> Reply:
        replies: list[Reply] = []
        self.shell.command(command, 0, lambda _, reply: replies.append(reply), now)
        return replies[0] if replies else Failed("", "bad_command", "no answer")

    def _told(self, event: Event) -> None:
        self.core.relay_told(event, self._now)

    def turn(self, longest: float = LONGEST_WAIT) -> None:
        """Once around the loop. A fault that belongs to no call is logged, and that is all."""
        shell = self.shell
        deadlines = [at for at in (shell.deadline, self.core.next_deadline()) if at is not None]
        timeout = min([longest, *(max(0.0, at - self._now) for at in deadlines)])
        try:
            self._now = now = self.engine.turn(timeout)
            if shell.deadline is not None and shell.deadline <= now:
                shell.timeout(now)
            due = self.core.next_deadline()
            if due is not None and due <= now:
                self.core.handle_timeout(now)
            if now - self._swept_at >= LONGEST_WAIT:
                self._swept_at = now
                for door in self.streams:
                    door.sweep(now)
        except Exception:
            shell.say_fault(self.core.current)

    def close(self) -> None:
        for door in self.streams:
            door.close()
        self.door.close()
        self.engine.close()


def run(options: Options, log: TextIO = sys.stderr) -> None:
    """Until SIGTERM or SIGINT. SIGUSR1 logs the statistics."""
    allow_many_files()
    app = NgApp(options, log)
    signals = Signals()
    app.engine.watch(signals.file, EPOLLIN, lambda *_: signals.clear())
    spare_the_collector()
    app.shell.say("ng_relay_up", relay=app.relay.name)
    while not signals.stop:
        app.turn()
        if signals.statistics:
            signals.statistics = False
            app.shell.say("ng_statistics", calls=len(app.core.calls), sessions=len(app.relay))
    app.close()
    signals.close()
