"""The relay's control socket, spoken to by hand."""

import json
import socket
from pathlib import Path
from typing import Any


def ask_relay(control: Path, **command: Any) -> dict[str, Any]:
    """One command on a connection of its own, and its reply."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(control))
        connection.sendall(json.dumps([1, command]).encode() + b"\n")
        with connection.makefile("rb") as lines:
            reply: dict[str, Any] = json.loads(lines.readline())[1]
    return reply


def relay_sessions(control: Path) -> list[str]:
    sessions: list[str] = ask_relay(control, type="list_sessions")["sessions"]
    return sessions
