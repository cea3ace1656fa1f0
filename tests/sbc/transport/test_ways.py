"""The whole stack of a connection on real sockets of this machine: TLS, WebSocket, their limits
(X6, I7, N7, X9)."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvloop

from config.loader import loads
from config.model import Config
from sbc.actions import Flow, Note, Transmit
from sbc.sip.limits import DEFAULT
from sbc.transport.network import Network
from sbc.transport.rotation import Rotation
from sbc.transport.shell import Shell
from sbc.transport.sockets import bind_all
from sbc.transport.ways import way_of
from tests.support.authority import Authority
from tests.support.scripted_core import PATIENCE, ScriptedCore, Shelf

OPTIONS = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n"
OK = b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"
FILE = """\
version: 1
interfaces:
  wan:
    zone: outside
    bind: 127.0.0.1
    sip:
      - transport: tls
        port: TLS
        certificate: edge
        client_ca: ca
        client_certificate: requested
      - { transport: wss, port: WSS, certificate: edge, origins: ["https://phone.example"] }
    media: { ports: 20000-20999 }
certificates:
  edge: { chain: DIR/edge.pem, key: DIR/edge.key, watch: 0s }
  trunk: { chain: DIR/trunk.pem, key: DIR/trunk.key }
  ca: { trust: DIR/ca.pem }
zones:
  outside:
    trust: untrusted
    unknown_action: ACTION
    connections_per_source: 3
    connections: { handshake: 300ms, message: 600ms }
trunks:
  carrier:
    zone: outside
    domain: carrier.example
    endpoints: [{ uri: "sip:127.0.0.9;transport=tls" }]
    identify: { tls_san: [carrier.example] }
    tls: { certificate: trunk, trust: ca }
  other:
    zone: outside
    domain: other.example
    endpoints: [{ uri: "sip:127.0.0.9;transport=tls" }]
    identify: { tls_san: [other.example] }
    tls: { certificate: trunk, trust: ca }
routes:
  - { name: in, from: { trunk: carrier }, to: [carrier] }
