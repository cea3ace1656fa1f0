"""A process that listens where a relay would, and says when it is born."""

import asyncio
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.scripted_core import PATIENCE

BODY = """
import os, signal, socket, sys
control, births, deaf = sys.argv[1:]
if deaf == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.path.exists(control):
    os.unlink(control)
listening = socket.socket(socket.AF_UNIX)
listening.bind(control)
listening.listen()
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(str(os.getpid()).encode(), births)
kept = []
while True:
    kept.append(listening.accept())
"""


def command(control: Path, births: Path, *, deaf: bool = False) -> Sequence[str]:
    """`deaf`: it does not heed SIGTERM."""
    # -S: it needs nothing that is installed, and starts sooner.
    return [sys.executable, "-S", "-c", BODY, str(control), str(births), "deaf" if deaf else ""]


class Births:
    """Where stand-ins tell their pid as soon as they listen."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def __enter__(self) -> Self:
        self._socket.bind(str(self.path))
        self._socket.setblocking(False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._socket.close()

    async def next(self) -> int:
        async with asyncio.timeout(PATIENCE):
            return int(await asyncio.get_running_loop().sock_recv(self._socket, 32))


def living(pid: int) -> bool:
    """A zombie is dead."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
