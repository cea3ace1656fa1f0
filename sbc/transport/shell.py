"""The thin shell: carries bytes to the core and its actions to the world. It decides nothing.

One input, then all of its actions; and one alarm, never later than a tick after an input. What a
carrier learns while actions are being performed (a refused connection, a full buffer) it tells on a
later turn of the loop, so that no input ever comes inside another.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol, assert_never

from media.control import Command, Event, Query, Reply, Welcome
from sbc.actions import (
    Action,
    AskRelay,
    Flow,
    Journal,
    Note,
    Resolve,
    RevokeTurn,
    StoreBinding,
    Transmit,
    Transport,
)
from sbc.location.records import Answer, Question
from sbc.registrar.users import Proof
from sbc.sip.errors import BadMessage

log = logging.getLogger(__name__)

GRAIN = 0.001
"""Seconds. The loop rounds a delay to milliseconds; an alarm may be late by one, never early."""
TICK = 0.02
"""Seconds that a timer may be late. To ask for the next deadline at every input, and to be woken
for every timer by itself, costs more than most timers do: so what falls due within a tick is done
together. No timer of SIP is that short (T1 is 500 ms)."""
REST = 1.0
"""Seconds to the next alarm after a fault, so that a timer which always fails cannot spin."""


class SignallingCore(Protocol):
    """All the shell knows of the core. Each call returns everything that must now be done."""

    def receive(self, data: bytes, flow: Flow, now: float) -> Sequence[Action]: ...
    def malformed(self, error: BadMessage, flow: Flow, now: float) -> Sequence[Action]: ...
    def transport_failed(self, flow: Flow, now: float) -> Sequence[Action]: ...
    def resolved(self, question: Question, answer: Answer, now: float) -> Sequence[Action]: ...
    def restore(
        self, bindings: Sequence[tuple[str, Mapping[str, object]]], now: float
    ) -> Sequence[Action]: ...
    def users_read(
        self, group: str, users: Mapping[str, Proof], now: float
    ) -> Sequence[Action]: ...
    def relay_up(self, welcome: Welcome, now: float) -> Sequence[Action]: ...
    def relay_lost(self, now: float) -> Sequence[Action]: ...
    def relay_replied(self, serial: int, reply: Reply, now: float) -> Sequence[Action]: ...
    def relay_told(self, event: Event, now: float) -> Sequence[Action]: ...
    def handle_timeout(self, now: float) -> Sequence[Action]: ...
    def next_deadline(self) -> float | None: ...
    def start(self, now: float) -> Sequence[Action]: ...
    def drain(self, now: float) -> Sequence[Action]: ...
    def clock_set(self, epoch: float) -> None: ...
    def idle(self) -> bool: ...
    def calls(self, now: float) -> Sequence[Mapping[str, object]]: ...
    def trunks(self) -> Sequence[Sequence[str]]: ...
    def trunk_states(self, now: float) -> Sequence[Mapping[str, object]]: ...
    def bindings(self, now: float) -> Sequence[Mapping[str, object]]: ...
    def subscriptions(self, now: float) -> Sequence[Mapping[str, object]]: ...
    def watchers(self) -> Mapping[str, int]: ...
    def turn_account(self, aor: str, now: float) -> Mapping[str, object] | None: ...
    def call(self, uid: str, now: float) -> Mapping[str, object] | None: ...
    def relay_session_query(self, uid: str) -> Query | None: ...


class Carrier(Protocol):
    """Takes messages to the peers of one interface over one transport."""

    def send(self, data: bytes, flow: Flow) -> None:
        """Never raises for what the network does; a failure comes back by `transport_failed`."""


class RelayAsker(Protocol):
    def ask(self, serial: int, command: Command) -> None: ...


class BindingSink(Protocol):
    def keep(self, change: StoreBinding) -> None: ...


class AccountRevoker(Protocol):
    def revoke(self, action: RevokeTurn) -> None: ...


class NameAsker(Protocol):
    def ask(self, question: Question) -> None: ...


class JournalSink(Protocol):
    def start(self, uid: str, record: dict[str, object]) -> None: ...
    def cdr(self, uid: str, record: dict[str, object]) -> None: ...


NoteSink = Callable[[Note], None]
Clock = Callable[[], float]


class Shell:
    """Everything that goes into the core or comes out of it passes here, in one thread."""

    def __init__(
        self,
        core: SignallingCore,
        journal: JournalSink,
        notes: Sequence[NoteSink] = (),
        clock: Clock = time.monotonic,
    ) -> None:
        self.clock = clock
        self.faults = 0
        """Exceptions that escaped the core or an outlet; each is in the log."""
        self._core = core
        self._journal = journal
        self._notes = tuple(notes)
        self._carriers: dict[tuple[str, Transport], Carrier] = {}
        self._relay: RelayAsker | None = None
        self._bindings: BindingSink | None = None
        self._resolver: NameAsker | None = None
        self._turn: AccountRevoker | None = None
        self._loop = asyncio.get_running_loop()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0

    def attach(self, interface: str, transport: Transport, carrier: Carrier) -> None:
        """The first of an interface and transport is the one to send by."""
        self._carriers.setdefault((interface, transport), carrier)

    def attach_relay(self, relay: RelayAsker) -> None:
        self._relay = relay

    def attach_resolver(self, resolver: NameAsker) -> None:
        self._resolver = resolver

    def attach_turn(self, turn: AccountRevoker) -> None:
        self._turn = turn

    def attach_bindings(self, bindings: BindingSink) -> None:
        self._bindings = bindings

    # --- inputs ---------------------------------------------------------------------------------

    def received(self, data: bytes, flow: Flow) -> None:
        self._input(partial(self._core.receive, data, flow))

    def malformed(self, error: BadMessage, flow: Flow) -> None:
        self._input(partial(self._core.malformed, error, flow))

    def resolved(self, question: Question, answer: Answer) -> None:
        self._input(partial(self._core.resolved, question, answer))

    def restore(self, bindings: Sequence[tuple[str, Mapping[str, object]]]) -> None:
        self._input(partial(self._core.restore, bindings))

    def users_read(self, group: str, users: Mapping[str, Proof]) -> None:
        self._input(partial(self._core.users_read, group, users))

    def transport_failed(self, flow: Flow) -> None:
        self._input(partial(self._core.transport_failed, flow))

    def relay_up(self, welcome: Welcome) -> None:
        self._input(partial(self._core.relay_up, welcome))

    def relay_lost(self) -> None:
        self._input(self._core.relay_lost)

    def relay_replied(self, serial: int, reply: Reply) -> None:
        self._input(partial(self._core.relay_replied, serial, reply))

    def relay_told(self, event: Event) -> None:
        self._input(partial(self._core.relay_told, event))

    def start(self) -> None:
        """The sockets are open."""
        self._input(self._core.start)

    def drain(self) -> None:
        self._input(self._core.drain)

    def note(self, note: Note) -> None:
        """Something which a carrier saw and the core need not know."""
        for sink in self._notes:
            sink(note)

    def close(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    # --- outputs --------------------------------------------------------------------------------

    def _input(self, entry: Callable[[float], Sequence[Action]]) -> None:
        now, delay = self.clock(), TICK
        try:
            actions = entry(now)
        except Exception:
            # The core isolates faults by call; this is the last line, and it keeps the process.
            self._fault("an input")
            actions = ()
            delay = REST
        for action in actions:
            try:
                self._perform(action)
            except Exception:
                self._fault(f"an action ({type(action).__name__})")
        self._look_within(delay, now)

    def _perform(self, action: Action) -> None:
        match action:
            case Transmit(data, flow):
                self._carriers[flow.interface, flow.transport].send(data, flow)
            case AskRelay(serial, command):
                if self._relay is not None:
                    self._relay.ask(serial, command)
            case Journal(kind, uid, record):
                write = self._journal.start if kind == "start" else self._journal.cdr
                write(uid, record)
            case Note():
                self.note(action)
            case _:
                self._to_others(action)

    def _to_others(self, action: Resolve | StoreBinding | RevokeTurn) -> None:
        """To whom is asked more rarely, and may not be there."""
        match action:
            case Resolve(question):
                if self._resolver is not None:
                    self._resolver.ask(question)
            case StoreBinding():
                if self._bindings is not None:
                    self._bindings.keep(action)
            case RevokeTurn():
                if self._turn is not None:
                    self._turn.revoke(action)
            case _:
                assert_never(action)

    def _fault(self, where: str) -> None:
        self.faults += 1
        log.exception("fault in %s", where)

    # --- the alarm ------------------------------------------------------------------------------

    def _look_within(self, delay: float, now: float) -> None:
        """An input may have set timers: have a look at them, unless one is due anyhow."""
        if self._alarm is not None:
            if self._alarm_at <= now + delay:
                return
            self._alarm.cancel()
        self._alarm_at = now + delay
        self._alarm = self._loop.call_later(delay + GRAIN, self._wake)

    def _wake(self) -> None:
        self._alarm = None
        now, deadline = self.clock(), self._core.next_deadline()
        if deadline is not None and deadline <= now:
            self._input(self._core.handle_timeout)
        elif deadline is not None:
            self._look_within(deadline - now, now)