"""


@dataclass
class World:
    core: ScriptedCore
    shell: Shell
    notes: list[Note]
    authority: Authority
    config: Config
    directory: Path

    def port(self, transport: str) -> int:
        return next(s.port for s in self.config.interfaces["wan"].sip if s.transport == transport)

    def client(self, certificate: str | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.authority.trust))
        if certificate is not None:
            path = self.directory / certificate
            context.load_cert_chain(path.with_suffix(".pem"), path.with_suffix(".key"))
        return context

    async def connect(
        self, transport: str = "tls", certificate: str | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        context = self.client(certificate)
        async with asyncio.timeout(PATIENCE):
            return await asyncio.open_connection(
                "127.0.0.1", self.port(transport), ssl=context, server_hostname="sbc.example"
            )

    async def raw(
        self, transport: str = "tls"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port(transport))

    def noted(self, event: str) -> list[dict[str, str]]:
        return [dict(note.detail) for note in self.notes if note.event == event]


def run(
    directory: Path, scenario: Callable[[World], Awaitable[None]], action: str = "reject"
) -> None:
    authority = Authority(directory)
    authority.pair("edge", "sbc.example")
    authority.pair("trunk", "trunk.example")
    authority.pair("carrier", "carrier.example")
    tls, wss = free_port(), free_port()
    text = FILE.replace("port: TLS", f"port: {tls}").replace("port: WSS", f"port: {wss}")
    config = loads(text.replace("DIR", str(directory)).replace("ACTION", action))

    async def main() -> None:
        core = ScriptedCore(lambda one: [Transmit(OK, one.flow)] if one.name == "receive" else [])
        notes: list[Note] = []
        shell, network = Shell(core, Shelf(), [notes.append]), Network()
        await network.open(config, bind_all(config.interfaces), shell, Rotation(config))
        try:
            await scenario(World(core, shell, notes, authority, config, directory))
            assert shell.faults == 0
        finally:
            network.close()
            shell.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def free_port() -> int:
    with socket.socket() as taken_for_a_moment:
        taken_for_a_moment.bind(("127.0.0.1", 0))
        port: int = taken_for_a_moment.getsockname()[1]
        return port


async def hears(reader: asyncio.StreamReader, size: int) -> bytes:
    async with asyncio.timeout(PATIENCE):
        return await reader.readexactly(size)


async def is_cut_off(reader: asyncio.StreamReader) -> bool:
    async with asyncio.timeout(PATIENCE):
        try:
            while await reader.read(1000):
                pass
        except (ConnectionResetError, ssl.SSLError):
            pass
        return True


def test_a_message_and_its_answer_go_over_tls_and_the_flow_has_the_names(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        reader, writer = await world.connect(certificate="carrier")
        writer.write(OPTIONS + b"\r\n\r\n")
        assert await hears(reader, len(OK) + 2) == OK + b"\r\n"
        flow = (await world.core.next("receive")).flow
        assert (flow.transport, flow.names) == ("tls", ("carrier.example",))
        writer.close()
        assert (await world.core.next("transport_failed")).flow == flow

    run(tmp_path, scenario)


def test_who_shows_nothing_has_no_name(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        _, writer = await world.connect()
        writer.write(OPTIONS)
        assert (await world.core.next("receive")).flow.names == ()
        writer.close()

    run(tmp_path, scenario)


def test_a_strangers_certificate_ends_the_handshake_and_is_noted(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        other = tmp_path / "other"
        other.mkdir()
        pair = Authority(other, "stranger").pair("stranger", "carrier.example")
        context = world.client()
        context.load_cert_chain(pair.chain, pair.key)
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # where the client hears of it at once
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            await asyncio.open_connection(
                "127.0.0.1", world.port("tls"), ssl=context, server_hostname="sbc.example"
            )
        (told,) = world.noted("handshake_failed")
        assert told["why"].startswith("certificate: unable to get")

    run(tmp_path, scenario)


@asynccontextmanager
async def trunk(
    world: World, certificate: str, **wanted: Any
) -> AsyncIterator[tuple[Flow, list[bytes]]]:
    """A peer that listens with this certificate, and what it hears."""
    heard: list[bytes] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(world.authority.trust))
    context.verify_mode = ssl.CERT_REQUIRED
    path = world.directory / certificate
    context.load_cert_chain(path.with_suffix(".pem"), path.with_suffix(".key"))
    if "also" in wanted:
        _shows_too(context, world, wanted["also"])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown = writer.get_extra_info("peercert")["subjectAltName"][0][1]
        heard.append(shown.encode())
        heard.append(await reader.readexactly(len(OPTIONS)))
        writer.write(OPTIONS)
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    remote = ("127.0.0.1", server.sockets[0].getsockname()[1])
    try:
        yield Flow("wan", "tls", remote, wanted.get("names", ("carrier.example",))), heard
    finally:
        server.close()


def _shows_too(context: ssl.SSLContext, world: World, certificate: str) -> None:
    """To whoever asks for the name of this certificate."""
    path = world.directory / certificate
    another = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(world.authority.trust))
    another.verify_mode = ssl.CERT_REQUIRED
    another.load_cert_chain(path.with_suffix(".pem"), path.with_suffix(".key"))

    def chosen(connection: Any, name: str | None, _: ssl.SSLContext) -> None:
        if name == f"{certificate}.example":
            connection.context = another

    context.sni_callback = chosen


def test_we_call_a_trunk_by_name_and_show_the_certificate_meant_for_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        async with trunk(world, "carrier") as (flow, heard):
            send(world, flow)
            came = (await world.core.next("receive")).flow
            assert heard == [b"trunk.example", OPTIONS]
            assert (came, came.names) == (flow, ("carrier.example",))

    run(tmp_path, scenario)


def test_a_trunk_with_the_wrong_name_is_never_spoken_to(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.authority.pair("wrong", "other.example", common_name="carrier.example")
        async with trunk(world, "wrong") as (flow, heard):
            send(world, flow)
            assert (await world.core.next("transport_failed")).flow == flow
            assert OPTIONS not in heard
            (told,) = world.noted("handshake_failed")
            assert told["why"] == "certificate: for other.example"

    run(tmp_path, scenario)


def test_nor_is_one_whose_certificate_has_expired(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.authority.pair("old", "carrier.example", days=-1)
        async with trunk(world, "old") as (flow, heard):
            send(world, flow)
            assert (await world.core.next("transport_failed")).flow == flow
            assert heard == []
            (told,) = world.noted("handshake_failed")
            assert told["why"] == "certificate: certificate has expired"

    run(tmp_path, scenario)


def test_nor_one_of_whom_nobody_knows_who_it_should_be(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        async with trunk(world, "carrier", names=()) as (flow, heard):
            send(world, flow)
            assert (await world.core.next("transport_failed")).flow == flow
            assert heard == []

    run(tmp_path, scenario)


def test_an_open_connection_is_not_used_for_another_trunk_at_the_same_address(
    tmp_path: Path,
) -> None:
    """RFC 5922 §7.2: its certificate has to be that trunk's too. Meanwhile the first one lives."""

    async def scenario(world: World) -> None:
        async with trunk(world, "carrier") as (flow, heard):
            send(world, flow)
            await world.core.next("receive")
            other = Flow(flow.interface, flow.transport, flow.remote, ("other.example",))
            assert other == flow
            send(world, other)
            assert (await world.core.next("transport_failed")).flow == flow
            assert heard.count(OPTIONS) == 1
            (told,) = world.noted("handshake_failed")
            assert told["why"] == "certificate: for carrier.example"

    run(tmp_path, scenario)


