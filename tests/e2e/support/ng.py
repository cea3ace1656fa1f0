"""Relays behind NG, ours and rtpengine, and a client that asks either in the same way."""

import json
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from tests.e2e.support.loopback import Address
from tests.e2e.support.processes import Running
from tests.e2e.support.tools import path_of
from tests.e2e.support.waiting import eventually

_PATIENCE = 2.0


class NgRelay:
    def __init__(self, command: Sequence[str], at: Address, log: Path) -> None:
        self.at = at
        self.running = Running(command, log)
        self._cookies = count(1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(_PATIENCE)
        self.socket.connect(at)
        eventually(f"{log.stem}'s answer", self._pings)

    def ask(self, command: str, **keys: Any) -> dict[str, Any]:
        """In JSON; underscores in keys stand for hyphens."""
        message = {"command": command, **{key.replace("_", "-"): keys[key] for key in keys}}
        cookie = b"%d " % next(self._cookies)
        self.socket.send(cookie + json.dumps(message).encode())
        while not (reply := self.socket.recv(65_535)).startswith(cookie):
            pass
        answer: dict[str, Any] = json.loads(reply.removeprefix(cookie))
        return answer

    def close(self) -> None:
        self.socket.close()
        self.running.end()

    def _pings(self) -> bool:
        with suppress(OSError):
            return self.ask("ping") == {"result": "pong"}
        return False


def ours(at: Address, interfaces: Sequence[str], directory: Path, *more: str) -> NgRelay:
    command = [sys.executable, "-m", "media", "--ng", f"{at[0]}:{at[1]}", *more]
    for interface in interfaces:
        command += ["--interface", interface]
    return NgRelay([*command, "--delete-delay", "0"], at, directory / "relay.log")


def rtpengine(at: Address, interfaces: Sequence[str], directory: Path) -> NgRelay:
    command = [
        *(path_of("rtpengine"), "--foreground", "--log-stderr", "--log-level=3", "--table=-1"),
        *(f"--listen-ng={at[0]}:{at[1]}", "--delete-delay=0", "--port-min=40000"),
        "--port-max=40999",
    ]
    command += [f"--interface={interface}" for interface in interfaces]
    return NgRelay(command, at, directory / "rtpengine.log")


def names(keys: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"call_id": "c", "from_tag": "a", **keys, **more}
