import pytest

from media.control import (
    Failed,
    ListSessions,
    Open,
    Sessions,
    StreamRequest,
)
from media.opening import MOST_TRIES
from media.ports import MediaInterface, PortCounts
from tests.support.relay_world import ALICE, RelayWorld
from tests.support.side_plans import side_plan


def test_open_gives_an_even_port_on_each_interface_and_tells_of_it_once_bound() -> None:
    world = RelayWorld()
    (ports,) = world.open()
    assert world.engine.ports == {("wan", ports.a): "audio", ("lan", ports.b): "audio"}
    assert ports.a % 2 == ports.b % 2 == 0


def test_a_repeated_open_keeps_the_ports_and_binds_nothing() -> None:
    world = RelayWorld()
    first = world.open("c1", 0, 1)
    assert world.open("c1", 0, 1) == first
    assert len(world.engine.ports) == 4


def test_another_stream_comes_beside_those_which_are_there() -> None:
    world = RelayWorld()
    first = world.open("c1", 0)
    assert world.open("c1", 0, 1)[0] == first[0]
    assert len(world.engine.ports) == 4


def test_a_side_that_is_wanted_on_another_interface_gets_a_new_port_there() -> None:
    world = RelayWorld()
    wan, lan = world.call()
    world.speak(wan, ALICE)
    reply = world.ask(Open("c1", (StreamRequest(0, "audio", "wan", "wan"),)))
    world.program(side_plan(ALICE), side_plan(("192.0.2.50", 6000)))
    assert lan not in world.engine.ports
    assert wan in world.engine.ports
    (sent,) = world.speak(wan, ALICE)
    assert sent.local == ("wan", reply.streams[0].b)  # type: ignore[union-attr]
    assert sent.to == ("192.0.2.50", 6000)
    assert world.ask(Open("c1", (StreamRequest(0, "audio", "wan", "wan"),))) == reply


@pytest.mark.parametrize(
    ("streams", "reason"),
    [
        ((StreamRequest(0, "audio", "wan", "moon"),), "no_interface"),
        ((StreamRequest(0, "audio", "wan", "lan"),) * 2, "bad_command"),
        ((StreamRequest(64, "audio", "wan", "lan"),), "bad_command"),
        ((StreamRequest(-1, "audio", "wan", "lan"),), "bad_command"),
    ],
)
def test_an_open_that_makes_no_sense_takes_no_port(
    streams: tuple[StreamRequest, ...], reason: str
) -> None:
    world = RelayWorld()
    reply = world.ask(Open("c1", streams))
    assert isinstance(reply, Failed)
    assert reply.reason == reason
    assert world.relay.ports(world.now)["wan"].used == 0


def test_a_port_that_somebody_else_has_is_passed_over() -> None:
    world = RelayWorld(wan=MediaInterface((), 20000, 20007, 32.0))
    world.engine.taken = {("wan", port) for port in (20000, 20002, 20004)}
    assert world.open()[0].a == 20006
    assert world.relay.ports(world.now)["wan"] == PortCounts(free=0, used=1, quarantined=3)


def test_without_a_free_port_the_call_is_refused_and_what_it_took_is_given_back() -> None:
    world = RelayWorld(lan=MediaInterface((), 30000, 30001, 32.0))
    world.open("c1")
    reply = world.ask(Open("c2", (StreamRequest(0, "audio", "wan", "lan"),)))
    assert isinstance(reply, Failed)
    assert reply.reason == "ports_exhausted"
    assert len(world.engine.ports) == 2
    assert world.relay.ports(world.now)["wan"] == PortCounts(free=49, used=1, quarantined=0)
    assert world.ask(ListSessions()) == Sessions(("c1",))


def test_after_many_ports_of_somebody_else_the_call_is_refused() -> None:
    world = RelayWorld()
    world.engine.taken = {("lan", port) for port in range(30000, 30100)}
    reply = world.ask(Open("c1", (StreamRequest(0, "audio", "wan", "lan"),)))
    assert isinstance(reply, Failed)
    assert reply.reason == "ports_exhausted"
    assert world.engine.ports == {}
    assert world.relay.ports(world.now)["lan"].quarantined == MOST_TRIES
    assert world.relay.ports(world.now)["wan"].used == 0


def test_when_the_last_free_ports_are_somebody_elses_the_call_is_refused() -> None:
    world = RelayWorld(lan=MediaInterface((), 30000, 30003, 32.0))
    world.engine.taken = {("lan", 30000), ("lan", 30002)}
    reply = world.ask(Open("c1", (StreamRequest(0, "audio", "wan", "lan"),)))
    assert isinstance(reply, Failed)
    assert reply.reason == "ports_exhausted"
