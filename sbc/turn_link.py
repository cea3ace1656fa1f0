"""Signalling's end of the TURN server's control socket: accounts taken back, and how it fares.

A server that comes back has no allocations, but would take an account that was taken back before:
so what has not expired by itself is told again on every new connection.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sbc.actions import RevokeTurn

PAUSE = 0.5
"""Seconds between two tries to connect."""
PATIENCE = 1.0
"""Seconds that an answer may take."""
LONGEST_LINE = 1 << 20
MOST_REMEMBERED = 100_000


class TurnLink:
    def __init__(self, path: Path, wall: Callable[[], float] = time.time) -> None:
        self._path = path
        self._wall = wall
        self._revoked: dict[str, float] = {}
        """Identity → until when that has to be known."""
        self._ways: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._soon: set[asyncio.Task[object]] = set()

    def revoke(self, action: RevokeTurn) -> None:
        now = self._wall()
        if len(self._revoked) >= MOST_REMEMBERED:
            self._revoked = {who: until for who, until in self._revoked.items() if until > now}
        self._revoked[action.identity] = action.until
        if self._ways is not None:
            task: asyncio.Task[object] = asyncio.create_task(self._tell(action.identity))
            self._soon.add(task)
            task.add_done_callback(self._soon.discard)

    async def status(self) -> dict[str, object]:
        """Of the server; empty when it does not answer."""
        answer = await self._ask({"do": "status"})
        return answer if answer is not None else {}

    async def run(self) -> None:
        """Keep the link, until cancelled."""
        try:
            while True:
                with suppress(OSError):
                    self._ways = await asyncio.open_unix_connection(self._path, limit=LONGEST_LINE)
                    await self._linked()
                await asyncio.sleep(PAUSE)
        finally:
            self._close()

    async def _linked(self) -> None:
        """Until it breaks."""
        now = self._wall()
        for identity in [who for who, until in self._revoked.items() if until > now]:
            await self._tell(identity)
        while await self._ask({"do": "status"}) is not None:  # noqa: ASYNC110 - a heartbeat
            await asyncio.sleep(PAUSE)

    async def _tell(self, identity: str) -> None:
        until = self._revoked[identity]
        await self._ask({"do": "revoke", "identity": identity, "until": until})

    async def _ask(self, command: dict[str, object]) -> dict[str, object] | None:
        async with self._one_at_a_time:
            if self._ways is None:
                return None
            reader, writer = self._ways
            try:
                writer.write(json.dumps(command).encode() + b"\n")
                async with asyncio.timeout(PATIENCE):
                    line = await reader.readline()
                answer = json.loads(line)
            except (OSError, ValueError, TimeoutError):
                self._close()
                return None
            return answer if isinstance(answer, dict) else None

    def _close(self) -> None:
        if self._ways is not None:
            self._ways[1].close()
            self._ways = None
