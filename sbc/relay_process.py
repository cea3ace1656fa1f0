"""A relay process, our child or one that an earlier run left: watched and signalled by its pidfd.

A pidfd names the process itself, so that no signal can hit another that has taken its number, and a
process that is not our child can be watched as well.
"""

import asyncio
import os
import signal
import socket
import struct
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

PROBE = 1.0
"""Seconds for a relay that is there to let us in."""

_CREDENTIALS = struct.Struct("3i")
"""pid, uid, gid (unix(7), SO_PEERCRED)"""


class RelayProcess:
    def __init__(self, pid: int, child: subprocess.Popen[bytes] | None = None) -> None:
        """Raises OSError when there is no such process."""
        self.pid = pid
        self.adopted = child is None
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._child = child
        self._pidfd = os.pidfd_open(pid)
        self._loop.add_reader(self._pidfd, self._gone)

    @property
    def result(self) -> str:
        """How it ended, for the log."""
        status = self._child.poll() if self._child is not None else None
        if status is None:
            return "not our child"
        return f"signal {-status}" if status < 0 else f"status {status}"

    def signal(self, number: signal.Signals) -> None:
        if not self.ended.done():
            # It may have ended, and its end not yet have reached us.
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    async def stop(self, patience: float) -> None:
        """Ask it to end; after `patience` seconds make it."""
        self.signal(signal.SIGTERM)
        await asyncio.wait({self.ended}, timeout=patience)
        self.signal(signal.SIGKILL)
        await self.ended

    def forget(self) -> None:
        """Let it run on without us."""
        if self.ended.done():
            return
        self._close()
        self.ended.set_result(None)
        if self._child is not None:
            self._child.returncode = 0  # Else Popen complains that a child is left running.

    def _gone(self) -> None:
        self._close()
        if self._child is not None:
            self._child.wait()
        self.ended.set_result(None)

    def _close(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)


def spawn(command: Sequence[str]) -> RelayProcess:
    """In a session of its own: neither our end nor an interrupt from the terminal reaches it."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603  # ours
    return RelayProcess(child.pid, child)


def adopt(control: Path) -> RelayProcess | None:
    """The one that listens on this socket, if there is one."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE)
        try:
            probe.connect(str(control))
            found = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            pid, _, _ = _CREDENTIALS.unpack(found)
            return RelayProcess(pid)
        except OSError:
            return None
