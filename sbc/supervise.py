"""Keeps the processes beside us running: the media relay, and the STUN and TURN server.

One that ends is started again. The relay outlives us on purpose, so that a restart of signalling
moves no packet: one that is there already is adopted, and one that lives but does not answer is
ended first.
"""

import asyncio
import logging
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sbc.relay_process import RelayProcess, adopt, spawn

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds."""

    first_pause: float = 0.1
    longest_pause: float = 5.0
    """Between two starts of a relay that does not last: doubled from the first to the longest."""
    settled: float = 10.0
    """A relay that has lasted so long is started again at once."""
    silence: float = 20.0
    """Without a link for so long, a living relay counts as hung."""
    look: float = 1.0
    """Between two looks at the link."""
    ending: float = 5.0
    """What a relay gets to end by itself."""


USUAL = Pace()


@dataclass(frozen=True, slots=True)
class Link:
    """How we are tied to a process that may have been there before us."""

    control: Path
    """The Unix socket that it listens on."""
    up: asyncio.Event
    """Set while it answers there."""


class Supervisor:
    def __init__(
        self, name: str, command: Sequence[str], link: Link | None = None, pace: Pace = USUAL
    ) -> None:
        """`link`: without one the process is ours alone, and lives as long as it runs."""
        self.process: RelayProcess | None = None
        self._name = name
        self._command = command
        self._link = link
        self._pace = pace

    async def run(self) -> None:
        """Until cancelled; what then runs on is ended by `stop` or left to itself by `leave`."""
        loop = asyncio.get_running_loop()
        pause = self._pace.first_pause
        while True:
            began = loop.time()
            try:
                self.process = self._adopted() or spawn(self._command)
                await self._watch(self.process)
            except OSError as error:
                # The host's fault, not ours: no traceback.
                log.error("cannot start the %s: %s", self._name, error)  # noqa: TRY400
            if loop.time() - began > self._pace.settled:
                pause = self._pace.first_pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._pace.longest_pause)

    async def stop(self) -> None:
        if self.process is not None:
            await self.process.stop(self._pace.ending)

    def leave(self) -> None:
        if self.process is not None:
            self.process.forget()

    def _adopted(self) -> RelayProcess | None:
        return None if self._link is None else adopt(self._link.control)

    async def _watch(self, process: RelayProcess) -> None:
        how = "adopted" if process.adopted else "started"
        log.info("%s %s, pid %d", self._name, how, process.pid)
        silent = 0.0
        while not process.ended.done():
            await asyncio.wait({process.ended}, timeout=self._pace.look)
            if self._link is None or self._link.up.is_set():
                silent = 0.0
                continue
            silent += self._pace.look
            if silent >= self._pace.silence:
                log.error("the %s, pid %d, does not answer; ending it", self._name, process.pid)
                process.signal(signal.SIGKILL)
        log.error("the %s has ended: %s", self._name, process.result)
