"""RTP bleed and injection (N3): strangers spray every media port before, during and after a call.

Whatever the latching mode: they receive nothing, and nobody hears anything of theirs.
"""

from collections.abc import Iterator
from dataclasses import replace
from struct import pack

import pytest

from tests.support.invariants import breaches
from tests.support.neighbourhood import BORDER, CONFIG, NAT, PORTS
from tests.support.network import Datagram
from tests.support.scripts import CalleeScript, CallerScript, CallScript, Ring, Script, Step
from tests.support.world import World

MODES = ("none", "signalled", "subnet", "ranked")
FAR = (("outside", "198.51.100.66"), ("inside", "10.99.9.9"))
NEAR = (("outside", "192.0.2.77"), ("inside", "10.20.0.77"))
"""In the subnets of the phones: mode `subnet` trusts them until a stream has been heard."""
OUTWARDS = CallScript(
    inwards=False,
    caller=CallerScript(
        reliable="supported",
        offer="audio and video",
        steps=(Step(2.0, "hold"), Step(4.0, "resume"), Step(9.0, "hang up")),
    ),
    callees=(CalleeScript(rings=(Ring(0.5, 183, media=True),)),),
)
INWARDS = replace(OUTWARDS, inwards=True)
TIMES = (0.1, 1.2, 1.53, 2.05, 2.3, 4.06, 5.0, 6.06, 8.0, 10.9, 11.2, 30.0, 60.0)
"""Before, during and after; also when the relay has just been told of a stream, and nothing has
been heard of it yet."""


def attacked(script: Script, mode: str) -> World:
    """A world in which strangers spray at all `TIMES`."""
    world = World(7, latching(mode))
    for wire, ip in FAR if mode == "subnet" else FAR + NEAR:
        for at in TIMES:
            attack(world, at, wire, ip)
    return world.run(script)


def latching(mode: str) -> str:
    """The configuration with this mode in every zone."""
    return CONFIG.replace("trusted,", f"trusted, latching: {{ mode: {mode} }},")


def attack(world: World, at: float, wire: str, ip: str) -> None:
    world.strangers[wire, ip] = []

    def spray() -> None:
        for datagram in volley(wire, ip):
            world.network.send(datagram, world.now)

    world.later(at, spray)


def volley(wire: str, ip: str) -> Iterator[Datagram]:
    """RTP and RTCP at every port, from a few source ports."""
    low, high = PORTS[wire]
    rtp = pack("!BBHII", 0x80, 8, 1, 160, 0xA << 28) + bytes(20)
    rtcp = pack("!BBHIIIIII", 0x80, 200, 6, 0xA << 28, 0, 0, 0, 0, 0)
    for port in range(low, high + 1):
        for source_port in (port, 40_000):
            for data in (rtp, rtcp):
                yield Datagram(wire, (ip, source_port), (BORDER[wire], port), data)


def got(world: World) -> int:
    return sum(len(datagrams) for datagrams in world.strangers.values())


@pytest.mark.parametrize("mode", MODES)
def test_a_sprayed_call_gives_nothing_away_and_takes_nothing_in(mode: str) -> None:
    world = attacked(Script(calls=(OUTWARDS,)), mode)
    assert got(world) == 0
    assert breaches(world) == []  # both ends hear each other as agreed, and nobody else
    assert heard(world) > 50


def test_a_phone_behind_a_nat_is_as_safe_when_sources_are_ranked() -> None:
    world = attacked(Script(calls=(INWARDS,)), "ranked")
    assert got(world) == 0
    assert breaches(world) == []
    assert heard(world) > 50


def test_two_calls_at_once_do_not_leak_into_each_other() -> None:
    world = attacked(Script(calls=(OUTWARDS, replace(INWARDS, at=0.3), OUTWARDS)), "ranked")
    assert got(world) == 0
    assert breaches(world) == []


def heard(world: World) -> int:
    """Packets that the phones heard of each other."""
    callers = [dialog for call in world.callers for dialog in call.dialogs.values()]
    callees = [
        fork for calls in world.callees.values() for call in calls for fork in call.forks.values()
    ]
    return min(
        sum(len(dialog.media.heard) for dialog in callers),
        sum(len(dialog.media.heard) for dialog in callees),
    )


@pytest.mark.parametrize(
    ("mode", "inwards", "ip"), [("ranked", True, NAT), ("subnet", False, NEAR[0][1])]
)
def test_not_even_a_neighbour_takes_over_a_stream_that_has_been_heard(
    mode: str, inwards: bool, ip: str
) -> None:
    """He sits behind the same NAT as the caller, or in the subnet of the called phone."""
    talk = CallScript(inwards=inwards, caller=CallerScript(steps=(Step(9.0, "hang up"),)))
    world = World(7, latching(mode))
    for at in (5.5, 8.0, 9.0):
        attack(world, at, "outside", ip)
    world.run(Script(calls=(talk,)))
    assert got(world) == 0
    assert breaches(world) == []


def test_a_first_packet_may_claim_a_stream_where_the_operator_allows_it() -> None:
    """The one mode that is not safe, and never the default: so the spray above is not in vain."""
    world = attacked(Script(calls=(INWARDS,)), "first-packet")
    assert got(world) > 0
    assert any("hears a stranger" in breach for breach in breaches(world))
