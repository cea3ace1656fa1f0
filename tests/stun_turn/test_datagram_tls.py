"""Clients by DTLS: the cookie first, then the handshake, then messages both ways (RFC 6347)."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from OpenSSL import SSL

from stun_turn import datagram_tls
from stun_turn.actions import Client, ToClient
from stun_turn.datagram_tls import DatagramTls, packed, read_out
from stun_turn.engine import Engine
from stun_turn.secure import Shown
from tests.stun_turn.test_streams import Up
from tests.stun_turn.vectors import REQUEST
from tests.support.authority import Authority
from tests.support.turn_sockets import at, free_port, received, run, udp_socket


class Rig:
    def __init__(self, tmp_path: Path) -> None:
        self.up = Up()
        self.engine = Engine(asyncio.get_running_loop(), self.up, None)
        self.address = free_port()
        shown = Shown(Authority(tmp_path).pair("turn", "turn.example.org").section())
        self.server = DatagramTls(self.engine, self.up, self.address, shown)


class DtlsClient:
    """OpenSSL's, by hand, so that each datagram can be looked at."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.socket: socket.socket = udp_socket()
        self.connection = SSL.Connection(SSL.Context(SSL.DTLS_CLIENT_METHOD), None)
        self.connection.set_ciphertext_mtu(1200)
        self.connection.set_connect_state()

    def step(self) -> list[bytes]:
        with suppress(SSL.WantReadError):
            self.connection.do_handshake()
        return read_out(self.connection)

    def send(self, *datagrams: bytes) -> None:
        for each in datagrams:
            self.socket.sendto(each, self.rig.address)

    async def shake(self) -> None:
        self.send(*self.step())
        while self.connection.get_state_string() != b"SSL negotiation finished successfully":
            self.connection.bio_write(await received(self.socket))
            self.send(*self.step())
        self.send(*self.step())

    def say(self, data: bytes) -> None:
        self.connection.send(data)
        self.send(*read_out(self.connection))

    async def hear(self) -> bytes:
        while True:
            self.connection.bio_write(await received(self.socket))
            try:
                return self.connection.recv(65_536)
            except SSL.WantReadError:
                continue

    @property
    def client(self) -> Client:
        return Client("dtls", self.rig.address, at(self.socket))


def rigged(tmp_path: Path, test: Callable[[Rig, DtlsClient], Awaitable[None]]) -> None:
    async def main() -> None:
        rig = Rig(tmp_path)
        client = DtlsClient(rig)
        try:
            await test(rig, client)
        finally:
            client.socket.close()
            rig.server.close()

    run(main())


def test_messages_go_both_ways(tmp_path: Path) -> None:
    async def test(rig: Rig, client: DtlsClient) -> None:
        await client.shake()
        client.say(REQUEST)
        assert await rig.up.next() == ("client", REQUEST, client.client)
        rig.engine.to_client(ToClient(b"an answer", client.client))
        assert await client.hear() == b"an answer"

    rigged(tmp_path, test)


def test_who_has_not_sent_the_cookie_back_costs_nothing_and_gets_less_than_it_sent(
    tmp_path: Path,
) -> None:
    async def test(rig: Rig, client: DtlsClient) -> None:
        (hello,) = client.step()
        client.send(hello)
        answer = await received(client.socket)
        assert len(answer) < len(hello)
        assert len(rig.server) == 0
        assert rig.engine.streams == {}

    rigged(tmp_path, test)


def test_a_cookie_is_of_one_address(tmp_path: Path) -> None:
    async def test(rig: Rig, client: DtlsClient) -> None:
        client.send(*client.step())
        client.connection.bio_write(await received(client.socket))
        with_cookie = client.step()
        stolen = udp_socket()
        try:
            for each in with_cookie:
                stolen.sendto(each, rig.address)
            await received(stolen)  # another cookie
            assert len(rig.server) == 0
        finally:
            stolen.close()

    rigged(tmp_path, test)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x16", b"\x16\xfe\xfd" + bytes(10), b"\x16\xfe\xfd" + bytes(8) + b"\xff\xff", REQUEST],
)
def test_noise_is_heard_in_silence(tmp_path: Path, data: bytes) -> None:
    async def test(rig: Rig, client: DtlsClient) -> None:
        client.send(data)
        await client.shake()  # and all others are served
        assert len(rig.server) == 1

    rigged(tmp_path, test)


def test_a_goodbye_ends_the_association(tmp_path: Path) -> None:
    async def test(rig: Rig, client: DtlsClient) -> None:
        await client.shake()
        client.connection.shutdown()
        client.send(*read_out(client.connection))
        assert await asyncio.wait_for(rig.up.lost.get(), 5.0) == client.client
        assert (len(rig.server), rig.engine.streams) == (0, {})

    rigged(tmp_path, test)


def test_a_stranger_who_does_nothing_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datagram_tls, "LOOK", 0.01)

    async def test(rig: Rig, client: DtlsClient) -> None:
        await client.shake()
        monkeypatch.setattr(datagram_tls, "PATIENCE", 0.0)
        assert await asyncio.wait_for(rig.up.lost.get(), 5.0) == client.client

    rigged(tmp_path, test)


def test_one_address_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagram_tls, "MOST_OF_ONE", 1)

    async def test(rig: Rig, client: DtlsClient) -> None:
        await client.shake()
        other = DtlsClient(rig)
        try:
            other.send(*other.step())
            other.connection.bio_write(await received(other.socket))
            other.send(*other.step())
            client.say(REQUEST)
            await rig.up.next()
            assert len(rig.server) == 1
        finally:
            other.socket.close()

    rigged(tmp_path, test)


def test_who_asks_for_cookies_takes_no_handshake_from_others_at_its_address(tmp_path: Path) -> None:
    async def test(rig: Rig, client: DtlsClient) -> None:
        asking = DtlsClient(rig)
        try:
            (hello,) = asking.step()
            for _ in range(3 * int(datagram_tls.HANDSHAKES)):
                asking.send(hello)
                await received(asking.socket)
            await client.shake()
            assert len(rig.server) == 1
        finally:
            asking.socket.close()

    rigged(tmp_path, test)


def test_one_address_begins_so_many_handshakes_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datagram_tls, "HANDSHAKES", 0.5)

    async def test(rig: Rig, client: DtlsClient) -> None:
        await client.shake()
        other = DtlsClient(rig)
        try:
            other.send(*other.step())
            other.connection.bio_write(await received(other.socket))
            other.send(*other.step())
            client.say(REQUEST)
            await rig.up.next()
            assert len(rig.server) == 1
        finally:
            other.socket.close()

    rigged(tmp_path, test)


def test_records_are_put_into_as_few_datagrams_as_hold_them() -> None:
    def record(size: int) -> bytes:
        return b"\x16\xfe\xfd" + bytes(8) + size.to_bytes(2, "big") + bytes(size)

    flight = record(500) + record(600) + record(1100) + record(10)
    assert [len(each) for each in packed(flight)] == [1126, 1136]
    assert packed(b"") == packed(b"\x16\xfe\xfd") == []
