"""The thin shell of the relay: carries packets and commands to the core, its actions to the world.

An exception anywhere is a fault of ours. It costs the one session that the input was about.
"""

import json
import sys
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from select import POLLOUT, poll
from traceback import extract_tb
from typing import Any, TextIO

from media.control import Address, Command, Event, Failed, Reply
from media.engine.flow import Bind, Engine, Install, Local, Remove, Send, Unbind
from media.relay import Action, Answer, Relay
from media.stream import Tell

_AT_ONCE = 16
"""Alarms between two packets."""

Answered = Callable[[int, Reply], None]
"""Takes the ticket of a command, and its reply."""


class Shell:
    def __init__(self, relay: Relay, log: TextIO) -> None:
        self._relay = relay
        self._log = log
        self._answered: Answered = _nobody
        self._engine: Engine
        self._told: Callable[[Event], None]
        self.deadline: float | None = None
        """When the core wants to be called, whatever comes."""

    def use(self, engine: Engine, told: Callable[[Event], None]) -> None:
        """Before anything else: they need us, and we need them. `told` takes the events."""
        self._engine = engine
        self._told = told
        self._relay.probe.dropped_at = engine.dropped_at
        self._relay.probe.overrun = engine.overrun

    def command(self, command: Command, ticket: int, answered: Answered, now: float) -> None:
        self._answered = answered
        try:
            self._perform(self._relay.command(command, now, ticket), now)
        except Exception:
            self._discard(now)
            session = self._relay.current or ""
            answered(ticket, Failed(session, "bad_command", "the relay has failed at it"))
        self._answered = _nobody

    def packet(self, local: Local, data: bytes, source: Address, now: float) -> None:
        try:
            self._perform(self._relay.packet(local, data, source, now), now)
        except Exception:
            self._discard(now)

    def timeout(self, now: float) -> None:
        """What is due; of very much, a part. Then the deadline stays in the past."""
        for _ in range(_AT_ONCE):
            if self.deadline is None or self.deadline > now:
                break
            try:
                self._perform(self._relay.handle_timeout(now), now)
            except Exception:
                self._discard(now)

    def fault(self, local: Local, now: float) -> None:
        """In the engine, at a packet of this port; called while the exception stands."""
        self._relay.current = self._relay.owner(local)
        self._discard(now)

    def say(self, event: str, **details: Any) -> None:
        """One line for the log. If nobody reads it, it is lost, and calls go on all the same."""
        if not _takes(self._log):
            return
        with suppress(OSError):
            self._log.write(json.dumps({"event": event, **details}) + "\n")
            self._log.flush()

    def say_fault(self, session: str | None) -> None:
        """While the exception stands: what, and where. Its text might name addresses."""
        kind, _, trace = sys.exc_info()
        frames = [
            f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in extract_tb(trace)[-8:]
        ]
        name = kind.__name__ if kind is not None else ""
        self.say("relay_fault", session=session, error=name, at=frames)

    def _discard(self, now: float) -> None:
        session = self._relay.current
        self.say_fault(session)
        if session is not None:
            try:
                self._perform(self._relay.discard(session, now), now)
            except Exception:
                self.say_fault(session)

    def _perform(self, actions: Iterable[Action], now: float) -> None:
        waiting = deque(actions)
        try:
            while waiting:
                waiting.extendleft(reversed(self._one(waiting.popleft(), now)))
        finally:
            self.deadline = self._relay.next_deadline()

    def _one(self, action: Action, now: float) -> list[Action]:
        match action:
            case Send():
                self._engine.send(action)
            case Install(flow):
                self._engine.install(flow)
            case Remove(local, source):
                self._engine.remove(local, source)
            case Bind(local, kind):
                if self._engine.bind(local, kind):
                    return self._relay.bound(local, now)
                return self._relay.bind_failed(local, now)
            case Unbind(local):
                self._engine.unbind(local)
            case Answer(ticket, reply):
                self._answered(ticket, reply)
            case Tell(event):
                self._told(event)
        return []


def _takes(log: TextIO) -> bool:
    """Would a line be written without waiting? Into a full pipe it is not."""
    ready = poll()
    try:
        ready.register(log, POLLOUT)
    except (OSError, ValueError):  # it is no file
        return True
    return bool(ready.poll(0))


def _nobody(_: int, __: Reply) -> None:
    """Nobody has asked."""
