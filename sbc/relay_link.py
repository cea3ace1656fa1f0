"""The client of the relay's control socket: commands down, replies and events up.

A lost link is made again, for as long as it takes. What was asked and not answered when it broke
is lost with it, and the core is told so once, by `relay_lost`; what is asked while there is no link
goes nowhere, since the core knows. A relay that has stopped answering counts as lost too.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import cast

from media.control import PROTOCOL, Close, Command, Event, Hello, Query, Reply, Welcome
from media.wire import BadLine, Lines, decode_answer, encode_command
from sbc.transport.shell import Shell

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.0
"""Seconds between two tries to connect: doubled from the first to the longest."""
LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of one answer: the list of very many sessions."""
LINGER = 0.02
"""Seconds that a Close waits for a more urgent command to go with: each wakes the relay, and its
answer us, which costs more than the command does."""
NO_SESSION = Query("")
"""What is asked for a sign of life: nothing has a shorter answer."""

Answered = Callable[[Reply | None], None]
"""Takes the reply; None: it will never come."""


@dataclass(frozen=True, slots=True)
class Pace:
    heartbeat: float = 2.0
    """Seconds. As often the relay must show that it lives."""
    patience: float = 10.0
    """Seconds that an answer may take. In so long a silence no media has moved either."""


USUAL = Pace()


class RelayGone(Exception):
    """There is no link to the relay, or it broke before the answer."""


class RelayLink:
    def __init__(self, path: Path, instance: str, shell: Shell, pace: Pace = USUAL) -> None:
        self.welcome: Welcome | None = None
        """What the relay said of itself; None: there is no link."""
        self.up = asyncio.Event()
        self._path = path
        self._hello = Hello(PROTOCOL, instance)
        self._shell = shell
        self._pace = pace
        self._control: Control | None = None
        """The connection, once the relay has welcomed us on it."""

    async def run(self) -> None:
        """Keep the link, until cancelled."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        while True:
            with suppress(OSError):
                _, control = await loop.create_unix_connection(
                    lambda: Control(self._shell.relay_told, self._pace), str(self._path)
                )
                pause = FIRST_PAUSE if await self._serve(control) else pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def ask(self, serial: int, command: Command) -> None:
        """For the core, which gets the reply by its serial."""
        if self._control is not None:
            self._control.ask(command, partial(self._reply_to_core, serial))

    async def request(self, command: Command) -> Reply:
        """For whoever else wants to know. Raises RelayGone."""
        if self._control is None:
            raise RelayGone
        answer: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        self._control.ask(command, partial(_settle, answer))
        reply = await answer
        if reply is None:
            raise RelayGone
        return reply

    def _reply_to_core(self, serial: int, reply: Reply | None) -> None:
        if reply is not None:
            self._shell.relay_replied(serial, reply)

    async def _serve(self, control: "Control") -> bool:
        """Until the connection ends. False: the relay would not have us."""
        try:
            control.ask(self._hello, partial(self._greeted, control))
            await control.lost.wait()
        finally:
            control.close()
            welcomed = self._control is control
            if welcomed:
                self._control = self.welcome = None
                self.up.clear()
        if welcomed:
            self._shell.relay_lost()
        return welcomed

    def _greeted(self, control: "Control", reply: Reply | None) -> None:
        if isinstance(reply, Welcome):
            self._control, self.welcome = control, reply
            self.up.set()
            self._shell.relay_up(reply)
        elif reply is not None:
            log.error("the relay refuses us: %s", reply)
            control.close()


def _settle(answer: asyncio.Future[Reply | None], reply: Reply | None) -> None:
    if not answer.done():  # Else who asked has gone.
        answer.set_result(reply)


class Control(asyncio.Protocol):
    """One connection: numbers the commands, finds who asked for each reply, watches for silence."""

    def __init__(self, told: Callable[[Event], None], pace: Pace) -> None:
        self.lost = asyncio.Event()
        self._told = told
        self._pace = pace
        self._numbers = count(1)
        self._waiting: dict[int, tuple[float, Answered]] = {}
        """By number, in the order of asking: when, and for whom."""
        self._lines = Lines(LONGEST_LINE)
        self._loop = asyncio.get_running_loop()
        self._lingering: list[bytes] = []
        self._linger: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._heart = self._loop.call_later(self._pace.heartbeat, self._beat)

    def ask(self, command: Command, answered: Answered) -> None:
        if self.lost.is_set():
            answered(None)
            return
        number = next(self._numbers)
        self._waiting[number] = (self._loop.time(), answered)
        self._lingering.append(encode_command(number, command))
        if not isinstance(command, Close):
            self._write()
        elif self._linger is None:
            self._linger = self._loop.call_later(LINGER, self._write)

    def data_received(self, data: bytes) -> None:
        try:
            for line in self._lines.feed(data):
                self._take(line)
        except BadLine as error:
            log.error("the relay cannot be understood: %s", error)  # noqa: TRY400  # its fault
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the name is asyncio's
        self._heart.cancel()
        self._forget_linger()
        waiting, self._waiting = self._waiting, {}
        for _, answered in waiting.values():
            answered(None)
        self.lost.set()

    def close(self) -> None:
        self._transport.abort()

    def _write(self) -> None:
        """All that waits, in the order of asking."""
        self._forget_linger()
        lines, self._lingering = self._lingering, []
        self._transport.write(b"".join(lines))

    def _forget_linger(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None

    def _take(self, line: bytes) -> None:
        number, value = decode_answer(line)
        if isinstance(value, Event):
            self._told(value)
        elif number in self._waiting:
            _, answered = self._waiting.pop(number)
            answered(value)

    def _beat(self) -> None:
        self._heart = self._loop.call_later(self._pace.heartbeat, self._beat)
        oldest = next(iter(self._waiting.values()), None)
        if oldest is None:
            self.ask(NO_SESSION, _nobody)
        elif self._loop.time() - oldest[0] > self._pace.patience:
            log.error("the relay has not answered for %.0f s", self._pace.patience)
            self._transport.abort()


def _nobody(_: Reply | None) -> None:
    """The answer itself was wanted, not what it says."""
