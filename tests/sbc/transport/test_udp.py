import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from sbc.actions import Flow, Transmit
from sbc.transport.shell import Shell
from sbc.transport.udp import UdpListener, listen
from stun_turn.attributes import read_xor_address
from stun_turn.message import Class, build, parse
from stun_turn.registry import Attribute, Method
from tests.support.scripted_core import Input, ScriptedCore, Shelf

Address = tuple[str, int]


def run(
    host: str,
    scenario: Callable[[ScriptedCore, UdpListener, socket.socket], Awaitable[None]],
    *,
    begun: bool = True,
    stun: bool = False,
) -> None:
    """With a listener on `host` and a peer that is connected to it, on the loop of the product."""

    async def main() -> None:
        core = ScriptedCore()
        shell = Shell(core, Shelf())
        listener = UdpListener("wan", shell, stun=stun)
        shell.attach("wan", "udp", listener)
        await listen(datagram_socket(host), listener)
        bound = listener.address
        with datagram_socket(host) as peer:
            peer.connect(bound)
            peer.setblocking(False)
            if begun:
                listener.begin()
            await scenario(core, listener, peer)
        listener.close()
        shell.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def datagram_socket(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    return made


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_datagram_comes_in_by_its_flow_and_the_answer_goes_back_on_it(host: str) -> None:
    async def scenario(core: ScriptedCore, listener: UdpListener, peer: socket.socket) -> None:
        core.answer = lambda one: [Transmit(b"SIP/2.0 200 OK\r\n\r\n", one.flow)]
        peer.send(b"OPTIONS ...")
        taken = await core.next("receive")
        assert taken == Input(
            "receive", (b"OPTIONS ...", Flow("wan", "udp", peer.getsockname()[:2]))
        )
        answer = await asyncio.get_running_loop().sock_recv(peer, 2048)
        assert answer == b"SIP/2.0 200 OK\r\n\r\n"

    run(host, scenario)


def test_what_comes_before_every_way_out_is_open_waits_for_it() -> None:
    async def scenario(core: ScriptedCore, listener: UdpListener, peer: socket.socket) -> None:
        peer.send(b"first")
        peer.send(b"second")
        turn = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.02, turn.set_result, None)
        await turn
        assert core.inputs == []
        listener.begin()
        assert [one.data for one in core.inputs] == [b"first", b"second"]
        peer.send(b"third")
        await core.next("receive")
        await core.next("receive")
        assert (await core.next("receive")).data == b"third"

    run("127.0.0.1", scenario, begun=False)


def test_keepalives_are_swallowed_without_an_answer() -> None:
    async def scenario(core: ScriptedCore, listener: UdpListener, peer: socket.socket) -> None:
        for keepalive in (b"", b"\0", b"\r\n", b"\r\n\r\n", b"\0\0\0\0"):
            peer.send(keepalive)
        peer.send(b"hello")
        assert (await core.next("receive")).data == b"hello"
        assert core.inputs == []
        with pytest.raises(BlockingIOError):
            peer.recv(2048)

    run("127.0.0.1", scenario)


def test_the_largest_datagram_comes_in_whole() -> None:
    async def scenario(core: ScriptedCore, listener: UdpListener, peer: socket.socket) -> None:
        peer.send(b"x" * 65_507)
        assert (await core.next("receive")).data == b"x" * 65_507

    run("127.0.0.1", scenario)


def test_what_the_kernel_will_not_send_is_counted_and_the_listener_lives_on() -> None:
    async def scenario(core: ScriptedCore, listener: UdpListener, peer: socket.socket) -> None:
        listener.send(b"x" * 70_000, Flow("wan", "udp", peer.getsockname()))
        assert listener.errors == 1
        peer.send(b"still there?")
        await core.next("receive")

    run("127.0.0.1", scenario)


def test_while_the_kernel_takes_no_more_datagrams_are_dropped_and_counted() -> None:
    async def scenario(core: ScriptedCore, listener: UdpListener, peer: socket.socket) -> None:
        flow = Flow("wan", "udp", peer.getsockname())
        listener.pause_writing()
        listener.send(b"dropped", flow)
        assert listener.dropped == 1
        listener.resume_writing()
        listener.send(b"sent", flow)
        assert await asyncio.get_running_loop().sock_recv(peer, 2048) == b"sent"

    run("127.0.0.1", scenario)


BINDING = build(Method.BINDING, Class.REQUEST, b"twelve bytes")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_where_phones_are_a_keepalive_by_stun_is_answered_here(host: str) -> None:
    async def scenario(core: ScriptedCore, listener: UdpListener, peer: socket.socket) -> None:
        peer.send(b"\0\1broken request")
        peer.send(BINDING)
        answer = parse(await asyncio.get_running_loop().sock_recv(peer, 2048))
        mapped = answer.get(Attribute.XOR_MAPPED_ADDRESS) or b""
        assert (answer.kind, answer.transaction_id) == (Class.SUCCESS, b"twelve bytes")
        assert read_xor_address(mapped, answer.transaction_id) == peer.getsockname()[:2]
        assert core.inputs == []

    run(host, scenario, stun=True)


def test_where_none_are_stun_is_as_strange_as_anything_else() -> None:
    async def scenario(core: ScriptedCore, listener: UdpListener, peer: socket.socket) -> None:
        peer.send(BINDING)
        assert (await core.next("receive")).data == BINDING

    run("127.0.0.1", scenario)
