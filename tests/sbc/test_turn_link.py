"""Signalling's end of the TURN server's control socket: what was taken back stays so."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from sbc import turn_link
from sbc.actions import RevokeTurn
from sbc.turn_link import TurnLink
from stun_turn.control import Control
from tests.stun_turn.test_control import Server


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn_link, "PAUSE", 0.01)


class Told(Server):
    """Hands on what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.next: asyncio.Queue[tuple[str, float]] = asyncio.Queue()

    def revoke(self, identity: str, until: float) -> None:
        self.next.put_nowait((identity, until))


async def heard(server: Told) -> tuple[str, float]:
    return await asyncio.wait_for(server.next.get(), 5.0)


def test_it_is_told_at_once_and_again_to_a_server_that_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "turn.sock"

    async def main() -> None:
        link = TurnLink(path, wall=lambda: 100.0)
        link.revoke(RevokeTurn("early@example.org", 200.0))
        link.revoke(RevokeTurn("over@example.org", 99.0))
        run = asyncio.create_task(link.run())
        server = Told()
        control = Control(path, server)
        await control.start()
        assert await heard(server) == ("early@example.org", 200.0)
        link.revoke(RevokeTurn("ann@example.org", 300.0))
        assert await heard(server) == ("ann@example.org", 300.0)
        assert await link.status() == {"allocations": 3}
        control.close()
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run
        # Another process takes the place of the first.
        run = asyncio.create_task(link.run())
        again = Told()
        control = Control(path, again)
        await control.start()
        assert await heard(again) == ("early@example.org", 200.0)
        assert await heard(again) == ("ann@example.org", 300.0)
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run
        control.close()

    asyncio.run(main())


def test_without_a_server_nothing_is_known_and_nobody_waits(tmp_path: Path) -> None:
    async def main() -> None:
        link = TurnLink(tmp_path / "turn.sock")
        assert await link.status() == {}
        link.revoke(RevokeTurn("ann@example.org", 1e12))

    asyncio.run(main())
