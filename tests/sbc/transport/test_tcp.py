import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
import uvloop

from sbc.actions import Flow, Note, Transmit
from sbc.sip.limits import DEFAULT
from sbc.sip.stream import StreamFramer
from sbc.transport.admission import Admission
from sbc.transport.codec import SipStream
from sbc.transport.connection import USUAL, StreamLimits
from sbc.transport.shell import Shell
from sbc.transport.tcp import TcpCarrier, Way, canonical
from tests.support.scripted_core import PATIENCE, Input, ScriptedCore, Shelf

OPTIONS = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 4\r\n\r\nbody"
OK = b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"
QUICK = replace(USUAL, sweep=0.01)


@dataclass
class Peer:
    """The other end of one connection."""

    stream: socket.socket

    @property
    def flow(self) -> Flow:
        return Flow("wan", "tcp", self.stream.getsockname()[:2])

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.stream, data)

    async def hears(self, size: int) -> bytes:
        """So many bytes, or fewer when the connection ends."""
        heard = b""
        async with asyncio.timeout(PATIENCE):
            while len(heard) < size:
                more = await asyncio.get_running_loop().sock_recv(self.stream, size - len(heard))
                if not more:
                    break
                heard += more
        return heard

    async def is_cut_off(self) -> bool:
        try:
            return await self.hears(1) == b""
        except ConnectionResetError:
            return True

    def leave(self) -> None:
        self.stream.close()


@dataclass
class World:
    core: ScriptedCore
    shell: Shell
    carrier: TcpCarrier
    notes: list[Note]
    address: tuple[str, int]
    sockets: ExitStack
    """Closes them all when the scenario is over."""

    async def connect(self) -> Peer:
        stream = self.sockets.enter_context(new_socket(self.address[0]))
        await asyncio.get_running_loop().sock_connect(stream, self.address)
        return Peer(stream)

    async def known(self) -> Peer:
        """A peer whose first message has reached the core."""
        peer = await self.connect()
        await peer.send(OPTIONS)
        await self.core.next("receive")
        return peer

    def elsewhere(self, address: tuple[str, int] = ("127.0.0.1", 0)) -> socket.socket:
        return self.sockets.enter_context(listen_on(address))

    async def accepts(self, listening: socket.socket) -> Peer:
        async with asyncio.timeout(PATIENCE):
            stream, _ = await asyncio.get_running_loop().sock_accept(listening)
        return Peer(self.sockets.enter_context(stream))

    def full(self) -> Flow:
        """To one who takes no further connection: who connects there waits."""
        listening = self.sockets.enter_context(new_socket("127.0.0.1"))
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            filler = self.sockets.enter_context(new_socket("127.0.0.1"))
            filler.connect_ex(listening.getsockname())
        return Flow("wan", "tcp", listening.getsockname())

    async def time_passes(self, delay: float) -> None:
        """Some sweeps of the carrier, which go by the loop's own clock."""
        done = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(delay, done.set_result, None)
        await done


