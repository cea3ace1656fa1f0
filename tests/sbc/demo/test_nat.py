import asyncio
import random
import socket

import pytest

from sbc.demo.nat import Address, Impairment, Nat

INSIDE = ("192.168.1.5", 4000)


def test_what_is_put_in_is_what_was_asked_for() -> None:
    chance, impairment = random.Random(1), Impairment(loss=0.1, jitter_ms=18.0)
    waits = [impairment.put(chance) for _ in range(5000)]
    assert impairment.loss_put_in == waits.count(None) / 5000
    assert 0.08 < impairment.loss_put_in < 0.12
    assert all(wait is None or 0 <= wait < 0.018 for wait in waits)
    # The mean difference of two uniform times is a third of their range.
    assert impairment.jitter_put_in_ms == pytest.approx(18.0 / 3, rel=0.05)


def test_a_perfect_line_adds_nothing() -> None:
    impairment = Impairment()
    assert impairment.loss_put_in == 0.0
    assert impairment.jitter_put_in_ms == 0.0
    assert impairment.put(random.Random(1)) == 0.0


def test_each_destination_sees_another_port_and_only_it_may_answer() -> None:
    asyncio.run(_each_destination_sees_another_port())


async def _each_destination_sees_another_port() -> None:
    heard: asyncio.Queue[tuple[Address, bytes, Address]] = asyncio.Queue()
    nat = Nat("127.0.0.1", 1, lambda *delivered: heard.put_nowait(delivered))
    with _peer() as first, _peer() as second:
        ports = [await nat.bind(INSIDE, peer.getsockname()) for peer in (first, second)]
        assert ports[0] != ports[1]
        nat.send(INSIDE, b"hello", first.getsockname())
        assert first.recvfrom(100) == (b"hello", ports[0])
        second.sendto(b"intruder", ports[0])
        first.sendto(b"answer", ports[0])
        delivered = await asyncio.wait_for(heard.get(), 5)
        assert delivered == (INSIDE, b"answer", first.getsockname())
        nat.close()


def test_an_impaired_port_loses_and_delays() -> None:
    asyncio.run(_an_impaired_port_loses_and_delays())


async def _an_impaired_port_loses_and_delays() -> None:
    nat = Nat("127.0.0.1", 1, lambda *_: None)
    impairment = Impairment(loss=0.5, jitter_ms=1.0)
    nat.impair(INSIDE[1], impairment)
    with _peer() as peer:
        to = peer.getsockname()
        await nat.bind(INSIDE, to)
        for number in range(40):
            nat.send(INSIDE, bytes([number]), to)
        peer.setblocking(False)
        loop = asyncio.get_running_loop()
        got = {
            (await asyncio.wait_for(loop.sock_recv(peer, 10), 5))[0]
            for _ in range(40 - impairment.dropped)
        }
        assert len(got) == 40 - impairment.dropped
        assert 5 < impairment.dropped < 35
        nat.close()


def _peer() -> socket.socket:
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.bind(("127.0.0.1", 0))
    peer.settimeout(5)
    return peer
