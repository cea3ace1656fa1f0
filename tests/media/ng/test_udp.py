"""On real sockets of the loopback; the loop is the engine's."""

from collections.abc import Iterator
from socket import AF_INET, AF_INET6, SOCK_DGRAM, socket

import pytest

from media.engine.reference import ReferenceEngine
from media.ng.service import Service
from media.ng.udp import UdpDoor
from tests.support.ng import NgWorld


@pytest.fixture(params=["127.0.0.1", "0.0.0.0", "::1", "::"])
def at(request: pytest.FixtureRequest) -> str:
    address: str = request.param
    return address


@pytest.fixture
def engine() -> Iterator[ReferenceEngine]:
    engine = ReferenceEngine({}, lambda *_: None, lambda *_: None)
    yield engine
    engine.close()


def test_a_message_is_answered_from_the_address_that_was_asked(
    at: str, engine: ReferenceEngine
) -> None:
    door = UdpDoor((at, 0), engine, Service(NgWorld().core, lambda _: None, 0.0))
    with socket(AF_INET6 if ":" in at else AF_INET, SOCK_DGRAM) as client:
        client.settimeout(5.0)
        client.connect(({"0.0.0.0": "127.0.0.9", "::": "::1"}.get(at, at), door.port))
        client.send(b"1 d7:command4:pinge")
        client.send(b"nocookie")
        client.send(b"2 d7:command4:pinge")
        engine.turn(5.0)
        assert client.recv(100) == b"1 d6:result4:ponge"
        assert client.recv(100) == b"2 d6:result4:ponge"
    door.close()


def test_an_address_that_is_taken_is_an_error(engine: ReferenceEngine) -> None:
    service = Service(NgWorld().core, lambda _: None, 0.0)
    door = UdpDoor(("127.0.0.1", 0), engine, service)
    with pytest.raises(OSError, match="in use"):
        UdpDoor(("127.0.0.1", door.port), engine, service)
    door.close()
