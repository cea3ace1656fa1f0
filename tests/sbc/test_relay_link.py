import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from media.control import (
    PROTOCOL,
    Close,
    Command,
    Dead,
    Failed,
    Hello,
    ListSessions,
    Programmed,
    Query,
    Reply,
    Sessions,
)
from sbc.actions import AskRelay, Flow
from sbc.relay_link import USUAL, Pace, RelayGone, RelayLink
from sbc.transport.shell import Shell
from tests.support.scripted_core import PATIENCE, Input, ScriptedCore, Shelf
from tests.support.scripted_relay import WELCOME, ScriptedRelay, friendly

PEER = Flow("wan", "udp", ("192.0.2.1", 5060))


@dataclass
class World:
    core: ScriptedCore
    shell: Shell
    link: RelayLink
    relay: ScriptedRelay

    def ask(self, serial: int, command: Command) -> None:
        """As the core asks: by an action."""
        self.core.answer = lambda _: [AskRelay(serial, command)]
        self.shell.received(b"x", PEER)
        self.core.answer = lambda _: []
        self.core.inputs.clear()


def run(
    directory: Path,
    scenario: Callable[[World], Awaitable[None]],
    *,
    pace: Pace = USUAL,
    answer: Callable[[Command], Reply | None] = friendly,
) -> None:
    async def main() -> None:
        core = ScriptedCore()
        shell = Shell(core, Shelf())
        relay = ScriptedRelay(directory / "relay.sock", answer)
        link = RelayLink(relay.path, "this run", shell, pace)
        shell.attach_relay(link)
        running = asyncio.create_task(link.run())
        try:
            await scenario(World(core, shell, link, relay))
        finally:
            running.cancel()
            await asyncio.wait({running})
            relay.stop()
            shell.close()

    asyncio.run(main())


