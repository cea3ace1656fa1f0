"""A border that only tells of itself: its admin socket over records that stand still."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sbc.operate.admin import Admin
from sbc.operate.metrics import Metrics, Names
from sbc.operate.places import ADMIN_SOCKET

NAMES = Names(("core", "carriers"), ("pbx", "carrier"), ("lan", "wan"))
Json = dict[str, Any]


class StillView:
    """`trouble` is raised instead of an answer."""

    def __init__(self, calls: list[Json], status: Json | None = None) -> None:
        self._calls = {call["uid"]: call for call in calls}
        self._status = status or {"node": "sbc", "calls": {"up": len(calls), "by_trunk": {}}}
        self.over: dict[str, Json] = {}
        """Calls that have ended: not listed, but known by their whole uid."""
        self.trouble: Exception | None = None

    async def turn_account(self, aor: str) -> Json | None:
        self._stumble()
        return {"username": f"9:{aor}"} if aor == "ann@example.org" else None

    async def calls(self) -> list[Json]:
        self._stumble()
        return [
            {name: value for name, value in call.items() if name != "trace"}
            for call in self._calls.values()
        ]

    async def call(self, uid: str) -> Json | None:
        self._stumble()
        return self._calls.get(uid) or self.over.get(uid)

    async def bindings(self) -> list[Json]:
        self._stumble()
        return list(self._status.get("registrations", []))

    async def subscriptions(self) -> list[Json]:
        self._stumble()
        return list(self._status.get("subscriptions", []))

    async def trunks(self) -> list[Json]:
        self._stumble()
        trunks = self._status.get("trunks", [])
        return list(trunks)

    async def status(self) -> Json:
        self._stumble()
        return self._status

    def _stumble(self) -> None:
        if self.trouble is not None:
            raise self.trouble


class RunningBorder:
    def __init__(self, directory: Path, view: StillView, listen: tuple[str, int] | None) -> None:
        self.view = view
        self.metrics = Metrics(NAMES)
        self.faults: list[tuple[str, BaseException]] = []
        self.admin = Admin(
            view,
            self.metrics,
            directory / ADMIN_SOCKET,
            listen,
            lambda where, error: self.faults.append((where, error)),
        )


@contextmanager
def running_border(
    directory: Path,
    calls: list[Json],
    status: Json | None = None,
    listen: tuple[str, int] | None = ("127.0.0.1", 0),
) -> Iterator[RunningBorder]:
    """On a thread of its own, so that what asks it may block."""
    border = RunningBorder(directory, StillView(calls, status), listen)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(border.admin.start(), loop).result()
        yield border
    finally:
        asyncio.run_coroutine_threadsafe(border.admin.stop(), loop).result()
        asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