def run(
    scenario: Callable[[World], Awaitable[None]],
    *,
    host: str = "127.0.0.1",
    limits: StreamLimits = USUAL,
    per_source: int = 100,
    dscp: int | None = None,
) -> None:
    """On the loop of the product, with a carrier that listens on `host`."""

    async def main() -> None:
        core = ScriptedCore()
        notes: list[Note] = []
        shell = Shell(core, Shelf(), [notes.append])
        carrier = TcpCarrier(
            "wan",
            host,
            shell,
            way=Way("tcp", lambda: SipStream(StreamFramer(DEFAULT))),
            admission=Admission(per_source, 1000),
            limits=limits,
            dscp=dscp,
        )
        shell.attach("wan", "tcp", carrier)
        listening = listen_on((host, 0))
        await carrier.listen(listening)
        address = listening.getsockname()[:2]
        with ExitStack() as sockets:
            sockets.callback(shell.close)
            sockets.callback(carrier.close)
            await scenario(World(core, shell, carrier, notes, address, sockets))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def new_socket(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setblocking(False)
    return made


def listen_on(address: tuple[str, int]) -> socket.socket:
    listening = new_socket(address[0])
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(address)
    listening.listen(200)
    return listening


def free_port() -> int:
    with listen_on(("127.0.0.1", 0)) as taken_for_a_moment:
        port: int = taken_for_a_moment.getsockname()[1]
        return port


def test_a_marked_connection_is_made_and_carries_messages_both_ways() -> None:
    """(M8)"""

    async def scenario(world: World) -> None:
        listening = world.elsewhere()
        flow = Flow("wan", "tcp", listening.getsockname())
        world.carrier.send(OPTIONS, flow)
        peer = await world.accepts(listening)
        assert await peer.hears(len(OPTIONS)) == OPTIONS
        await peer.send(OPTIONS)
        assert (await world.core.next("receive")).flow == flow

    run(scenario, dscp=24)


def test_a_marked_connection_that_is_refused_is_told() -> None:
    """(M8)"""

    async def scenario(world: World) -> None:
        world.carrier.send(OPTIONS, Flow("wan", "tcp", ("127.0.0.1", free_port())))
        await world.core.next("transport_failed")

    run(scenario, dscp=24)


# --- connections that come in ---------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_message_comes_in_by_its_flow_and_the_answer_goes_back_on_it(host: str) -> None:
    async def scenario(world: World) -> None:
        world.core.answer = lambda one: [Transmit(OK, one.flow)] if one.name == "receive" else []
        peer = await world.connect()
        await peer.send(OPTIONS)
        assert await peer.hears(len(OK)) == OK
        assert await world.core.next("receive") == Input("receive", (OPTIONS, peer.flow))

    run(scenario, host=host)


def test_messages_are_framed_however_the_bytes_arrive() -> None:
    async def scenario(world: World) -> None:
        peer = await world.connect()
        await peer.send(OPTIONS + OPTIONS + OPTIONS[:20])
        assert (await world.core.next("receive")).data == OPTIONS
        assert (await world.core.next("receive")).data == OPTIONS
        await peer.send(OPTIONS[20:])
        assert (await world.core.next("receive")).data == OPTIONS

    run(scenario)


def test_a_fault_behind_a_whole_message_is_told_without_waiting_for_more() -> None:
    async def scenario(world: World) -> None:
        peer = await world.connect()
        await peer.send(OPTIONS + b"OPTIONS sip:a SIP/2.0\r\n\r\n")
        assert await peer.is_cut_off()
        assert [one.name for one in world.core.inputs][:2] == ["receive", "malformed"]

    run(scenario)


def test_a_ping_is_answered_by_a_pong_and_the_core_hears_nothing() -> None:
    async def scenario(world: World) -> None:
        peer = await world.connect()
        await peer.send(b"\r\n\r\n")
        assert await peer.hears(2) == b"\r\n"
        assert world.core.inputs == []

    run(scenario)


def test_bytes_that_are_no_sip_are_told_to_the_core_and_end_the_connection() -> None:
    async def scenario(world: World) -> None:
        world.core.answer = lambda one: [Transmit(OK, one.flow)] if one.name == "malformed" else []
        peer = await world.connect()
        await peer.send(b"OPTIONS sip:a SIP/2.0\r\nContent-Length: many\r\n\r\n")
        told = await world.core.next("malformed")
        assert told.flow == peer.flow
        assert await peer.hears(len(OK)) == OK
        assert await peer.is_cut_off()
        assert (await world.core.next("transport_failed")).flow == peer.flow

    run(scenario)


def test_the_core_learns_that_a_peer_has_closed_or_reset_its_connection() -> None:
    async def scenario(world: World) -> None:
        closing, resetting = await world.known(), await world.known()
        flow = closing.flow
        closing.leave()
        assert (await world.core.next("transport_failed")).flow == flow
        flow = resetting.flow
        resetting.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        resetting.leave()
        assert (await world.core.next("transport_failed")).flow == flow
        assert world.carrier.counts() == (0, 0)

    run(scenario)


# --- connections that we make ---------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_what_is_sent_to_an_unknown_flow_opens_a_connection_from_our_address(host: str) -> None:
    async def scenario(world: World) -> None:
        elsewhere = world.elsewhere((host, 0))
        flow = Flow("wan", "tcp", elsewhere.getsockname()[:2])
        world.carrier.send(b"one ", flow)
        world.carrier.send(b"two", flow)
        peer = await world.accepts(elsewhere)
        assert await peer.hears(7) == b"one two"
        assert peer.stream.getpeername()[0] == host
        world.carrier.send(b"three", flow)
        assert await peer.hears(5) == b"three"
        await peer.send(OPTIONS)
        assert await world.core.next("receive") == Input("receive", (OPTIONS, flow))
        assert world.carrier.counts() == (1, 0)

    run(scenario, host=host)


def test_an_ipv6_address_finds_its_connection_however_it_is_written() -> None:
    async def scenario(world: World) -> None:
        peer = await world.known()
        port = peer.stream.getsockname()[1]
        world.carrier.send(OK, Flow("wan", "tcp", ("0:0:0:0:0:0:0:1", port)))
        assert await peer.hears(len(OK)) == OK

    run(scenario, host="::1")
    assert canonical(Flow("wan", "tcp", ("2001:DB8::0:1", 1))).remote == ("2001:db8::1", 1)
    assert canonical(Flow("wan", "tcp", ("no:address", 1))).remote == ("no:address", 1)


@pytest.mark.parametrize(
    "remote", [("127.0.0.1", 0), ("::1", 5060), ("127.0.0.1", 99_999_999_999)], ids=str
)
def test_where_nobody_can_be_reached_the_core_is_told_so_once(remote: tuple[str, int]) -> None:
    async def scenario(world: World) -> None:
        flow = Flow("wan", "tcp", remote)
        world.carrier.send(b"one", flow)
        world.carrier.send(b"two", flow)
        assert world.core.inputs == []
        assert (await world.core.next("transport_failed")).flow == flow
        assert world.carrier.counts() == (0, 0)
        assert world.core.inputs == []

    run(scenario)


def test_a_refused_connection_is_told_and_a_later_try_may_succeed() -> None:
    async def scenario(world: World) -> None:
        flow = Flow("wan", "tcp", ("127.0.0.1", free_port()))
        world.carrier.send(b"one", flow)
        await world.core.next("transport_failed")
        elsewhere = world.elsewhere(flow.remote)
        world.carrier.send(b"two", flow)
        peer = await world.accepts(elsewhere)
        assert await peer.hears(3) == b"two"

    run(scenario)


def test_a_connection_that_does_not_come_about_in_time_has_failed() -> None:
    async def scenario(world: World) -> None:
        flow = world.full()
        world.carrier.send(b"one", flow)
        assert world.carrier.counts() == (0, 1)
        assert (await world.core.next("transport_failed")).flow == flow
        assert world.carrier.counts() == (0, 0)

    run(scenario, limits=replace(USUAL, connect=0.05))


def test_what_waits_for_a_connection_is_bounded() -> None:
    async def scenario(world: World) -> None:
        flow = world.full()
        for _ in range(12):
            world.carrier.send(b"x" * 1000, flow)
        assert (await world.core.next("transport_failed")).flow == flow
        assert world.carrier.counts() == (0, 0)

    run(scenario, limits=replace(USUAL, waiting=10_000))


def test_closing_gives_up_what_is_being_made_and_lets_go_out_what_is_written() -> None:
    async def scenario(world: World) -> None:
        world.carrier.send(b"never", world.full())
        peer = await world.known()
        world.carrier.send(OK, peer.flow)
        world.carrier.close()
        assert await peer.hears(1000) == OK
        await world.core.next("transport_failed")
        await world.core.next("transport_failed")

    run(scenario)


# --- limits ---------------------------------------------------------------------------------------


def test_one_source_cannot_have_more_connections_than_its_share() -> None:
    async def scenario(world: World) -> None:
        peers = [await world.connect() for _ in range(3)]
        for peer in peers[:2]:
            await peer.send(OPTIONS)
            await world.core.next("receive")
        assert await peers[2].is_cut_off()
        assert world.carrier.counts() == (2, 0)
        peers[0].leave()
        await world.core.next("transport_failed")
        await world.known()
        assert "transport_failed" not in [one.name for one in world.core.inputs]

    run(scenario, per_source=2)


def test_refused_connections_are_noted_by_number_not_one_by_one() -> None:
    async def scenario(world: World) -> None:
        for _ in range(3):
            refused = await world.connect()
            assert await refused.is_cut_off()
        await world.time_passes(0.03)
        assert {(note.event, note.labels) for note in world.notes} == {
            ("connections_refused", (("interface", "wan"), ("transport", "tcp")))
        }
        assert sum(int(dict(note.detail)["count"]) for note in world.notes) == 3

    run(scenario, per_source=0, limits=QUICK)


def test_a_message_that_dribbles_in_is_given_up_after_its_time() -> None:
    async def scenario(world: World) -> None:
        peer = await world.known()
        await peer.send(b"\r\n" + OPTIONS[:10])
        assert await peer.is_cut_off()
        assert (await world.core.next("transport_failed")).flow == peer.flow

    run(scenario, limits=replace(QUICK, message=0.05))


def test_a_connection_that_never_says_anything_is_given_up_too() -> None:
    async def scenario(world: World) -> None:
        peer = await world.connect()
        assert await peer.is_cut_off()

    run(scenario, limits=replace(QUICK, message=0.05))


def test_between_messages_the_time_for_a_message_does_not_run() -> None:
    async def scenario(world: World) -> None:
        peer = await world.known()
        await peer.send(b"\r\n")
        await world.time_passes(0.1)
        assert world.carrier.counts() == (1, 0)

    run(scenario, limits=replace(QUICK, message=0.03))


def test_an_idle_inbound_connection_makes_room_and_an_outbound_one_is_kept() -> None:
    async def scenario(world: World) -> None:
        elsewhere = world.elsewhere()
        world.carrier.send(OK, Flow("wan", "tcp", elsewhere.getsockname()))
        await world.accepts(elsewhere)
        peer = await world.known()
        assert await peer.is_cut_off()
        assert world.carrier.counts() == (1, 0)

    run(scenario, limits=replace(QUICK, idle=0.05), per_source=1)


def test_an_idle_connection_is_kept_while_there_is_room() -> None:
    async def scenario(world: World) -> None:
        peer = await world.known()
        await world.time_passes(0.1)
        await peer.send(OPTIONS)
        await world.core.next("receive")

    run(scenario, limits=replace(QUICK, idle=0.02), per_source=2)


def test_a_peer_that_does_not_read_is_cut_off() -> None:
    async def scenario(world: World) -> None:
        peer = await world.known()
        for _ in range(100):
            world.carrier.send(b"x" * 100_000, peer.flow)
        assert (await world.core.next("transport_failed")).flow == peer.flow

    run(scenario)
