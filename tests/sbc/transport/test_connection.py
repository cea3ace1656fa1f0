"""One connection by itself: a transport in memory, and time as it is told."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from sbc.actions import Flow, Transport
from sbc.sip.stream import StreamFramer
from sbc.transport.codec import SipStream
from sbc.transport.connection import USUAL, Connection, tune
from sbc.transport.shell import Shell
from tests.support.scripted_core import ScriptedCore, Shelf

PEER = ("192.0.2.1", 40_000)
FLOW = Flow("wan", "tcp", PEER)
OPTIONS = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n"


class Wire(asyncio.Transport):
    """Remembers what is done to it."""

    def __init__(self, peer: tuple[str, int] | None, stream: socket.socket) -> None:
        super().__init__({"peername": peer, "socket": stream})
        self.written: list[bytes] = []
        self.done: list[str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.done.append(f"at most {high}")

    def close(self) -> None:
        self.done.append("close")

    def abort(self) -> None:
        self.done.append("abort")


@dataclass
class Book:
    """Keeps connections, if it wants to."""

    interface: str = "wan"
    transport: Transport = "tcp"
    welcome: bool = True
    heard: list[tuple[str, Flow]] = field(default_factory=list)

    def admit(self, connection: Connection) -> bool:
        self.heard.append(("admit", connection.flow))
        return self.welcome

    def opened(self, connection: Connection) -> None:
        self.heard.append(("opened", connection.flow))

    def refused(self, connection: Connection, why: str) -> None:
        self.heard.append((why, connection.flow))

    def lost(self, connection: Connection) -> None:
        self.heard.append(("lost", connection.flow))


@dataclass
class World:
    core: ScriptedCore
    shell: Shell
    book: Book
    stream: socket.socket
    now: float = 1000.0

    def connection(self, dialled: Flow | None = None) -> Connection:
        return Connection(self.book, self.shell, SipStream(StreamFramer()), USUAL, dialled)

    def wire(self, connection: Connection, peer: tuple[str, int] | None = PEER) -> Wire:
        wire = Wire(peer, self.stream)
        connection.connection_made(wire)
        return wire


def run(scenario: Callable[[World], None]) -> None:
    async def main() -> None:
        core = ScriptedCore()
        with socket.socket() as stream:
            world = World(core, Shell(core, Shelf(), clock=lambda: world.now), Book(), stream)
            scenario(world)
            world.shell.close()

    asyncio.run(main())


def test_who_comes_in_is_named_by_address_and_who_is_called_by_the_flow_that_was_wanted() -> None:
    wanted = Flow("wan", "tcp", ("192.0.2.9", 5060))

    def scenario(world: World) -> None:
        world.wire(world.connection())
        world.wire(world.connection(wanted))
        opened = [flow for what, flow in world.book.heard if what == "opened"]
        assert opened == [FLOW, wanted]

    run(scenario)


def test_who_has_gone_before_we_looked_is_nobody() -> None:
    def scenario(world: World) -> None:
        connection = world.connection()
        wire = world.wire(connection, None)
        connection.connection_lost(None)
        assert wire.done == ["abort"]
        assert world.book.heard == []

    run(scenario)


def test_one_too_many_goes_and_is_not_missed() -> None:
    def scenario(world: World) -> None:
        world.book.welcome = False
        connection = world.connection()
        wire = world.wire(connection)
        connection.connection_lost(None)
        assert wire.done[-1] == "abort"
        assert world.book.heard == [("admit", FLOW)]

    run(scenario)


def test_a_peer_that_leaves_too_much_unread_is_cut_off() -> None:
    def scenario(world: World) -> None:
        connection = world.connection()
        wire = world.wire(connection)
        assert wire.done == [f"at most {USUAL.unsent}"]
        connection.pause_writing()
        assert wire.done[-1] == "abort"
        connection.connection_lost(None)
        assert world.book.heard[-1] == ("lost", FLOW)

    run(scenario)


def test_pings_are_answered_between_messages() -> None:
    def scenario(world: World) -> None:
        connection = world.connection()
        wire = world.wire(connection)
        connection.data_received(OPTIONS + b"\r\n\r\n" + OPTIONS)
        assert [one.data for one in world.core.inputs] == [OPTIONS, OPTIONS]
        assert wire.written == [b"\r\n"]

    run(scenario)


def test_a_fault_ends_it_after_what_is_written_has_gone_out() -> None:
    def scenario(world: World) -> None:
        connection = world.connection()
        wire = world.wire(connection)
        connection.data_received(OPTIONS + b"OPTIONS sip:a SIP/2.0\r\n\r\n")
        assert [one.name for one in world.core.inputs] == ["receive", "malformed"]
        assert wire.done[-1] == "close"

    run(scenario)


def test_a_message_has_its_time_from_its_first_bytes_however_many_more_come() -> None:
    def scenario(world: World) -> None:
        connection = world.connection()
        world.wire(connection)
        connection.data_received(OPTIONS)
        world.now += 100
        connection.data_received(OPTIONS[:5])
        world.now += 20
        connection.data_received(OPTIONS[5:9])
        assert not connection.stuck(world.now + 12)
        assert connection.stuck(world.now + 12.1)
        connection.data_received(OPTIONS[9:])
        assert not connection.stuck(world.now + 1000)

    run(scenario)


def test_who_comes_in_has_the_time_of_a_message_to_say_something() -> None:
    def scenario(world: World) -> None:
        silent, called = world.connection(), world.connection(FLOW)
        world.wire(silent)
        world.wire(called)
        assert not silent.stuck(world.now + 32)
        assert silent.stuck(world.now + 32.1)
        assert not called.stuck(world.now + 1000)

    run(scenario)


def test_a_single_line_end_begins_no_message() -> None:
    def scenario(world: World) -> None:
        connection = world.connection()
        world.wire(connection)
        connection.data_received(OPTIONS)
        connection.data_received(b"\r\n")
        assert not connection.stuck(world.now + 1000)

    run(scenario)


def test_idle_is_who_has_neither_heard_nor_been_heard_for_long() -> None:
    def scenario(world: World) -> None:
        connection, called = world.connection(), world.connection(FLOW)
        world.wire(connection)
        world.wire(called)
        world.now += 500
        connection.data_received(OPTIONS)
        assert not connection.idle(world.now + 600)
        assert connection.idle(world.now + 600.1)
        world.now += 500
        connection.write(OPTIONS)
        assert not connection.idle(world.now + 600)
        assert not called.idle(world.now + 10_000)

    run(scenario)


def test_the_kernel_is_asked_to_find_out_dead_peers() -> None:
    with socket.socket() as stream:
        tune(stream, 20.0)
        assert stream.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
