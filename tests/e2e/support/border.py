"""A border of real processes, as an operator starts it, in private directories."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml
from prometheus_client.parser import text_string_to_metric_families

from sbc.operate.client import Client, NotRunning, Unanswered
from tests.e2e.support.processes import Running, alive, kill, naming
from tests.e2e.support.waiting import eventually

REPOSITORY = Path(__file__).parents[3]
START_WITHIN = 20.0
SBC = (sys.executable, "-m", "sbc")
Json = dict[str, Any]
Wrap = Callable[[Sequence[str]], list[str]]
"""Puts a command into another surrounding, such as a network namespace."""


class Border:
    def __init__(self, config: Json, directory: Path, wrap: Wrap = list) -> None:
        """`config`: completed with private directories, and else used as it is."""
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.run_directory = directory / "run"
        self.spool = directory / "cdr"
        self.config = config
        config.setdefault("node", {})["run_directory"] = str(self.run_directory)
        config["cdr"] = {"spool": str(self.spool)}
        self.file = directory / "border.yaml"
        self.file.write_text(yaml.safe_dump(config, sort_keys=False))
        self.client = Client(self.run_directory)
        self.signalling: Running | None = None
        self._wrap = wrap
        self._starts = 0

    # --- its life ---------------------------------------------------------------------------------

    def launch(self) -> Running:
        """Without waiting for it."""
        self._starts += 1
        log = self.directory / f"border-{self._starts}.log"
        command = self._wrap([*SBC, "run", str(self.file)])
        self.signalling = Running(command, log, cwd=self.directory, env=_path())
        return self.signalling

    def start(self) -> "Border":
        """Until it takes calls."""
        running = self.launch()

        def ready() -> bool:
            if running.status is not None:
                raise AssertionError(f"the border did not start:\n{running.said[-4000:]}")
            return '"event": "started"' in running.said

        eventually("the start of the border", ready, START_WITHIN)
        return self

    def stop(self) -> int:
        """By SIGTERM; its exit status."""
        assert self.signalling is not None
        self.signalling.signal(signal.SIGTERM)
        return self.signalling.wait(20)

    def kill_signalling(self) -> None:
        assert self.signalling is not None
        self.signalling.signal(signal.SIGKILL)
        self.signalling.wait(5)

    def close(self) -> None:
        """Nothing of it is left, however the test ended."""
        for pid in naming(self.directory):
            kill(pid)
        if self.signalling is not None:
            self.signalling.wait(5)

    @property
    def running(self) -> bool:
        return self.signalling is not None and self.signalling.status is None

    @property
    def relay_pid(self) -> int | None:
        """Who listens on the control socket; None: nobody."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.control))
            except OSError:
                return None
            credentials = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        pid: int = struct.unpack("3i", credentials)[0]
        return pid if alive(pid) else None

    @property
    def control(self) -> Path:
        return self.run_directory / "relay.sock"

    # --- what it tells ----------------------------------------------------------------------------

    def calls(self) -> list[Json]:
        return self.client.calls()

    def call(self, uid: str) -> Json:
        return self.client.call(uid)

    def relay_is_connected(self) -> bool:
        with suppress(NotRunning, Unanswered):
            relay = self.client.status().get("relay")
            return isinstance(relay, dict) and relay.get("connected") is True
        return False

    def records(self) -> list[Json]:
        """Every whole CDR on the disk, in order."""
        found: list[Json] = []
        for file in sorted(self.spool.glob("cdr-*.jsonl")):
            lines = file.read_text().split("\n")[:-1]
            found += [json.loads(line) for line in lines]
        return found

    def journal(self) -> bytes:
        """The calls that have begun, as far as they are on the disk."""
        file = self.spool / "open.jsonl"
        return file.read_bytes() if file.exists() else b""

    def record(self, within: float = 5.0) -> Json:
        """The only CDR, once it is there."""
        records = eventually("a CDR", self.records, within)
        assert len(records) == 1, records
        return records[0]

    def records_when(self, count: int, within: float = 5.0) -> list[Json]:
        eventually(f"{count} CDRs", lambda: len(self.records()) >= count, within)
        records = self.records()
        assert len(records) == count, f"{len(records)} CDRs instead of {count}"
        assert len({record["uid"] for record in records}) == count, "a uid came twice"
        return records

    def metrics(self) -> "Metrics":
        ip, _, port = self.config["monitoring"]["prometheus"]["listen"].rpartition(":")
        with urlopen(f"http://{ip}:{port}/metrics", timeout=5) as answer:
            return Metrics(answer.read().decode())

    def command(self, *arguments: str, within: float = 20.0) -> tuple[int, str, str]:
        """`sbc …` beside the running border: exit status, stdout, stderr."""
        return run_sbc(*arguments, "--config", str(self.file), within=within)


class Metrics:
    """A page of metrics, by sample name and labels."""

    def __init__(self, page: str) -> None:
        self.page = page
        self._samples = [
            (sample.name, sample.labels, sample.value)
            for family in text_string_to_metric_families(page)
            for sample in family.samples
        ]

    def sum(self, name: str, **labels: str) -> float:
        """Over all samples that have these labels; none is 0."""
        return sum(
            value
            for sample, having, value in self._samples
            if sample == name and labels.items() <= having.items()
        )

    def events(self, event: str, **labels: str) -> float:
        return self.sum("sbc_events_total", event=event, **labels)


def run_sbc(*arguments: str, within: float = 20.0) -> tuple[int, str, str]:
    done = subprocess.run(
        [*SBC, *arguments],
        capture_output=True,
        text=True,
        timeout=within,
        env={**os.environ, **_path()},
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout, done.stderr


def _path() -> Mapping[str, str]:
    """The border is started from a directory of the test, with the code of this tree."""
    return {"PYTHONPATH": str(REPOSITORY)}
