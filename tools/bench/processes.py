"""Processes that the benchmark starts: on which core they run, what they cost, and their end.

Each is the leader of a session of its own. What it has started in turn is known by pid and time of
starting, and ended with it.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from tools.bench.proc import BadProc, Stat, parse_kilobytes, parse_stat, tree

PATIENCE = 5.0
"""Seconds for a process to end when asked; then it is killed."""
_LOOK = 0.02

SUBJECT_CORE, LOAD_CORE = 0, 1

_PROC = Path("/proc")
_TICK = 1 / os.sysconf("SC_CLK_TCK")


class Broken(Exception):
    """Something that the benchmark needs did not work; the text says what."""


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started meanwhile runs there and nowhere else, where there are two cores at all."""
    before = os.sched_getaffinity(0)
    chosen = sorted(before)[core % len(before)]
    os.sched_setaffinity(0, {chosen})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def inherit_priority(pid: int) -> None:
    """Ours, for a leader of a session: Linux weighs sessions, and in them processes (sched(7))."""
    with suppress(OSError):
        nice = os.getpriority(os.PRIO_PROCESS, 0)
        (_PROC / str(pid) / "autogroup").write_text(str(nice))


class Process:
    """One started program, with all that it starts itself."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        core: int = SUBJECT_CORE,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._log = log
        self.command = command
        with log.open("wb") as out, on_core(core):
            self.popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        inherit_priority(self.popen.pid)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def pids(self) -> set[int]:
        return tree(self.pid, _parents())

    def alive(self) -> bool:
        return self.popen.poll() is None

    def require_alive(self) -> None:
        """Raises Broken with the end of its log."""
        if not self.alive():
            status = self.popen.returncode
            raise Broken(f"{self.command[0]} has ended with status {status}: {self.log_end()}")

    def log_end(self) -> str:
        return self._log.read_text(errors="replace").strip()[-300:]

    def wait(self, seconds: float) -> int:
        """Its exit status. Raises Broken when it takes longer."""
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Broken(f"{self.command[0]} did not end in {seconds:.0f} s") from None

    def stop(self) -> None:
        """It and all that it has started; first asked, then not."""
        family = {stat.pid: stat for stat in map(_stat, self.pids()) if stat}
        if self.alive():
            self.popen.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(PATIENCE)
        for pid, before in family.items():
            now = _stat(pid)
            if now is not None and now.started == before.started:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.popen.wait()


@dataclass(frozen=True, slots=True)
class Cost:
    """Of some processes, at one moment."""

    seconds: float
    """Processor time."""
    memory: int
    """PSS: private bytes, and of shared ones each process's part."""


def cost(processes: Sequence[Process]) -> Cost:
    pids = [pid for process in processes for pid in process.pids()]
    return Cost(cpu_seconds(pids), sum(map(_pss, pids)))


def cpu_seconds(pids: Iterable[int]) -> float:
    return _TICK * sum(stat.ticks for stat in map(_stat, pids) if stat)


def spent(processes: Sequence[Process]) -> float:
    return cpu_seconds([pid for process in processes for pid in process.pids()])


def kernel_memory() -> int:
    """Bytes in the kernel's slabs, of the whole machine: sockets are there, and in no process."""
    return parse_kilobytes((_PROC / "meminfo").read_text(), "Slab")


def until(what: str, seconds: float, process: Process, happened: Callable[[], bool]) -> None:
    """Wait for it. Raises Broken after `seconds`, or once the process is dead."""
    end = monotonic() + seconds
    while not happened():
        process.require_alive()
        if monotonic() > end:
            raise Broken(f"{what} did not happen in {seconds:.0f} s: {process.log_end()}")
        sleep(_LOOK)


def _stat(pid: int) -> Stat | None:
    """None: it is over."""
    with suppress(OSError, BadProc):
        return parse_stat((_PROC / str(pid) / "stat").read_text())
    return None


def _pss(pid: int) -> int:
    with suppress(OSError, BadProc):
        return parse_kilobytes((_PROC / str(pid) / "smaps_rollup").read_text(), "Pss")
    return 0


def _parents() -> dict[int, int]:
    pids = (int(folder.name) for folder in _PROC.iterdir() if folder.name.isdigit())
    return {stat.pid: stat.parent for stat in map(_stat, pids) if stat}
