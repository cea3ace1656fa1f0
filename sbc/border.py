"""A running border: its parts put together, and its life from first packet to last record."""

import asyncio
import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.model import Config
from sbc.dns import Resolver
from sbc.operate.admin import Admin
from sbc.operate.journal import Journal, keep_flushing
from sbc.operate.log import Log
from sbc.operate.metrics import Metrics, Names
from sbc.operate.places import ADMIN_SOCKET, InUse
from sbc.own_host import OwnHost
from sbc.relay_link import RelayLink
from sbc.store.bindings import BindingStore
from sbc.store.users import WATCH, UsersFiles
from sbc.supervise import Link, Supervisor
from sbc.transport.network import Network
from sbc.transport.rotation import Rotation
from sbc.transport.shell import Clock, Shell, SignallingCore
from sbc.transport.sockets import Bound
from sbc.turn_link import TurnLink
from sbc.view import BorderView

CONTROL_SOCKET, TURN_SOCKET = "relay.sock", "turn.sock"

RELAY_START = 10.0
"""Seconds that the first messages wait in the kernel for the relay to come up."""
DRAIN = 10.0
"""Seconds for all calls to end, once we are told to stop."""
FAREWELL = 2.0
"""Seconds for the last BYEs to be answered, or repeated where they got lost."""
LOOK = 0.05
COLLECTOR = (50_000, 50, 100)
"""The thresholds of the garbage collector: gc.set_threshold()."""
CLOCK_LOOK = 10.0
"""Seconds between two looks at the wall clock, by which records go."""


class CannotStart(Exception):
    """Something that the border needs is not to be had; the text says what."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a border is made of, all of it at hand before the loop starts."""

    config: Config
    bound: Sequence[Bound]
    journal: Journal
    run_directory: Path
    relay: Sequence[str]
    """The command that starts the relay on `control`."""
    turn: Sequence[str] = ()
    """The command that starts the STUN and TURN server; empty: there is none."""
    certificates: Rotation | None = None
    bindings: BindingStore | None = None
    """None: no phones can register here."""
    users: UsersFiles | None = None

    @property
    def control(self) -> Path:
        return self.run_directory / CONTROL_SOCKET


class Accounts:
    """Where the records of calls go: to the journal, and into the statistics."""

    def __init__(self, journal: Journal, metrics: Metrics) -> None:
        self._journal = journal
        self._metrics = metrics

    def start(self, uid: str, record: dict[str, object]) -> None:
        self._journal.start(uid, record)

    def cdr(self, uid: str, record: dict[str, object]) -> None:
        self._journal.cdr(uid, record)
        self._metrics.observe_cdr({**record, "uid": uid})


