"""What signalling may tell the TURN server; what is broken gets an error, and harms nothing."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from stun_turn.control import LONGEST_LINE, Control


class Server:
    def __init__(self) -> None:
        self.revoked: list[tuple[str, float]] = []

    def revoke(self, identity: str, until: float) -> None:
        self.revoked.append((identity, until))

    def status(self) -> dict[str, object]:
        return {"allocations": 3}


class Line:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, line: bytes) -> object:
        self._writer.write(line + b"\n")
        return json.loads(await asyncio.wait_for(self._reader.readline(), 5.0))


def controlled(tmp_path: Path, test: Callable[[Server, Line, Path], Awaitable[None]]) -> None:
    async def main() -> None:
        server, path = Server(), tmp_path / "turn.sock"
        control = Control(path, server)
        await control.start()
        reader, writer = await asyncio.open_unix_connection(path)
        try:
            await test(server, Line(reader, writer), path)
        finally:
            writer.close()
            control.close()
        assert not path.exists()

    asyncio.run(main())


def test_an_account_is_taken_back(tmp_path: Path) -> None:
    async def test(server: Server, line: Line, path: Path) -> None:
        assert await line.ask(b'{"do":"revoke","identity":"ann@example.org","until":99.5}') == {}
        assert server.revoked == [("ann@example.org", 99.5)]
        others = (await asyncio.to_thread(path.stat)).st_mode & 0o077
        assert others == 0

    controlled(tmp_path, test)


def test_it_tells_how_it_fares(tmp_path: Path) -> None:
    async def test(_: Server, line: Line, __: Path) -> None:
        assert await line.ask(b'{"do":"status"}') == {"allocations": 3}

    controlled(tmp_path, test)


@pytest.mark.parametrize(
    "command",
    [
        b"",
        b"[",
        b"[" * 10_000,
        b"[1]",
        b"{}",
        b'{"do":"revoke"}',
        b'{"do":"revoke","identity":"","until":1}',
        b'{"do":"revoke","identity":7,"until":1}',
        b'{"do":"revoke","identity":"ann","until":"soon"}',
        b'{"do":"revoke","identity":"ann","until":Infinity}',
        b"\xff\xfe",
    ],
)
def test_a_broken_command_gets_an_error_and_the_next_is_heard(
    tmp_path: Path, command: bytes
) -> None:
    async def test(server: Server, line: Line, _: Path) -> None:
        answer = await line.ask(command)
        assert isinstance(answer, dict)
        assert set(answer) == {"error"}
        assert server.revoked == []
        assert await line.ask(b'{"do":"status"}') == {"allocations": 3}

    controlled(tmp_path, test)


def test_a_line_without_an_end_ends_the_connection_alone(tmp_path: Path) -> None:
    async def test(_: Server, line: Line, path: Path) -> None:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"x" * 3 * LONGEST_LINE)
        assert await asyncio.wait_for(reader.read(), 5.0) == b""
        writer.close()
        assert await line.ask(b'{"do":"status"}') == {"allocations": 3}

    controlled(tmp_path, test)
