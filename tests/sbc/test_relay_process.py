import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from sbc.relay_process import RelayProcess, adopt, spawn
from tests.support.stand_in_relay import Births, command, living

SHORT = 0.01
LONG = 60.0


def run(directory: Path, scenario: Callable[[Births, Path], Awaitable[None]]) -> None:
    async def main() -> None:
        with Births(directory / "births") as births:
            await scenario(births, directory / "control.sock")

    asyncio.run(main())


def test_a_child_that_ends_says_how(tmp_path: Path) -> None:
    async def scenario(births: Births, control: Path) -> None:
        child = spawn(["/bin/sh", "-c", "exit 7"])
        await child.ended
        assert child.result == "status 7"
        child.signal(signal.SIGTERM)  # It hits nobody.
        await child.stop(LONG)

    run(tmp_path, scenario)


def test_a_child_is_asked_to_end_and_does(tmp_path: Path) -> None:
    async def scenario(births: Births, control: Path) -> None:
        child = spawn(command(control, births.path))
        assert await births.next() == child.pid
        await child.stop(LONG)
        assert child.result == f"signal {signal.SIGTERM.value}"
        assert not living(child.pid)

    run(tmp_path, scenario)


def test_a_child_that_does_not_heed_is_killed(tmp_path: Path) -> None:
    async def scenario(births: Births, control: Path) -> None:
        child = spawn(command(control, births.path, deaf=True))
        await births.next()
        await child.stop(SHORT)
        assert child.result == f"signal {signal.SIGKILL.value}"

    run(tmp_path, scenario)


def test_a_child_is_in_a_session_of_its_own(tmp_path: Path) -> None:
    async def scenario(births: Births, control: Path) -> None:
        child = spawn(command(control, births.path))
        await births.next()
        assert os.getsid(child.pid) == child.pid
        await child.stop(LONG)

    run(tmp_path, scenario)


def test_a_forgotten_process_runs_on_and_can_be_found_by_its_socket(tmp_path: Path) -> None:
    async def scenario(births: Births, control: Path) -> None:
        child = spawn(command(control, births.path))
        await births.next()
        child.forget()
        child.forget()
        found = adopt(control)
        assert found is not None
        assert (found.pid, found.adopted) == (child.pid, True)
        found.signal(signal.SIGKILL)
        await found.ended
        assert found.result == "not our child"
        found.forget()

    run(tmp_path, scenario)


def test_where_nobody_listens_there_is_nobody_to_adopt(tmp_path: Path) -> None:
    async def scenario(births: Births, control: Path) -> None:
        assert adopt(control) is None
        child = spawn(command(control, births.path))
        await births.next()
        await child.stop(LONG)
        assert adopt(control) is None

    run(tmp_path, scenario)


def test_a_process_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    async def scenario(births: Births, control: Path) -> None:
        child = spawn(["/bin/true"])
        await child.ended
        with pytest.raises(OSError):  # noqa: PT011  # whichever the host says
            RelayProcess(child.pid)

    run(tmp_path, scenario)
