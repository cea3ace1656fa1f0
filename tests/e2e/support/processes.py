"""Processes of a test: each in a group of its own, its output in a file, ended by its pid."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.e2e.support.waiting import eventually

PATIENCE = 10.0
"""Seconds that a process gets to end when asked to."""


class Running:
    """A process that the test started."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        listens: bool = False,
    ) -> None:
        """`listens`: it takes commands on its standard input (`tell`)."""
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if listens else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())
        self._process.stdin.flush()

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def status(self) -> int | None:
        """With which it has ended; None: it runs."""
        return self._process.poll()

    def wait(self, within: float) -> int:
        """Its exit status; a process that does not end in time is a failure."""
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.log.name}: still runs after {within:g} s") from None

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def end(self, patience: float = PATIENCE) -> None:
        """Ask it to end, then make its whole group end."""
        self.signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait(patience)
        if self._process.stdin is not None:
            self._process.stdin.close()


def naming(path: Path) -> Iterator[int]:
    """Pids of processes whose command line names `path`: a private one, so that they are ours."""
    needle = os.fsencode(path)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                if needle in (entry / "cmdline").read_bytes():
                    yield int(entry.name)


def kill(pid: int) -> None:
    """SIGKILL, and wait until it is gone, whoever its parent is."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    eventually(f"the end of process {pid}", lambda: not alive(pid))


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}