def test_it_says_hello_first_and_tells_the_core_that_it_is_welcome(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.relay.start()
        number, hello = await world.relay.next()
        assert hello == Hello(PROTOCOL, "this run")
        assert not world.link.up.is_set()
        world.relay.reply(number, WELCOME)
        assert await world.core.next("relay_up") == Input("relay_up", (WELCOME,))
        assert world.link.up.is_set()
        assert world.link.welcome == WELCOME

    run(tmp_path, scenario, answer=lambda _: None)


def test_it_waits_for_a_relay_that_is_not_there_yet(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.ask(1, Close("nobody hears"))
        with pytest.raises(RelayGone):
            await world.link.request(ListSessions())
        await world.relay.start()
        await world.core.next("relay_up")
        assert world.relay.asked.empty()

    run(tmp_path, scenario)


def test_each_reply_finds_its_serial_whatever_the_order(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.relay.start()
        await world.core.next("relay_up")
        world.ask(11, Close("a"))
        world.ask(12, Close("b"))
        (first, a), (second, b) = await world.relay.next(), await world.relay.next()
        assert (a, b) == (Close("a"), Close("b"))
        world.relay.reply(second, Programmed("b"))
        world.relay.reply(first, Programmed("a"))
        assert await world.core.next("relay_replied") == Input(
            "relay_replied", (12, Programmed("b"))
        )
        assert await world.core.next("relay_replied") == Input(
            "relay_replied", (11, Programmed("a"))
        )

    run(tmp_path, scenario)


def test_a_reply_to_nothing_is_passed_over(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.relay.start()
        await world.core.next("relay_up")
        world.relay.reply(4711, Programmed("a"))
        world.relay.tell(Dead("a", "initial"))
        await world.core.next("relay_told")
        assert world.core.inputs == []

    run(tmp_path, scenario)


def test_events_go_up_as_they_come(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.relay.start()
        await world.core.next("relay_up")
        world.relay.tell(Dead("a", "initial"))
        assert await world.core.next("relay_told") == Input("relay_told", (Dead("a", "initial"),))

    run(tmp_path, scenario)


def test_others_may_ask_as_well_and_the_core_hears_nothing_of_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.relay.start()
        await world.core.next("relay_up")
        asking = asyncio.create_task(world.link.request(ListSessions()))
        given_up = asyncio.create_task(world.link.request(ListSessions()))
        (number, _), (late, _) = await world.relay.next(), await world.relay.next()
        given_up.cancel()
        await asyncio.wait({given_up})
        world.relay.reply(late, Sessions(("too late",)))
        world.relay.reply(number, Sessions(("a", "b")))
        assert await asking == Sessions(("a", "b"))
        assert world.core.inputs == []

    run(tmp_path, scenario)


def test_a_lost_link_loses_what_was_asked_and_is_made_again(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.relay.start()
        await world.core.next("relay_up")
        world.ask(1, Close("a"))
        asking = asyncio.create_task(world.link.request(ListSessions()))
        await world.relay.next()
        await world.relay.next()
        world.relay.drop()
        with pytest.raises(RelayGone):
            await asking
        with pytest.raises(RelayGone):  # The core does not know it yet.
            await world.link.request(ListSessions())
        await world.core.next("relay_lost")
        await world.core.next("relay_up")
        assert world.core.inputs == []

    run(tmp_path, scenario)


def test_a_relay_that_starts_anew_is_found_again(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.relay.start()
        await world.core.next("relay_up")
        world.relay.stop()
        await world.core.next("relay_lost")
        assert not world.link.up.is_set()
        assert world.link.welcome is None
        await world.relay.start()
        await world.core.next("relay_up")

    run(tmp_path, scenario)


def test_a_relay_that_refuses_us_is_asked_again_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(world: World) -> None:
        await world.relay.start()
        while world.relay.greeted < 2:
            number, _ = await world.relay.next()
            world.relay.reply(number, Failed("", "bad_command", "another protocol"))
        assert world.core.inputs == []

    run(tmp_path, scenario, answer=lambda _: None)
    assert "another protocol" in caplog.text


@pytest.mark.parametrize("nonsense", [b"nonsense\n", b"[1]\n", b'[0,{"type":"party"}]\n'])
def test_a_relay_that_cannot_be_understood_is_left(
    tmp_path: Path, nonsense: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(world: World) -> None:
        await world.relay.start()
        await world.core.next("relay_up")
        world.relay.write(nonsense)
        await world.core.next("relay_lost")
        await world.core.next("relay_up")

    run(tmp_path, scenario)
    assert "cannot be understood" in caplog.text


def test_a_relay_that_does_not_answer_any_more_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def deaf_after_the_greeting(command: Command) -> Reply | None:
        return WELCOME if isinstance(command, Hello) else None

    async def scenario(world: World) -> None:
        await world.relay.start()
        await world.core.next("relay_up")
        _, sign = await world.relay.next()
        assert sign == Query("")
        await world.core.next("relay_lost")

    run(tmp_path, scenario, pace=Pace(0.01, 0.03), answer=deaf_after_the_greeting)
    assert "has not answered" in caplog.text


def test_a_quiet_relay_that_answers_is_kept(tmp_path: Path) -> None:
    beats = 0

    async def scenario(world: World) -> None:
        def counted(command: Command) -> Reply | None:
            nonlocal beats
            beats += isinstance(command, Query)
            if beats == 5:
                enough.set()
            return friendly(command)

        enough = asyncio.Event()
        world.relay.answer = counted
        await world.relay.start()
        await world.core.next("relay_up")
        async with asyncio.timeout(PATIENCE):
            await enough.wait()
        assert world.core.inputs == []

    run(tmp_path, scenario, pace=Pace(0.005, 1.0))


def test_the_core_hears_nothing_of_our_own_stopping(tmp_path: Path) -> None:
    async def main() -> None:
        core = ScriptedCore()
        relay = ScriptedRelay(tmp_path / "relay.sock")
        await relay.start()
        link = RelayLink(relay.path, "this run", Shell(core, Shelf()))
        running = asyncio.create_task(link.run())
        await core.next("relay_up")
        running.cancel()
        await asyncio.wait({running})
        assert core.inputs == []
        assert not link.up.is_set()
        relay.stop()

    asyncio.run(main())
