"""Keeps a relay running: the one that is there already, else one of our own.

A relay outlives us on purpose, so that a restart of signalling moves no packet. A relay that ends
is started again; one that lives but does not answer is ended first.
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


class RelaySupervisor:
    def __init__(
        self, command: Sequence[str], control: Path, linked: asyncio.Event, pace: Pace = USUAL
    ) -> None:
        """`linked`: set while the relay answers on its control socket."""
        self.process: RelayProcess | None = None
        self._command = command
        self._control = control
        self._linked = linked
        self._pace = pace

    async def run(self) -> None:
        """Until cancelled; what then runs on is ended by `stop` or left to itself by `leave`."""
        loop = asyncio.get_running_loop()
        pause = self._pace.first_pause
        while True:
            began = loop.time()
            try:
                self.process = adopt(self._control) or spawn(self._command)
                await self._watch(self.process)
            except OSError as error:
                log.error("cannot start a relay: %s", error)  # noqa: TRY400  # the host's fault
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

    async def _watch(self, process: RelayProcess) -> None:
        log.info("relay %s, pid %d", "adopted" if process.adopted else "started", process.pid)
        silent = 0.0
        while not process.ended.done():
            await asyncio.wait({process.ended}, timeout=self._pace.look)
            silent = 0.0 if self._linked.is_set() else silent + self._pace.look
            if silent >= self._pace.silence:
                log.error("the relay, pid %d, does not answer; ending it", process.pid)
                process.signal(signal.SIGKILL)
        log.error("the relay has ended: %s", process.result)