def test_two_trunks_at_one_address_have_a_connection_each(tmp_path: Path) -> None:
    """As behind one proxy of a provider, which shows the certificate that it is asked for."""

    async def scenario(world: World) -> None:
        world.authority.pair("other", "other.example")
        async with trunk(world, "carrier", also="other") as (flow, heard):
            other = Flow(flow.interface, flow.transport, flow.remote, ("other.example",))
            for each in (flow, other):
                send(world, each)
                assert (await world.core.next("receive")).flow.names == each.names
            assert heard.count(OPTIONS) == 2

    run(tmp_path, scenario)


def test_a_peer_that_accepts_and_goes_again_has_failed(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
        flow = Flow("wan", "tls", server.sockets[0].getsockname(), ("carrier.example",))
        send(world, flow)
        assert (await world.core.next("transport_failed")).flow == flow
        server.close()

    run(tmp_path, scenario)


@pytest.mark.parametrize("transport", ["ws", "wss"])
def test_a_websocket_client_that_has_gone_is_not_called(tmp_path: Path, transport: str) -> None:
    async def scenario(world: World) -> None:
        flow = Flow("wan", "wss", ("127.0.0.1", 9))
        send(world, flow)
        assert (await world.core.next("transport_failed")).flow == flow

    run(tmp_path, scenario)


def test_a_new_certificate_is_for_new_connections_and_the_old_ones_live(tmp_path: Path) -> None:
    """X7: in less than five seconds."""

    async def scenario(world: World) -> None:
        reader, writer = await world.connect()
        writer.write(OPTIONS)
        assert await hears(reader, len(OK)) == OK
        new = world.authority.pair("new", "sbc.example", "new.example")
        new.chain.replace(tmp_path / "edge.pem")
        new.key.replace(tmp_path / "edge.key")
        async with asyncio.timeout(5):
            while "new.example" not in await shown(world):
                pass
        writer.write(OPTIONS)
        assert await hears(reader, len(OK)) == OK
        writer.close()
        assert world.noted("certificate_loaded")

    run(tmp_path, scenario)


async def shown(world: World) -> str:
    reader, writer = await world.connect()
    names = str(writer.get_extra_info("peercert")["subjectAltName"])
    writer.close()
    await is_cut_off(reader)
    return names


@pytest.mark.parametrize(
    ("transport", "begun"),
    [
        ("tls", b""),
        ("tls", b"\x16\x03\x01"),
        ("wss", b""),
        ("wss", b"\x16\x03\x01\x02\x00\x01"),
    ],
)
def test_half_a_handshake_is_not_waited_for(tmp_path: Path, transport: str, begun: bytes) -> None:
    async def scenario(world: World) -> None:
        reader, writer = await world.raw(transport)
        writer.write(begun)
        assert await is_cut_off(reader)
        writer.close()

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("transport", "begun"),
    [
        ("wss", b""),
        ("wss", b"GET / HTTP/1.1\r\nHost: a\r\n"),
        ("tls", b""),
        ("tls", b"OPTIONS sip:a SIP/2.0\r\nX: "),
        ("tls", OPTIONS + b"O"),
        ("tls", OPTIONS.replace(b"Length: 0", b"Length: 9") + b"half"),
    ],
)
def test_nor_half_an_upgrade_or_half_a_message(
    tmp_path: Path, transport: str, begun: bytes
) -> None:
    async def scenario(world: World) -> None:
        reader, writer = await world.connect(transport)
        writer.write(begun)
        assert await is_cut_off(reader)
        writer.close()

    run(tmp_path, scenario)


