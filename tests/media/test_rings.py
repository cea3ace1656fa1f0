from collections.abc import Sequence

import pytest

from media.control import Address
from media.engine.flow import Local
from media.ports import MediaInterface
from media.rings import MOST_PORTS
from tests.support.relay_world import ALICE, BOB, LAN, WAN, RelayWorld
from tests.support.rtcp_packets import sender_report
from tests.support.rtp_streams import rtp
from tests.support.side_plans import side_plan
from tests.support.virtual_engine import Datagram

OURS = {"wan": WAN.addresses[0], "lan": LAN.addresses[0]}
BEHIND = MediaInterface(("10.0.0.1", "198.51.100.1"), 20000, 20099, 32.0)
"""An interface that peers know by another address than its own."""

Ends = tuple[Local, Local]


def opened(world: RelayWorld, *calls: str) -> list[Ends]:
    ports = [world.open(call)[0] for call in calls]
    return [(("wan", each.a), ("lan", each.b)) for each in ports]


def at(local: Local) -> Address:
    return OURS[local[0]], local[1]


def carried(world: RelayWorld, first: Sequence[Datagram], most: int = 50) -> list[Datagram]:
    """All that leaves, when what is sent to a port of ours does arrive there."""
    waiting, left = list(first), list[Datagram]()
    interfaces = {ip: name for name, ip in OURS.items()}
    while waiting and len(left) < most:
        datagram = waiting.pop(0)
        left.append(datagram)
        if datagram.to[0] in interfaces:
            to = (interfaces[datagram.to[0]], datagram.to[1])
            waiting += world.arrive(to, datagram.data, at(datagram.local))
    return left


@pytest.mark.parametrize("mode", ["none", "signalled", "ranked", "first-packet"])
@pytest.mark.parametrize("kind", ["rtp", "rtcp"])
def test_two_calls_that_name_each_other_on_both_sides_make_no_ring(mode: str, kind: str) -> None:
    world = RelayWorld()
    one, two = opened(world, "c1", "c2")
    for call, other in (("c1", two), ("c2", one)):
        world.program(
            side_plan(at(other[0]), latching=mode), side_plan(at(other[1]), latching=mode), call
        )
    data, odd = (rtp(1, 160), 0) if kind == "rtp" else (sender_report(7), 1)
    for number in range(3):
        for (interface, port), source in zip((*one, *two), (*two, *one), strict=True):
            world.now += number
            first = world.arrive((interface, port + odd), data, (at(source)[0], source[1] + odd))
            assert len(carried(world, first)) < 5


def test_a_ring_of_three_calls_is_broken_where_it_closes() -> None:
    world = RelayWorld()
    ends = opened(world, "c1", "c2", "c3")
    for number, call in enumerate(("c1", "c2", "c3")):
        before, after = ends[number - 1], ends[(number + 1) % 3]
        world.program(side_plan(at(before[0])), side_plan(at(after[1])), call)
    sent = world.speak(ends[0][0], at(ends[2][0]))
    assert len(carried(world, sent)) < 5


def test_a_call_may_not_send_to_its_own_other_stream() -> None:
    world = RelayWorld()
    first, second = world.open("c1", 0, 1)
    for own, other in ((first, second), (second, first)):
        plan = side_plan((OURS["wan"], other.a)), side_plan((OURS["lan"], other.b))
        world.program(*plan, index=own.index)
    sent = world.speak(("wan", first.a), (OURS["wan"], second.a))
    assert len(carried(world, sent)) < 5


def test_the_media_of_two_calls_meets_where_an_exchange_has_joined_them() -> None:
    world = RelayWorld()
    one, two = opened(world, "c1", "c2")
    carol = ("192.0.2.8", 4000)
    world.program(side_plan(ALICE), side_plan(at(two[1])), "c1")
    world.program(side_plan(carol), side_plan(at(one[1])), "c2")
    assert carried(world, world.speak(one[0], ALICE))[-1].to == carol
    assert carried(world, world.speak(two[0], carol))[-1].to == ALICE


def test_a_ring_that_is_opened_again_carries() -> None:
    world = RelayWorld()
    one, two = opened(world, "c1", "c2")
    world.program(side_plan(at(two[0])), side_plan(at(two[1])), "c1")
    world.program(side_plan(at(one[0])), side_plan(at(one[1])), "c2")
    world.program(side_plan(ALICE, epoch=2), side_plan(BOB, epoch=2), "c1")
    assert [each.to for each in world.speak(one[0], ALICE)] == [BOB]


def test_a_port_is_known_by_every_address_that_peers_are_told() -> None:
    for ip in BEHIND.addresses:
        for odd in (0, 1):
            world = RelayWorld(wan=BEHIND)
            (ports,) = world.open()
            world.program(side_plan((ip, ports.a + odd)), side_plan(BOB))
            assert world.speak(("lan", ports.b), BOB) == []


def test_a_way_that_is_too_long_is_not_followed() -> None:
    world = RelayWorld()
    names = [f"c{number}" for number in range(MOST_PORTS + 2)]
    ends = opened(world, *names)
    for number in reversed(range(len(names))):
        last = number + 1 == len(names)
        onward = side_plan(BOB if last else at(ends[number + 1][0]))
        world.program(side_plan(ALICE), onward, names[number])
    assert world.speak(ends[0][0], ALICE) == []
    assert len(world.speak(ends[1][0], ALICE)) == 1
