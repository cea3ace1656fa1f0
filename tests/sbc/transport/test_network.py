import asyncio
import resource
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress

import uvloop

from config.loader import loads
from config.model import Config, MessageLimits
from sbc.actions import Flow, Transmit
from sbc.sip.limits import Limits
from sbc.transport.network import BOUNDLESS, Network, connections_each, limits_of, welcome_at
from sbc.transport.shell import Shell
from sbc.transport.sockets import bind_all
from tests.support.scripted_core import ScriptedCore, Shelf

TWO_INTERFACES = """\
version: 1
interfaces:
  wan: { zone: outside, bind: 127.0.0.1, sip: [{ transport: udp, port: {udp} }, { transport: tcp, port: {tcp} }], media: { ports: 20000-20999 } }
  lan: { zone: inside, bind: 127.0.0.2, sip: [{ transport: udp, port: {udp} }], media: { ports: 30000-30999 } }
zones:
  outside: { trust: untrusted, connections_per_source: 1, message_limits: { bytes: 1000B } }
  inside: { trust: trusted }
trunks:
  carrier: { zone: outside, endpoints: [{ uri: "sip:192.0.2.1" }], identify: { sources: [127.0.0.1/32] } }
  pbx: { zone: inside, endpoints: [{ uri: "sip:10.20.0.11" }], identify: { sources: [10.20.0.11/32] } }
routes:
  - { name: out, from: { trunk: pbx }, to: [carrier] }
  - { name: in, from: { trunk: carrier }, to: [pbx] }
"""  # noqa: E501  (one line a thing, as in the documentation)
OPTIONS = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n"

EARLY = b"came before the core could have answered on the other interface"

ELSEWHERE = Transmit(b"to the other side", Flow("lan", "udp", ("127.0.0.1", 9)))


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as taken_for_a_moment:
        taken_for_a_moment.bind(("127.0.0.1", 0))
        port: int = taken_for_a_moment.getsockname()[1]
        return port


def run(
    scenario: Callable[[ScriptedCore, Config, ExitStack], Awaitable[None]],
) -> None:
    """With the network of `TWO_INTERFACES`, whose core answers every message with itself."""
    udp, tcp = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
    config = loads(TWO_INTERFACES.replace("{udp}", str(udp)).replace("{tcp}", str(tcp)))

    async def main() -> None:
        core = ScriptedCore(
            lambda one: [Transmit(one.data, one.flow), ELSEWHERE] if one.name == "receive" else []
        )
        shell, network = Shell(core, Shelf()), Network()
        bound = bind_all(config.interfaces)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as early:
            early.sendto(EARLY, bound[0].socket.getsockname())
        await network.open(config, bound, shell)
        assert shell.faults == 0
        assert (await core.next("receive")).data == EARLY
        with ExitStack() as sockets:
            sockets.callback(shell.close)
            sockets.callback(network.close)
            await scenario(core, config, sockets)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


async def connected(
    sockets: ExitStack, kind: socket.SocketKind, address: tuple[str, int]
) -> socket.socket:
    made = sockets.enter_context(socket.socket(socket.AF_INET, kind))
    made.setblocking(False)
    await asyncio.get_running_loop().sock_connect(made, address)
    return made


def test_each_interface_answers_by_the_listener_that_was_asked() -> None:
    async def scenario(core: ScriptedCore, config: Config, sockets: ExitStack) -> None:
        loop = asyncio.get_running_loop()
        for name, interface in config.interfaces.items():
            for sip in interface.sip:
                kind = socket.SOCK_DGRAM if sip.transport == "udp" else socket.SOCK_STREAM
                peer = await connected(sockets, kind, (str(interface.bind), sip.port))
                await loop.sock_sendall(peer, OPTIONS)
                assert await loop.sock_recv(peer, 2048) == OPTIONS
                flow = (await core.next("receive")).flow
                assert flow == Flow(name, sip.transport, peer.getsockname())

    run(scenario)


def test_the_limits_of_a_zone_hold_on_its_interface() -> None:
    async def scenario(core: ScriptedCore, config: Config, sockets: ExitStack) -> None:
        loop = asyncio.get_running_loop()
        address = (str(config.interfaces["wan"].bind), config.interfaces["wan"].sip[1].port)
        first = await connected(sockets, socket.SOCK_STREAM, address)
        await loop.sock_sendall(first, OPTIONS)
        await core.next("receive")
        second = await connected(sockets, socket.SOCK_STREAM, address)
        await ended(second)
        await loop.sock_sendall(first, OPTIONS[:-2] + b"X: " + b"x" * 1000)
        await core.next("malformed")

    run(scenario)


def test_a_stranger_may_not_connect() -> None:
    async def scenario(core: ScriptedCore, config: Config, sockets: ExitStack) -> None:
        address = (str(config.interfaces["wan"].bind), config.interfaces["wan"].sip[1].port)
        stranger = sockets.enter_context(socket.socket())
        stranger.bind(("127.0.0.3", 0))
        stranger.setblocking(False)
        await asyncio.get_running_loop().sock_connect(stranger, address)
        await ended(stranger)
        friend = await connected(sockets, socket.SOCK_STREAM, address)
        await asyncio.get_running_loop().sock_sendall(friend, OPTIONS)
        assert (await core.next("receive")).flow.remote == friend.getsockname()

    run(scenario)


def test_strangers_may_connect_where_they_get_an_answer() -> None:
    config = loads(TWO_INTERFACES.replace("{udp}", "5060").replace("{tcp}", "5060"))
    assert not welcome_at(config, "wan")("192.0.2.1")
    assert welcome_at(config, "lan")("10.20.0.11")
    rejecting = TWO_INTERFACES.replace("untrusted,", "untrusted, unknown_action: reject,")
    config = loads(rejecting.replace("{udp}", "5060").replace("{tcp}", "5060"))
    assert welcome_at(config, "wan")("192.0.2.1")


async def ended(stream: socket.socket) -> None:
    with suppress(ConnectionResetError):
        assert await asyncio.get_running_loop().sock_recv(stream, 1) == b""


def test_every_limit_of_messages_goes_into_its_own_place() -> None:
    limits = MessageLimits.model_validate(
        {"bytes": "1B", "headers": 8, "header_bytes": "3B", "body": "4B"}
    )
    assert limits_of(limits) == Limits(bytes=1, headers=8, header_bytes=3, body=4)


def test_the_descriptors_of_the_process_are_shared_out_among_the_interfaces() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        one, two = connections_each(1), connections_each(2)
        assert one // 2 == two
        assert 0 < one < (before[1] if before[1] > 0 else BOUNDLESS)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
