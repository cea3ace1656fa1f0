"""Clients on connections: framed, bounded, closed when they idle (RFC 8656 §2.1)."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from stun_turn import streams
from stun_turn.actions import Client
from stun_turn.engine import Engine
from stun_turn.secure import Shown
from stun_turn.streams import Streams
from tests.stun_turn.vectors import IPV4_RESPONSE, REQUEST
from tests.support.authority import Authority
from tests.support.turn_sockets import PATIENCE, Heard, free_port, run


class Up(Heard):
    def __init__(self) -> None:
        super().__init__()
        self.holding = False
        self.lost: asyncio.Queue[Client] = asyncio.Queue()

    def holds(self, client: Client) -> bool:
        del client
        return self.holding

    def disconnected(self, client: Client) -> None:
        self.lost.put_nowait(client)


class Rig:
    def __init__(self) -> None:
        self.up = Up()
        self.engine = Engine(asyncio.get_running_loop(), self.up, None)
        self.streams = Streams(self.engine, self.up)
        self.address = free_port()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self.address)


def rigged(test: Callable[[Rig], Awaitable[None]]) -> None:
    async def main() -> None:
        rig = Rig()
        await rig.streams.listen(rig.address)
        try:
            await test(rig)
        finally:
            rig.streams.close()

    run(main())


async def ended(reader: asyncio.StreamReader) -> bool:
    """The server has closed this connection."""
    try:
        return await asyncio.wait_for(reader.read(1), PATIENCE) == b""
    except ConnectionError:
        return True


def test_messages_come_out_however_they_are_cut_and_answers_go_back() -> None:
    async def test(rig: Rig) -> None:
        reader, writer = await rig.connect()
        writer.write(REQUEST + IPV4_RESPONSE[:7])
        kind, data, client = await rig.up.next()
        assert (kind, data, client.transport) == ("client", REQUEST, "tcp")
        writer.write(IPV4_RESPONSE[7:])
        assert (await rig.up.next())[1] == IPV4_RESPONSE
        rig.engine.streams[client].write(b"answer")
        assert await asyncio.wait_for(reader.read(100), PATIENCE) == b"answer"
        writer.close()
        assert await asyncio.wait_for(rig.up.lost.get(), PATIENCE) == client
        assert client not in rig.engine.streams
        assert len(rig.streams) == 0

    rigged(test)


def test_another_protocol_is_hung_up_on() -> None:
    async def test(rig: Rig) -> None:
        reader, writer = await rig.connect()
        writer.write(b"\xc0\x00\x00\x00")
        assert await ended(reader)
        writer.close()

    rigged(test)


def test_one_source_has_a_bounded_number_of_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_OF_ONE", 3)

    async def test(rig: Rig) -> None:
        opened = [await rig.connect() for _ in range(4)]
        assert await ended(opened[3][0])
        opened[0][1].write(REQUEST)
        assert (await rig.up.next())[1] == REQUEST
        for _, writer in opened:
            writer.close()

    rigged(test)


@pytest.mark.parametrize("sent", [b"", REQUEST[:10]])
@pytest.mark.parametrize("holding", [False, True])
def test_whoever_does_nothing_or_half_a_thing_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch, sent: bytes, *, holding: bool
) -> None:
    monkeypatch.setattr(streams, "PATIENCE", 0.0)
    monkeypatch.setattr(streams, "LOOK", 0.01)

    async def test(rig: Rig) -> None:
        rig.up.holding = holding
        reader, writer = await rig.connect()
        writer.write(sent)
        if holding and not sent:
            writer.write(REQUEST)  # a client with an allocation may be quiet
            assert (await rig.up.next())[1] == REQUEST
            assert not reader.at_eof()
        else:
            assert await ended(reader)
        writer.close()

    rigged(test)


def test_half_a_message_over_tls_costs_its_sender_the_connection_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """(I5)"""
    monkeypatch.setattr(streams, "LOOK", 0.01)
    monkeypatch.setattr(streams, "PATIENCE", 0.0)

    async def main() -> None:
        rig = Rig()
        rig.up.holding = True
        authority = Authority(tmp_path)
        shown = Shown(authority.pair("turn", "turn.example.org").section())
        await rig.streams.listen(rig.address, shown.tls)
        trusted = ssl.create_default_context(cafile=str(authority.trust))
        name = "turn.example.org"
        slow, good = [
            await asyncio.open_connection(*rig.address, ssl=trusted, server_hostname=name)
            for _ in range(2)
        ]
        slow[1].write(REQUEST[:30])
        assert await ended(slow[0])
        good[1].write(REQUEST)
        _, data, client = await rig.up.next()
        assert (data, client.transport) == (REQUEST, "tls")
        rig.engine.streams[client].write(b"answer")
        assert await asyncio.wait_for(good[0].read(100), PATIENCE) == b"answer"
        assert len(rig.streams) == 1
        slow[1].close()
        good[1].close()
        rig.streams.close()

    run(main())
