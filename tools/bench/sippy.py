"""The back-to-back user agent of PyPI's `sippy`, without media, in an environment of its own."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.bench.processes import Broken, Process, until
from tools.bench.sipp import CALLED_AT, answers
from tools.bench.subject import Address

ENVIRONMENT = Path("build/bench-venv")
ENTRY: Address = ("127.0.0.81", 5060)
_START = 10.0


def program() -> Path:
    return ENVIRONMENT / "bin" / "b2bua_simple"


def installed() -> bool:
    return program().exists()


def install() -> None:
    """Only on demand, for it fetches packages. Raises Broken."""
    if installed():
        return
    pip = str(ENVIRONMENT / "bin" / "pip")
    for command in ([sys.executable, "-m", "venv", str(ENVIRONMENT)], [pip, "install", "sippy"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Broken(f"{' '.join(command)}: {done.stderr.strip()[-500:]}")


class Sippy:
    name = "sippy"
    entry = ENTRY

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: Process | None = None

    @property
    def processes(self) -> Sequence[Process]:
        return [self._process] if self._process else []

    def start(self) -> None:
        self._process = Process(
            [
                str(program().resolve()),
                *("-f", "-l", ENTRY[0], "-p", str(ENTRY[1])),
                *("-n", "{}:{}".format(*CALLED_AT)),
            ],
            self._folder / "sippy.log",
            environment={"SIPLOG_BEND": "none"},
        )
        until("sippy's answer", _START, self._process, lambda: answers(ENTRY))

    def stop(self) -> None:
        if self._process:
            self._process.stop()
