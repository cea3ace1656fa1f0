"""SIPp as an end of calls: our scenarios, its verdict, and every message it saw."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from tests.e2e.support.border import Wrap
from tests.e2e.support.loopback import Address, at
from tests.e2e.support.processes import Running
from tests.e2e.support.tools import path_of
from tests.e2e.support.waiting import eventually

Transport = Literal["udp", "tcp"]
SCENARIOS = Path(__file__).parents[1] / "scenarios"

_HEAD = re.compile(
    r"^-{20,} (.*)\n(?:UDP|TCP) message (sent|received) (?:\(\d+ bytes\)|\[\d+\] bytes ?):\n\n",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Message:
    at: float
    """Seconds of the wall clock."""
    direction: Literal["sent", "received"]
    text: str

    @property
    def first_line(self) -> str:
        return self.text.split("\n", 1)[0].strip()

    @property
    def what(self) -> str:
        """`INVITE`, or `180 INVITE` for a response."""
        line = self.first_line
        if line.startswith("SIP/2.0 "):
            return f"{line.split()[1]} {self.field('CSeq').split()[1]}"
        return line.split()[0]

    def field(self, name: str) -> str:
        found = re.search(rf"^{name}\s*:\s*(.*?)\s*$", self.text, re.MULTILINE | re.IGNORECASE)
        assert found is not None, f"no {name} in\n{self.text}"
        return found[1]

    def has(self, name: str) -> bool:
        return re.search(rf"^{name}\s*:", self.text, re.MULTILINE | re.IGNORECASE) is not None

    @property
    def body(self) -> str:
        return re.split(r"\r?\n\r?\n", self.text, maxsplit=1)[-1].strip()


class Sipp:
    """One end. `remote`: it calls; None: it waits to be called."""

    def __init__(
        self,
        scenario: str,
        directory: Path,
        local: Address,
        remote: Address | None = None,
        *,
        transport: Transport = "udp",
        calls: int = 1,
        rate: int = 10,
        number: str = "100",
        media_port: int = 6000,
        wrap: Wrap = list,
        file: Path | None = None,
    ) -> None:
        """`file`: of the scenario; None: that of this name among ours."""
        self.name = f"{scenario}-{'caller' if remote else 'callee'}"
        self._messages = directory / f"{self.name}-messages.txt"
        self._errors = directory / f"{self.name}-errors.log"
        ip, self.port = local
        command = [path_of("sipp"), "-sf", str(file or SCENARIOS / f"{self.name}.xml")]
        command += ["-i", ip, "-p", str(self.port), "-mi", ip, "-mp", str(media_port)]
        command += ["-m", str(calls), "-r", str(rate), "-s", number]
        command += ["-t", "t1" if transport == "tcp" else "u1"]
        command += ["-cid_str", "%u-%p-%s", "-nostdin", "-timeout", "60", "-recv_timeout", "15000"]
        command += ["-trace_msg", "-message_file", str(self._messages)]
        command += ["-trace_err", "-error_file", str(self._errors)]
        if remote is not None:
            command.append(at(remote))
        self.running = Running(wrap(command), directory / f"{self.name}.log", cwd=directory)

    def finish(self, within: float = 30.0) -> "Sipp":
        """Every call went as the scenario says."""
        status = self.running.wait(within)
        assert status == 0, f"{self.name} ended with {status}:\n{self.complaints}"
        return self

    @property
    def complaints(self) -> str:
        errors = self._errors.read_text(errors="replace") if self._errors.exists() else ""
        return errors[-4000:] or self.running.said[-4000:]

    @property
    def messages(self) -> list[Message]:
        text = self._messages.read_text(errors="replace") if self._messages.exists() else ""
        pieces = _HEAD.split(text)[1:]
        return [
            Message(
                datetime.fromisoformat(at.strip()).timestamp(),  # local, as SIPp writes it
                "sent" if direction == "sent" else "received",
                body,
            )
            for at, direction, body in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True)
        ]

    @property
    def received(self) -> list[Message]:
        return [message for message in self.messages if message.direction == "received"]

    def got(self, what: str) -> list[Message]:
        return [message for message in self.received if message.what == what]


def listening(end: Sipp) -> Sipp:
    """Until a callee hears: SIPp says nothing of it, the kernel does."""

    def bound() -> bool:
        assert end.running.status is None, f"{end.name} did not start:\n{end.complaints}"
        return is_bound(end.running.pid, end.port)

    eventually(f"{end.name} on port {end.port}", bound)
    return end


def is_bound(pid: int, port: int) -> bool:
    """Looked up where the process lives: it may be another network namespace."""
    return any(_ports(pid, port))


def _ports(pid: int, port: int) -> Iterator[bool]:
    for name in ("udp", "udp6", "tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            yield line.split(maxsplit=2)[1].endswith(f":{port:04X}")
