"""A relay's control socket that remembers what it is asked and answers as it was told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from media.control import PROTOCOL, Command, Event, Failed, Hello, Query, Reply, Welcome
from media.wire import Lines, decode_command, encode_event, encode_reply
from tests.support.scripted_core import PATIENCE

WELCOME = Welcome(PROTOCOL, "stand-in", 0)


def friendly(command: Command) -> Reply | None:
    """Welcomes, and knows of no session."""
    match command:
        case Hello():
            return WELCOME
        case Query(session):
            return Failed(session, "no_session", "")
        case _:
            return None


@dataclass
class ScriptedRelay:
    path: Path
    answer: Callable[[Command], Reply | None] = friendly
    asked: asyncio.Queue[tuple[int, Command]] = field(default_factory=asyncio.Queue)
    """With their numbers, those that `answer` had nothing for."""
    connections: list[asyncio.Transport] = field(default_factory=list)
    greeted: int = 0
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        self.path.unlink(missing_ok=True)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: _Connection(self), str(self.path))

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.drop()

    def drop(self) -> None:
        for connection in self.connections:
            connection.abort()
        self.connections.clear()

    async def next(self) -> tuple[int, Command]:
        async with asyncio.timeout(PATIENCE):
            return await self.asked.get()

    def reply(self, number: int, reply: Reply) -> None:
        self.write(encode_reply(number, reply))

    def tell(self, event: Event) -> None:
        self.write(encode_event(event))

    def write(self, data: bytes) -> None:
        self.connections[-1].write(data)


class _Connection(asyncio.Protocol):
    def __init__(self, relay: ScriptedRelay) -> None:
        self._relay = relay
        self._lines = Lines()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._relay.connections.append(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport in self._relay.connections:
            self._relay.connections.remove(self._transport)

    def data_received(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            number, command = decode_command(line)
            self._relay.greeted += isinstance(command, Hello)
            reply = self._relay.answer(command)
            if reply is None:
                self._relay.asked.put_nowait((number, command))
            else:
                self._transport.write(encode_reply(number, reply))
