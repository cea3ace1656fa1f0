import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from media.control import (
    Dropped,
    Failed,
    LoopLag,
    PortCount,
    Query,
    RelayStatistics,
    Reply,
    SessionReport,
    SocketDrops,
    Statistics,
)
from sbc.operate.journal import Journal
from sbc.relay_link import RelayGone
from sbc.view import BorderView, by_trunk
from tests.support.scripted_core import ScriptedCore

CALL: dict[str, object] = {
    "uid": "c1",
    "legs": {"a": {"trunk": "pbx"}, "b": {"trunk": "carrier"}},
    "media": ["as the core knows it"],
}
REPORT = SessionReport("s1", 0.0, 1.0, ())


@dataclass
class Relay:
    reply: Reply | None
    """None: there is no link."""
    up: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[Query | Statistics] = field(default_factory=list)

    async def request(self, command: Query | Statistics) -> Reply:
        self.asked.append(command)
        if self.reply is None:
            raise RelayGone
        return self.reply


def view(core: ScriptedCore, relay: Relay, spool: Path) -> BorderView:
    journal = Journal(spool, "edge-1")
    try:
        return BorderView(core, relay, journal, lambda: 0.0, node="edge-1", spool=str(spool))
    finally:
        journal.close()


def test_calls_are_those_of_the_core(tmp_path: Path) -> None:
    core = ScriptedCore(listed=[CALL])
    assert asyncio.run(view(core, Relay(None), tmp_path).calls()) == [CALL]


def test_calls_are_listed_with_their_live_media(tmp_path: Path) -> None:
    core = ScriptedCore(listed=[CALL, CALL], query=Query("s1"))
    relay = Relay(REPORT)
    assert asyncio.run(view(core, relay, tmp_path).calls()) == [{**CALL, "media": []}] * 2
    assert relay.asked == [Query("s1")] * 2


def test_without_the_relay_calls_are_listed_all_the_same(tmp_path: Path) -> None:
    core = ScriptedCore(listed=[CALL], query=Query("s1"))
    assert asyncio.run(view(core, Relay(None), tmp_path).calls()) == [CALL]


def test_a_call_is_shown_with_its_live_media(tmp_path: Path) -> None:
    core = ScriptedCore(listed=[CALL], query=Query("s1"))
    relay = Relay(REPORT)
    shown = asyncio.run(view(core, relay, tmp_path).call("c1"))
    assert shown == {**CALL, "media": []}
    assert relay.asked == [Query("s1")]


@pytest.mark.parametrize("reply", [None, Failed("s1", "no_session", "")], ids=["gone", "failed"])
def test_without_an_answer_of_the_relay_the_call_is_shown_as_it_is(
    reply: Reply | None, tmp_path: Path
) -> None:
    core = ScriptedCore(listed=[CALL], query=Query("s1"))
    assert asyncio.run(view(core, Relay(reply), tmp_path).call("c1")) == CALL


def test_a_call_without_media_asks_nobody(tmp_path: Path) -> None:
    relay = Relay(REPORT)
    assert asyncio.run(view(ScriptedCore(listed=[CALL]), relay, tmp_path).call("c1")) == CALL
    assert relay.asked == []


def test_a_call_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert asyncio.run(view(ScriptedCore(), Relay(REPORT), tmp_path).call("c1")) is None


def test_the_status_tells_how_the_border_fares(tmp_path: Path) -> None:
    relay = Relay(None)
    relay.up.set()
    status = asyncio.run(view(ScriptedCore(listed=[CALL]), relay, tmp_path).status())
    journal = status.pop("journal")
    assert isinstance(journal, dict)
    assert journal["pending"] == 0
    assert status == {
        "node": "edge-1",
        "spool": str(tmp_path),
        "calls": {"up": 1, "by_trunk": {"pbx": 1, "carrier": 1}},
        "trunks": [],
        "subscriptions": {},
        "relay": {"connected": True},
        "certificates": [],
        "turn": {},
        "host": {},
    }


def test_trunks_are_those_of_the_core_each_with_its_calls(tmp_path: Path) -> None:
    states = [{"trunk": "pbx", "registration": None}, {"trunk": "idle", "registration": None}]
    core = ScriptedCore(listed=[CALL], trunk_list=list(states))
    told = asyncio.run(view(core, Relay(None), tmp_path).trunks())
    assert [(each["trunk"], each["calls"]) for each in told] == [("pbx", 1), ("idle", 0)]


def test_phones_are_those_of_the_core(tmp_path: Path) -> None:
    core = ScriptedCore(binding_list=[{"user": "anna"}])
    assert asyncio.run(view(core, Relay(None), tmp_path).bindings()) == [{"user": "anna"}]


def test_subscriptions_are_those_of_the_core(tmp_path: Path) -> None:
    core = ScriptedCore(subscription_list=[{"event": "dialog"}])
    assert asyncio.run(view(core, Relay(None), tmp_path).subscriptions()) == [{"event": "dialog"}]


def test_the_status_tells_the_ports_and_drops_of_the_relay(tmp_path: Path) -> None:
    told = RelayStatistics(
        2,
        (PortCount("wan", 7, 2, 1),),
        (Dropped("malformed", 5),),
        (SocketDrops("wan", 9),),
        LoopLag((1, 2), 0.5, 0.4),
    )
    status = asyncio.run(view(ScriptedCore(), Relay(told), tmp_path).status())
    assert status["relay"] == {
        "connected": False,
        "sessions": 2,
        "ports": {"wan": {"free": 7, "used": 2, "quarantined": 1}},
        "drops": {"malformed": 5},
        "overrun": {"wan": 9},
        "lag": {"counts": (1, 2), "seconds": 0.5, "longest": 0.4},
    }


def test_a_call_counts_once_on_each_of_its_trunks() -> None:
    assert by_trunk([("pbx",), ("pbx", "pbx"), ("carrier", "pbx")]) == {"pbx": 3, "carrier": 1}
