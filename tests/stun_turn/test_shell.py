"""The shell of the TURN server on loopback: real sockets, and faults that stay with one input."""

import asyncio
import logging
import time
from ipaddress import ip_network

import pytest

from stun_turn import attributes as of
from stun_turn.accounts import Listed, TimeLimited, long_term_key
from stun_turn.actions import Client
from stun_turn.attributes import IPV4, MD5
from stun_turn.auth import LongTerm
from stun_turn.message import Class, Message, Value, build, parse
from stun_turn.nonce import PASSWORD_ALGORITHMS, Nonces
from stun_turn.peers import PeerRules
from stun_turn.registry import Attribute, Method
from stun_turn.server import Server
from stun_turn.settings import RelayAddress, Settings
from stun_turn.shell import Shell
from tests.support.turn_sockets import at, free_port, received, run, udp_socket

REALM = "example.org"
KEY = long_term_key("ann", REALM, "pw", MD5)
LOOP = "127.0.0.1"


def a_shell() -> Shell:
    port = free_port()[1]
    settings = Settings(
        REALM,
        {IPV4: RelayAddress(LOOP, LOOP, port, port)},
        PeerRules(allowed=[ip_network("127.0.0.0/8")], own=[LOOP]),
    )
    auth = LongTerm(REALM, Listed({"ann": "pw"}, REALM), Nonces(b"key", PASSWORD_ALGORITHMS))
    loop = asyncio.get_running_loop()
    return Shell(Server(settings, auth, lambda _: 0, bytes, time.time() - loop.time()))


def asked(
    method: Method, *values: Value, nonce: bytes = b"", name: str = "ann", key: bytes = KEY
) -> bytes:
    credentials = [
        (Attribute.USERNAME, name.encode()),
        (Attribute.REALM, REALM.encode()),
        (Attribute.NONCE, nonce),
    ]
    said = [*values, *(credentials if nonce else [])]
    return build(method, Class.REQUEST, bytes(12), said, key=key if nonce else None)


def test_a_client_allocates_sends_and_leaves_over_udp() -> None:
    async def test() -> None:
        shell, local = a_shell(), free_port()
        await shell.listen("udp", local, None)
        phone, peer = udp_socket(), udp_socket("127.0.0.2")

        async def ask(method: Method, *values: Value, nonce: bytes) -> Message:
            phone.sendto(asked(method, *values, nonce=nonce), local)
            return parse(await received(phone))

        udp = (Attribute.REQUESTED_TRANSPORT, b"\x11\0\0\0")
        nonce = (await ask(Method.ALLOCATE, udp, nonce=b"")).get(Attribute.NONCE) or b""
        answer = await ask(Method.ALLOCATE, udp, nonce=nonce)
        assert answer.kind is Class.SUCCESS
        assert shell.holds(Client("udp", local, at(phone)))
        whither = (Attribute.XOR_PEER_ADDRESS, of.xor_address(at(peer), bytes(12)))
        number = (Attribute.CHANNEL_NUMBER, of.channel_number(0x4000))
        assert (await ask(Method.CHANNEL_BIND, number, whither, nonce=nonce)).kind is Class.SUCCESS
        phone.sendto(b"\x40\x00\x00\x05hello", local)
        assert await received(peer) == b"hello"
        over = (Attribute.LIFETIME, of.number(0))
        assert (await ask(Method.REFRESH, over, nonce=nonce)).kind is Class.SUCCESS
        assert not shell.holds(Client("udp", local, at(phone)))
        assert shell.counts["allocated"] == shell.counts["allocation_ended"] == 1
        for each in (phone, peer):
            each.close()
        shell.close()

    run(test())


def test_an_account_that_is_taken_back_ends_what_it_holds() -> None:
    async def test() -> None:
        loop, wall = asyncio.get_running_loop(), time.time()
        limited = TimeLimited(b"shared")
        name, password = limited.issue("ann@example.org", wall + 60)
        key = long_term_key(name, REALM, password, MD5)
        port = free_port()[1]
        settings = Settings(REALM, {IPV4: RelayAddress(LOOP, LOOP, port, port)})
        auth = LongTerm(REALM, limited, Nonces(b"key", PASSWORD_ALGORITHMS))
        server = Server(settings, auth, lambda _: 0, bytes, wall - loop.time())
        shell, local = Shell(server, revocable=limited), free_port()
        await shell.listen("udp", local, None)
        phone = udp_socket()

        async def allocate(nonce: bytes) -> Message:
            udp = (Attribute.REQUESTED_TRANSPORT, b"\x11\0\0\0")
            phone.sendto(asked(Method.ALLOCATE, udp, nonce=nonce, name=name, key=key), local)
            return parse(await received(phone))

        nonce = (await allocate(b"")).get(Attribute.NONCE) or b""
        assert (await allocate(nonce)).kind is Class.SUCCESS
        assert shell.status()["by_user"] == {"ann@example.org": 1}
        shell.revoke("ann@example.org", wall + 600)
        assert shell.status()["allocations"] == 0
        assert (await allocate(nonce)).kind is Class.ERROR
        phone.close()
        shell.close()

    run(test())


def test_a_fault_of_ours_costs_one_input(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        shell, local = a_shell(), free_port()
        await shell.listen("udp", local, None)
        client = Client("udp", local, ("127.0.0.1", 9))
        shell.from_client(None, client)  # type: ignore[arg-type]
        shell.from_peer(b"x", None, ("127.0.0.1", 9))  # type: ignore[arg-type]
        with udp_socket() as phone:
            phone.sendto(build(Method.BINDING, Class.REQUEST, bytes(12)), local)
            assert parse(await received(phone)).kind is Class.SUCCESS
        assert shell.counts["fault"] == 1
        shell.close()

    with caplog.at_level(logging.CRITICAL + 1):
        run(test())


def test_the_wall_clock_may_be_set() -> None:
    async def test() -> None:
        shell = a_shell()
        shell._server.epoch = 0.0
        shell.clock_set()
        now = asyncio.get_running_loop().time() + shell._server.epoch
        assert abs(now - time.time()) < 1.0
        shell.close()

    run(test())
