"""A signalling core that only remembers and answers as it was told: shows what its shell does."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from media.control import Event, Query, Reply, Welcome
from sbc.actions import Action, Flow
from sbc.location.records import Answer, Question
from sbc.operate.record import text
from sbc.registrar.users import Proof
from sbc.sip.errors import BadMessage

PATIENCE = 10.0
"""Seconds until a test gives up waiting for what should come at once."""


@dataclass(frozen=True, slots=True)
class Input:
    name: str
    arguments: tuple[object, ...] = ()

    @property
    def data(self) -> bytes:
        assert isinstance(self.arguments[0], bytes)
        return self.arguments[0]

    @property
    def flow(self) -> Flow:
        """The last argument of every input that has one."""
        assert isinstance(self.arguments[-1], Flow)
        return self.arguments[-1]


def nothing(_: Input) -> Sequence[Action]:
    return ()


@dataclass
class ScriptedCore:
    answer: Callable[[Input], Sequence[Action]] = nothing
    inputs: list[Input] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    deadline: float | None = None
    is_idle: bool = True
    listed: list[Mapping[str, object]] = field(default_factory=list)
    trunk_list: list[Mapping[str, object]] = field(default_factory=list)
    binding_list: list[Mapping[str, object]] = field(default_factory=list)
    subscription_list: list[Mapping[str, object]] = field(default_factory=list)
    query: Query | None = None
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def receive(self, data: bytes, flow: Flow, now: float) -> Sequence[Action]:
        return self._take(now, "receive", data, flow)

    def malformed(self, error: BadMessage, flow: Flow, now: float) -> Sequence[Action]:
        return self._take(now, "malformed", error, flow)

    def transport_failed(self, flow: Flow, now: float) -> Sequence[Action]:
        return self._take(now, "transport_failed", flow)

    def restore(
        self, bindings: Sequence[tuple[str, Mapping[str, object]]], now: float
    ) -> Sequence[Action]:
        return self._take(now, "restore", bindings)

    def users_read(self, group: str, users: Mapping[str, Proof], now: float) -> Sequence[Action]:
        return self._take(now, "users_read", group, users)

    def resolved(self, question: Question, answer: Answer, now: float) -> Sequence[Action]:
        return self._take(now, "resolved", question, answer)

    def turn_account(self, aor: str, now: float) -> None:
        del aor, now

    def bindings(self, now: float) -> Sequence[Mapping[str, object]]:
        del now
        return self.binding_list

    def subscriptions(self, now: float) -> Sequence[Mapping[str, object]]:
        del now
        return self.subscription_list

    def watchers(self) -> Mapping[str, int]:
        return {str(each["from_trunk"]): 1 for each in self.subscription_list}

    def relay_up(self, welcome: Welcome, now: float) -> Sequence[Action]:
        return self._take(now, "relay_up", welcome)

    def relay_lost(self, now: float) -> Sequence[Action]:
        return self._take(now, "relay_lost")

    def relay_replied(self, serial: int, reply: Reply, now: float) -> Sequence[Action]:
        return self._take(now, "relay_replied", serial, reply)

    def relay_told(self, event: Event, now: float) -> Sequence[Action]:
        return self._take(now, "relay_told", event)

    def handle_timeout(self, now: float) -> Sequence[Action]:
        self.deadline = None
        return self._take(now, "handle_timeout")

    def start(self, now: float) -> Sequence[Action]:
        return self._take(now, "start")

    def drain(self, now: float) -> Sequence[Action]:
        return self._take(now, "drain")

    def clock_set(self, epoch: float) -> None:
        self.inputs.append(Input("clock_set", (epoch,)))
        self._more.set()

    def next_deadline(self) -> float | None:
        return self.deadline

    def idle(self) -> bool:
        return self.is_idle

    def calls(self, now: float) -> Sequence[Mapping[str, object]]:
        return self.listed

    def trunks(self) -> Sequence[Sequence[str]]:
        return [[str(text(call, "legs", side, "trunk")) for side in "ab"] for call in self.listed]

    def trunk_states(self, now: float) -> Sequence[Mapping[str, object]]:
        return self.trunk_list

    def call(self, uid: str, now: float) -> Mapping[str, object] | None:
        return next((call for call in self.listed if call["uid"] == uid), None)

    def relay_session_query(self, uid: str) -> Query | None:
        return self.query

    async def next(self, name: str) -> Input:
        """The first input of that name that no test has taken yet."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for index, one in enumerate(self.inputs):
                    if one.name == name:
                        return self.inputs.pop(index)
                self._more.clear()
                await self._more.wait()

    def _take(self, now: float, name: str, *arguments: object) -> Sequence[Action]:
        taken = Input(name, arguments)
        self.inputs.append(taken)
        self.times.append(now)
        self._more.set()
        return self.answer(taken)


@dataclass
class Shelf:
    """A journal in memory."""

    records: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)

    def start(self, uid: str, record: dict[str, object]) -> None:
        self.records.append(("start", uid, record))

    def cdr(self, uid: str, record: dict[str, object]) -> None:
        self.records.append(("cdr", uid, record))
