import asyncio
import shlex
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sbc.relay_process import RelayProcess
from sbc.supervise import Link, Pace, Supervisor
from tests.support.stand_in_relay import Births, command, living

QUICK = Pace(first_pause=0.001, longest_pause=0.01, look=0.01, silence=60.0, ending=60.0)


@dataclass
class World:
    births: Births
    control: Path
    linked: asyncio.Event

    def supervisor(self, pace: Pace = QUICK, *, deaf: bool = False) -> Supervisor:
        link = Link(self.control, self.linked)
        return Supervisor("relay", command(self.control, self.births.path, deaf=deaf), link, pace)


def run(directory: Path, scenario: Callable[[World], Awaitable[None]]) -> None:
    async def main() -> None:
        with Births(directory / "births") as births:
            await scenario(World(births, directory / "control.sock", asyncio.Event()))

    asyncio.run(main())


async def ended(supervising: "asyncio.Task[None]") -> None:
    supervising.cancel()
    await asyncio.wait({supervising})


def test_a_relay_is_started_and_started_again_when_it_ends(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        supervisor = world.supervisor()
        supervising = asyncio.create_task(supervisor.run())
        first = await world.births.next()
        assert supervisor.process is not None
        assert supervisor.process.pid == first
        supervisor.process.signal(signal.SIGKILL)
        second = await world.births.next()
        assert first != second
        assert living(second)
        await ended(supervising)
        await supervisor.stop()
        assert not living(second)

    run(tmp_path, scenario)


def test_a_relay_that_is_there_is_adopted_and_watched_like_our_own(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        earlier = world.supervisor()
        supervising = asyncio.create_task(earlier.run())
        left = await world.births.next()
        await ended(supervising)
        earlier.leave()

        supervisor = world.supervisor(replace(QUICK, first_pause=0.0))
        supervising = asyncio.create_task(supervisor.run())
        await asyncio.wait({supervising}, timeout=0)
        adopted = supervisor.process
        assert adopted is not None
        assert (adopted.pid, adopted.adopted) == (left, True)
        adopted.signal(signal.SIGTERM)
        ours = await world.births.next()
        assert ours != left
        await ended(supervising)
        await supervisor.stop()

    run(tmp_path, scenario)


def test_a_relay_that_is_left_runs_on(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        supervisor = world.supervisor()
        supervising = asyncio.create_task(supervisor.run())
        left = await world.births.next()
        await ended(supervising)
        supervisor.leave()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(world.control))
        assert living(left)
        RelayProcess(left).signal(signal.SIGKILL)

    run(tmp_path, scenario)


def test_a_relay_that_lives_but_does_not_answer_is_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(world: World) -> None:
        supervisor = world.supervisor(replace(QUICK, silence=0.5, ending=0.01), deaf=True)
        supervising = asyncio.create_task(supervisor.run())
        first = await world.births.next()
        second = await world.births.next()
        assert not living(first)
        world.linked.set()
        await ended(supervising)
        assert living(second)
        await supervisor.stop()

    run(tmp_path, scenario)
    assert "does not answer" in caplog.text


def test_a_relay_that_will_not_end_is_made_to(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        supervisor = world.supervisor(replace(QUICK, ending=0.01), deaf=True)
        supervising = asyncio.create_task(supervisor.run())
        deaf = await world.births.next()
        await ended(supervising)
        await supervisor.stop()
        assert not living(deaf)

    run(tmp_path, scenario)


def test_where_no_relay_can_be_started_it_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(world: World) -> None:
        program = tmp_path / "relay"
        supervisor = Supervisor("relay", [str(program)], Link(world.control, world.linked), QUICK)
        supervising = asyncio.create_task(supervisor.run())
        await asyncio.wait({supervising}, timeout=0.02)
        assert supervisor.process is None
        script = shlex.join(command(world.control, world.births.path))
        program.write_text(f"#!/bin/sh\nexec {script}\n")
        program.chmod(0o755)
        born = await world.births.next()
        assert living(born)
        await ended(supervising)
        await supervisor.stop()

    run(tmp_path, scenario)
    assert "cannot start the relay" in caplog.text


def test_to_stop_or_leave_before_there_is_a_relay_does_nothing(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        supervisor = world.supervisor()
        await supervisor.stop()
        supervisor.leave()
        assert supervisor.process is None

    run(tmp_path, scenario)


def test_a_process_that_is_ours_alone_may_be_silent(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        pace = replace(QUICK, silence=0.0)
        run_it = command(world.control, world.births.path)
        supervisor = Supervisor("server", run_it, pace=pace)
        supervising = asyncio.create_task(supervisor.run())
        first = await world.births.next()
        await asyncio.wait({supervising}, timeout=0.1)
        assert living(first)
        await ended(supervising)
        await supervisor.stop()
        assert not living(first)

    run(tmp_path, scenario)
