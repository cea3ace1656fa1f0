"""On real sockets of the loopback; the loop is the engine's, the time is passed in."""

from collections.abc import Iterator
from socket import create_connection, socket

import pytest

from media.engine.reference import ReferenceEngine
from media.ng.streams import MOST_CLIENTS, MOST_UNREAD, SLOWEST, StreamDoor


class Echo:
    """Says all again, `times` over; a zero ends it."""

    def __init__(self, times: int = 1) -> None:
        self.over = self.waits = False
        self._times = times

    def receive(self, data: bytes, now: float) -> bytes:
        self.over = b"\0" in data
        self.waits = data.endswith(b"?")
        return data * self._times


@pytest.fixture
def engine() -> Iterator[ReferenceEngine]:
    engine = ReferenceEngine({}, lambda *_: None, lambda *_: None)
    yield engine
    engine.close()


@pytest.fixture
def door(engine: ReferenceEngine) -> Iterator[StreamDoor]:
    door = StreamDoor(("127.0.0.1", 0), engine, lambda _: Echo())
    yield door
    door.close()


def client(door: StreamDoor, engine: ReferenceEngine) -> socket:
    theirs = create_connection(("127.0.0.1", door.port), timeout=5.0)
    while not len(door):
        engine.turn(1.0)
    return theirs


def test_what_is_said_is_answered_and_the_end_is_seen(
    door: StreamDoor, engine: ReferenceEngine
) -> None:
    with client(door, engine) as one:
        one.sendall(b"hello")
        engine.turn(5.0)
        assert one.recv(100) == b"hello"
        one.sendall(b"\0")
        engine.turn(5.0)
        assert one.recv(100) == b"\0"
        assert one.recv(100) == b""
    assert len(door) == 0


def test_who_leaves_is_forgotten(door: StreamDoor, engine: ReferenceEngine) -> None:
    client(door, engine).close()
    engine.turn(5.0)
    assert len(door) == 0


def test_who_is_too_slow_is_cut_off(door: StreamDoor, engine: ReferenceEngine) -> None:
    with client(door, engine) as one:
        one.sendall(b"half?")
        now = engine.turn(5.0)
        door.sweep(now + SLOWEST - 1)
        assert len(door) == 1
        door.sweep(now + SLOWEST + 1)
        assert len(door) == 0


def test_who_does_not_read_is_cut_off(engine: ReferenceEngine) -> None:
    door = StreamDoor(("127.0.0.1", 0), engine, lambda _: Echo(MOST_UNREAD // 1000))
    with client(door, engine) as one:
        one.sendall(bytes([1]) * 1001)
        for _ in range(3):
            engine.turn(0.1)
        assert len(door) == 0
    door.close()


def test_there_is_a_most_of_clients(door: StreamDoor, engine: ReferenceEngine) -> None:
    clients = []
    for _ in range(MOST_CLIENTS + 1):
        clients.append(create_connection(("127.0.0.1", door.port), timeout=5.0))
        engine.turn(1.0)
    assert len(door) == MOST_CLIENTS
    assert clients[-1].recv(10) == b""
    for each in clients:
        each.close()