def test_a_byte_now_and_then_is_not_enough_and_others_are_served_meanwhile(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        slow_reader, slow = await world.connect()
        other_reader, other = await world.connect()
        cut = asyncio.ensure_future(is_cut_off(slow_reader))
        for at in range(1000):
            slow.write(OPTIONS[at % 8 : at % 8 + 1])
            other.write(OPTIONS)
            assert await hears(other_reader, len(OK)) == OK
            if (await asyncio.wait({cut}, timeout=0.02))[0]:
                break
        assert cut.done()
        other.close()

    run(tmp_path, scenario)


def test_half_open_connections_count_and_those_above_the_limit_are_refused(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        opened = [await world.raw() for _ in range(8)]
        cut = [asyncio.ensure_future(is_cut_off(reader)) for reader, _ in opened]
        done, _ = await asyncio.wait(cut, timeout=0.2)
        assert len(done) == 5
        await asyncio.wait(cut)
        for _, writer in opened:
            writer.close()
        reader, writer = await world.connect()
        writer.write(OPTIONS)
        assert await hears(reader, len(OK)) == OK
        writer.close()

    run(tmp_path, scenario)


def test_where_strangers_are_dropped_only_tls_can_make_one_known(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        reader, writer = await world.connect(certificate="carrier")
        writer.write(OPTIONS)
        assert await hears(reader, len(OK)) == OK
        writer.close()

    run(tmp_path, scenario, action="drop")


def test_a_reset_in_the_middle_of_a_message_is_told_like_every_end(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        reader, writer = await world.connect()
        writer.write(OPTIONS + OPTIONS[:10])
        assert await hears(reader, len(OK)) == OK
        stream = writer.get_extra_info("socket")
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        writer.transport.abort()
        flow = (await world.core.next("receive")).flow
        assert (await world.core.next("transport_failed")).flow == flow

    run(tmp_path, scenario)


def test_without_tls_a_way_has_none(tmp_path: Path) -> None:
    text = FILE.replace("TLS", "5061").replace("WSS", "443").replace("DIR", "/x")
    config = loads(text.replace("ACTION", "drop"))
    listener = config.interfaces["wan"].sip[0].model_copy(update={"transport": "tcp"})
    way = way_of(config, "wan", listener, DEFAULT, None)
    assert (way.transport, way.accepting, way.dialling) == ("tcp", None, None)
    assert way.dials(Flow("wan", "tcp", ("192.0.2.1", 5060)))


def send(world: World, flow: Flow) -> None:
    world.core.answer = lambda one: [Transmit(OPTIONS, flow)] if one.name == "drain" else []
    world.shell.drain()
