"""What the border tells operators of itself: its calls, with their live media, and how it fares."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Protocol

from msgspec import to_builtins

from media.control import Query, RelayStatistics, Reply, SessionReport, Statistics
from sbc.b2bua.record import media_of
from sbc.operate.journal import JournalCounts
from sbc.relay_link import RelayGone
from sbc.transport.rotation import Rotation
from sbc.transport.shell import Clock, SignallingCore

Json = dict[str, object]

PATIENCE = 2.0
"""Seconds that an operator waits for the relay; then calls are shown without their media."""
AT_ONCE = 8
"""Questions to the relay: it has packets to carry between them."""


class Relay(Protocol):
    """As far as it can be asked."""

    @property
    def up(self) -> asyncio.Event: ...
    async def request(self, command: Query | Statistics) -> Reply: ...


class TurnServer(Protocol):
    async def status(self) -> Json: ...


class Journal(Protocol):
    @property
    def counts(self) -> JournalCounts: ...


class BorderView:
    def __init__(
        self,
        core: SignallingCore,
        relay: Relay,
        journal: Journal,
        clock: Clock,
        *,
        node: str,
        spool: str,
        certificates: Rotation | None = None,
        host: Callable[[], Json] = dict,
        turn: TurnServer | None = None,
    ) -> None:
        self._core = core
        self._relay = relay
        self._journal = journal
        self._clock = clock
        self._node = node
        self._spool = spool
        self._certificates = certificates
        self._host = host
        self._turn = turn

    async def calls(self) -> list[Json]:
        calls = [dict(call) for call in self._core.calls(self._clock())]
        await self._add_media(*calls)
        return calls

    async def call(self, uid: str) -> Json | None:
        found = self._core.call(uid, self._clock())
        if found is None:
            return None
        call = dict(found)
        await self._add_media(call)
        return call

    async def _add_media(self, *calls: Json) -> None:
        """As far as the relay tells it in time."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        few = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._add_live(call, few, deadline) for call in calls))

    async def _add_live(self, call: Json, few: asyncio.Semaphore, deadline: float) -> None:
        query = self._core.relay_session_query(str(call.get("uid")))
        if query is None:
            return
        with suppress(RelayGone, TimeoutError):
            async with asyncio.timeout_at(deadline), few:
                reply = await self._relay.request(query)
            if isinstance(reply, SessionReport):
                call["media"] = media_of(reply)

    async def turn_account(self, aor: str) -> Json | None:
        found = self._core.turn_account(aor, self._clock())
        return None if found is None else dict(found)

    async def bindings(self) -> list[Json]:
        return [dict(each) for each in self._core.bindings(self._clock())]

    async def subscriptions(self) -> list[Json]:
        return [dict(each) for each in self._core.subscriptions(self._clock())]

    async def trunks(self) -> list[Json]:
        states = [dict(trunk) for trunk in self._core.trunk_states(self._clock())]
        calls = by_trunk(self._core.trunks())
        return [{**each, "calls": calls.get(str(each["trunk"]), 0)} for each in states]

    async def status(self) -> Json:
        trunks = self._core.trunks()
        return {
            "node": self._node,
            "spool": self._spool,
            "calls": {"up": len(trunks), "by_trunk": by_trunk(trunks)},
            "trunks": await self.trunks(),
            "subscriptions": self._core.watchers(),
            "relay": await self._relay_status(),
            "journal": asdict(self._journal.counts),
            "certificates": self._certificates_status(),
            "host": self._host(),
            "turn": {} if self._turn is None else await self._turn.status(),
        }

    def _certificates_status(self) -> list[Json]:
        return [] if self._certificates is None else self._certificates.status(time.time())

    async def _relay_status(self) -> Json:
        status: Json = {"connected": self._relay.up.is_set()}
        with suppress(RelayGone, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                reply = await self._relay.request(Statistics())
            if isinstance(reply, RelayStatistics):
                status["sessions"] = reply.sessions
                status["ports"] = {
                    each.interface: {
                        "free": each.free,
                        "used": each.used,
                        "quarantined": each.quarantined,
                    }
                    for each in reply.ports
                }
                status["drops"] = {each.reason: each.packets for each in reply.drops}
                status["overrun"] = {each.interface: each.packets for each in reply.overrun}
                status["lag"] = reply.lag and to_builtins(reply.lag)
        return status


def by_trunk(calls: Sequence[Sequence[str]]) -> dict[str, int]:
    """Each call counts on both of its trunks, once where they are the same."""
    count: Counter[str] = Counter()
    for call in calls:
        count.update(set(call))
    return dict(count)