class Border:
    """Made inside the loop that it runs on."""

    def __init__(self, setting: Setting, core: SignallingCore, log: Log) -> None:
        config = setting.config
        self._setting = setting
        self._log = log
        self._metrics = Metrics(
            Names(config.zones, (*config.trunks, *config.access), config.interfaces)
        )
        self._core = core
        accounts = Accounts(setting.journal, self._metrics)
        self._shell = Shell(self._core, accounts, [log.note, self._metrics.note])
        self._link = RelayLink(setting.control, os.urandom(8).hex(), self._shell)
        self._shell.attach_relay(self._link)
        self._supervisor = Supervisor("relay", setting.relay, Link(setting.control, self._link.up))
        self._turn = Supervisor("turn server", setting.turn) if setting.turn else None
        self._turn_link = TurnLink(setting.run_directory / TURN_SOCKET) if setting.turn else None
        if self._turn_link is not None:
            self._shell.attach_turn(self._turn_link)
        self._resolver = Resolver(config.dns.servers, self._shell.resolved)
        self._shell.attach_resolver(self._resolver)
        self._network = Network()
        self._host = OwnHost(setting.bound)
        self._admin = self._made_admin()
        self._stop: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        """Set when we are told to stop; to True: leave the relay running."""
        self._hurry: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.opened = asyncio.Event()
        """Calls are taken."""

    async def serve(self) -> None:
        """Until a signal tells us to stop. Raises CannotStart."""
        self._heed_signals()
        async with AsyncExitStack() as ending:  # The last begun is the first to end.
            ending.callback(self._log.event, "stopped")
            for one in self._setting.bound:
                ending.callback(one.socket.close)
            for record in self._setting.journal.recover():
                self._metrics.observe_cdr(record)
            ending.push_async_callback(Flushing(self._setting.journal).end)
            self._keep_users(ending)
            self._keep_bindings(ending)
            await self._start_admin()
            ending.push_async_callback(self._admin.stop)
            ending.callback(self._shell.close)
            ending.push_async_callback(self._resolver.close)
            ending.callback(self._network.close)
            ending.push_async_callback(self._end_relay)
            link = asyncio.create_task(self._link.run())
            ending.push_async_callback(ended, link)
            supervisor = asyncio.create_task(self._supervisor.run())
            ending.push_async_callback(ended, supervisor)
            if self._turn is not None:
                ending.push_async_callback(self._turn.stop)
                turn = asyncio.create_task(self._turn.run())
                ending.push_async_callback(ended, turn)
            if self._turn_link is not None:
                told = asyncio.create_task(self._turn_link.run())
                ending.push_async_callback(ended, told)
            ending.push_async_callback(ended, asyncio.create_task(self._host.watch()))
            clock = asyncio.create_task(keep_time(self._core, self._shell.clock))
            ending.push_async_callback(ended, clock)
            await self._open()
            await first_of(self._stop, link, supervisor)
            await self._drain()

    def _keep_users(self, ending: AsyncExitStack) -> None:
        """Before bindings are restored: they are of users."""
        users = self._setting.users
        if not users:
            return
        for group, found in users.all():
            self._shell.users_read(group, found)
        ending.push_async_callback(ended, asyncio.create_task(watch_users(users, self._shell)))

    def _keep_bindings(self, ending: AsyncExitStack) -> None:
        bindings = self._setting.bindings
        if bindings is None:
            return
        self._shell.attach_bindings(bindings)
        self._shell.restore(bindings.all())
        bindings.start()
        ending.push_async_callback(asyncio.to_thread, bindings.close)

    async def _start_admin(self) -> None:
        try:
            await self._admin.start()
        except (OSError, InUse) as error:
            what = "cannot open the admin socket or the metrics page"
            raise CannotStart(f"{what}: {error}") from None

    async def _open(self) -> None:
        up = asyncio.create_task(self._link.up.wait())
        await first_of(up, self._stop, within=RELAY_START)
        await ended(up)
        if not self._stop.done():
            setting = self._setting
            await self._network.open(
                setting.config, setting.bound, self._shell, setting.certificates
            )
            # What lives now lives on: the collector need not look at it again and again. Calls are
            # freed by their reference counts but for a few cycles, so it may come more rarely.
            gc.freeze()
            gc.set_threshold(*COLLECTOR)
            self._shell.start()
            self._log.event("started", node=self._setting.config.node.name)
            self.opened.set()

    async def _drain(self) -> None:
        self._shell.drain()
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not self._core.idle() and loop.time() - began < DRAIN and not self._hurry.done():
            if loop.time() - began > FAREWELL and not self._core.trunks():
                return
            await asyncio.wait({self._hurry}, timeout=LOOK)

    async def _end_relay(self) -> None:
        if self._core.trunks():  # Some did not end in time: write them down.
            self._shell.relay_lost()
        if self._stop.done() and self._stop.result():
            self._supervisor.leave()
        else:
            await self._supervisor.stop()

    def _heed_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number, leave in (
            (signal.SIGTERM, False),
            (signal.SIGINT, False),
            (signal.SIGUSR1, True),
        ):
            loop.add_signal_handler(number, self._told_to_stop, leave)
        # A terminal that closes takes no calls with it; the relay, our child, inherits this.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _told_to_stop(self, leave_relay: bool) -> None:
        """Once: end in order. Twice: without waiting for peers. More often: at once."""
        if not self._stop.done():
            self._stop.set_result(leave_relay)
        elif not self._hurry.done():
            self._hurry.set_result(None)
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().remove_signal_handler(number)

    def _made_admin(self) -> Admin:
        setting = self._setting
        view = BorderView(
            self._core,
            self._link,
            setting.journal,
            self._shell.clock,
            node=setting.config.node.name,
            spool=setting.config.cdr.spool,
            certificates=setting.certificates,
            host=self._host.told,
            turn=self._turn_link,
        )
        prometheus = setting.config.monitoring.prometheus
        listen = prometheus.listen if prometheus is not None else None
        path = setting.run_directory / ADMIN_SOCKET
        return Admin(view, self._metrics, path, listen, self._log.fault)


class Flushing:
    """The journal's own thread: the disk may be slow, the loop must not be."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=keep_flushing, args=(journal, self._stop), name="journal", daemon=True
        )
        self._thread.start()

    async def end(self) -> None:
        """All that has gathered is on the disk after that."""
        self._stop.set()
        await asyncio.to_thread(self._thread.join)
        self._journal.close()


async def keep_time(core: SignallingCore, clock: Clock, every: float = CLOCK_LOOK) -> None:
    """The core counts by a clock that nobody sets; the wall clock may leap beside it."""
    while True:
        await asyncio.sleep(every)
        core.clock_set(time.time() - clock())


async def watch_users(users: UsersFiles, shell: Shell, every: float = WATCH) -> None:
    """Files of users are read in a thread: they may be large, and the disk slow."""
    while True:
        await asyncio.sleep(every)
        changed, notes = await asyncio.to_thread(users.look)
        for group, found in changed:
            shell.users_read(group, found)
        for note in notes:
            shell.note(note)


async def first_of(*futures: asyncio.Future[Any], within: float | None = None) -> None:
    await asyncio.wait(futures, timeout=within, return_when=asyncio.FIRST_COMPLETED)


async def ended(task: asyncio.Task[Any]) -> None:
    """Cancel it; a fault of its own comes out here."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def log_everything(log: Log) -> None:
    """Also what the standard library and the libraries say."""
    logging.basicConfig(handlers=[log.handler()], level=logging.INFO, force=True)
    logging.captureWarnings(capture=True)
