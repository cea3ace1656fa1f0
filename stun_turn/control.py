"""What signalling tells the TURN server and asks of it: one JSON object a line, on a Unix socket.

{"do":"revoke","identity":"ann@example.org","until":1790000000.0}
{"do":"status"}
{"allocations":3,"by_user":{"ann":3},"notes":{"allocated":9},"connections":1,"unsent":0}
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Protocol

LONGEST_LINE = 65_536
"""Bytes. Who sends more is not signalling."""

Json = Mapping[str, object]


class Server(Protocol):
    def revoke(self, identity: str, until: float) -> None: ...
    def status(self) -> Json: ...


class BadCommand(Exception):
    """The text says what is wrong."""


class Control:
    def __init__(self, path: Path, server: Server) -> None:
        self._path = path
        self._up = server
        self._listening: asyncio.Server | None = None

    async def start(self) -> None:
        """Takes the place of a socket that a crash left behind. Raises OSError."""
        if self._path.is_socket():
            self._path.unlink()
        before = os.umask(0o177)
        try:
            self._listening = await asyncio.start_unix_server(
                self._serve, self._path, limit=LONGEST_LINE
            )
        finally:
            os.umask(before)

    def close(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (ValueError, ConnectionError):
            pass  # a line without an end, or nobody who reads
        finally:
            writer.close()

    def _answer(self, line: bytes) -> Json:
        try:
            return self._done(_read(line))
        except BadCommand as bad:
            return {"error": str(bad)}

    def _done(self, command: Json) -> Json:
        match command:
            case {"do": "status"}:
                return self._up.status()
            case {"do": "revoke", "identity": str(identity), "until": int() | float() as until}:
                if not identity or not isfinite(until):
                    raise BadCommand("nobody, or no time")
                self._up.revoke(identity, float(until))
                return {}
            case _:
                raise BadCommand("unknown command")


def _read(line: bytes) -> Json:
    try:
        command = json.loads(line)
    except (ValueError, RecursionError):
        raise BadCommand("no JSON") from None
    if not isinstance(command, dict):
        raise BadCommand("no object")
    return command
