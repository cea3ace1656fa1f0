from typing import Any

import pytest

from media.control import (
    PROTOCOL,
    Address,
    Close,
    Dead,
    Failed,
    Hello,
    ListSessions,
    Open,
    Program,
    Query,
    RelayStatistics,
    SessionReport,
    Sessions,
    Statistics,
    StreamPlan,
    StreamRequest,
    Welcome,
)
from media.engine.flow import Unbind
from media.ports import MediaInterface, PortCounts
from media.relay import ORPHAN_AFTER, ORPHAN_LONGEST
from media.stream import Tell
from tests.support.relay_world import ALICE, BOB, RelayWorld
from tests.support.rtp_streams import rtp
from tests.support.side_plans import side_plan

# --- commands -------------------------------------------------------------------------------------


def test_a_client_is_welcomed_if_it_speaks_the_same_protocol() -> None:
    world = RelayWorld()
    assert world.ask(Hello(PROTOCOL, "i1")) == Welcome(PROTOCOL, "r1", 0)
    refused = world.ask(Hello(PROTOCOL + 1, "i1"))
    assert isinstance(refused, Failed)
    assert refused.reason == "bad_command"


def test_close_frees_the_ports_and_answers_with_the_last_report() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    world.speak(wan, ALICE)
    last = world.ask(Close("c1"))
    assert isinstance(last, SessionReport)
    assert last.streams[0].a.total.packets == 1
    assert world.engine.ports == {}
    assert world.engine.flows == {}
    assert len(world.relay) == 0
    assert world.relay.ports(world.now)["wan"] == PortCounts(free=49, used=0, quarantined=1)


@pytest.mark.parametrize("command", [Query("c9"), Close("c9"), Program("c9", (), False, 1.0, 1.0)])
def test_what_is_asked_of_an_unknown_session_fails(command: Query | Close | Program) -> None:
    assert RelayWorld().ask(command) == Failed("c9", "no_session", "")


def test_a_program_is_done_wholly_or_not_at_all() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    good = side_plan(("192.0.2.8", 4000), epoch=2)
    for other in (
        StreamPlan(1, good, good),
        StreamPlan(0, side_plan(BOB, latching="maybe"), good),
    ):
        reply = world.ask(Program("c1", (StreamPlan(0, good, good), other), True, 30.0, 60.0))
        assert isinstance(reply, Failed)
        assert reply.reason == "bad_command"
    (sent,) = world.speak(wan, ALICE)
    assert sent.to == BOB


def test_what_comes_to_a_port_of_no_session_is_dropped() -> None:
    world = RelayWorld()
    assert world.relay.packet(("wan", 20000), rtp(1, 1), ALICE, world.now) == []
    assert world.relay.drops == {"no_session": 1}


def test_a_session_is_discarded_after_a_fault_and_its_call_is_told() -> None:
    world = RelayWorld()
    wan, lan = world.call()
    assert world.relay.owner(wan) == world.relay.current == "c1"
    actions = world.relay.discard("c1", world.now)
    assert actions == [Unbind(wan), Unbind(lan), Tell(Dead("c1", "subsequent"))]
    assert world.relay.owner(wan) is None
    assert world.relay.discard("c1", world.now) == []


# --- time -----------------------------------------------------------------------------------------


def test_alarms_of_one_time_are_handled_session_by_session() -> None:
    world = RelayWorld()
    for number in range(3):
        world.open(f"c{number}")
    assert world.relay.handle_timeout(world.now) == []
    world.now += 10.0
    for _ in range(3):
        assert world.relay.next_deadline() == world.now
        assert world.relay.handle_timeout(world.now) == []
    assert world.relay.next_deadline() == world.now + 10.0


def test_alarms_of_a_session_that_has_ended_disturb_nobody() -> None:
    world = RelayWorld()
    world.call()
    world.ask(Close("c1"))
    world.advance(100.0)
    assert world.relay.next_deadline() is None
    assert world.events() == []


# --- signalling comes and goes --------------------------------------------------------------------


def test_sessions_live_on_without_signalling_while_there_is_media() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    world.relay.signalling_lost(world.now)
    for _ in range(300):
        world.speak(wan, ALICE)
        world.advance(1.0)
    assert len(world.relay) == 1
    world.advance(ORPHAN_AFTER + 20.0)
    assert len(world.relay) == 0
    assert world.engine.ports == {}


def test_nobody_speaks_for_ever_in_a_session_that_nobody_knows() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    world.relay.signalling_lost(world.now)
    end = world.now + ORPHAN_LONGEST
    while world.now + 30.0 < end:
        world.speak(wan, ALICE)
        world.advance(30.0)
    assert len(world.relay) == 1
    world.speak(wan, ALICE)
    world.advance(45.0)
    assert len(world.relay) == 0


def test_signalling_that_returns_in_time_keeps_the_quiet_sessions_that_it_names() -> None:
    world = RelayWorld()
    world.open("held")
    world.open("forgotten")
    world.relay.signalling_lost(world.now)
    world.advance(ORPHAN_AFTER - 15.0)
    assert world.ask(Hello(PROTOCOL, "i2")) == Welcome(PROTOCOL, "r1", 2)
    world.report("held")
    world.advance(1000.0)
    assert world.ask(ListSessions()) == Sessions(("held",))


# --- the attack (N3) ------------------------------------------------------------------------------

ATTACKER = "203.0.113.66"


def spray(world: RelayWorld) -> int:
    """RTP and RTCP to each port of both interfaces; how much goes anywhere."""
    got = 0
    for interface, low in (("wan", 20000), ("lan", 30000)):
        for port in range(low, low + 100):
            for data in (rtp(1, 160), bytes.fromhex("81c9000700000001") + bytes(24)):
                got += len(world.arrive((interface, port), data, (ATTACKER, 4000 + port % 7)))
    return got


def reached(sent: list[Any]) -> list[Address]:
    return [each.to for each in sent if each.to[0] == ATTACKER]


@pytest.mark.parametrize("mode", ["none", "signalled", "subnet", "ranked"])
def test_who_sprays_all_ports_gets_nothing_and_injects_nothing(mode: str) -> None:
    world = RelayWorld()
    plans = [side_plan(end, latching=mode) for end in (ALICE, BOB)]
    assert spray(world) == 0
    (ports,) = world.open()
    wan, lan = ("wan", ports.a), ("lan", ports.b)
    assert spray(world) == 0
    world.program(plans[0], plans[1], supervise=True)
    assert spray(world) == 0
    for epoch in range(1, 6):
        for _ in range(50):
            sent = [*world.speak(wan, ALICE), *world.speak(lan, BOB)]
            assert [each.to for each in sent] == [BOB, ALICE]
            world.advance(0.02)
        assert spray(world) == 0
        renewed = [side_plan(end, latching=mode, epoch=epoch) for end in (ALICE, BOB)]
        world.program(renewed[0], renewed[1], supervise=True)
    last = world.ask(Close("c1"))
    assert isinstance(last, SessionReport)
    assert last.streams[0].a.total.packets == last.streams[0].b.total.packets == 250
    assert spray(world) == 0
    assert reached(world.engine.sent) == []


def test_in_first_packet_mode_too_a_latch_opens_only_by_an_epoch() -> None:
    world = RelayWorld()
    wan, lan = world.call(latching="first-packet")
    world.speak(wan, ALICE)
    world.speak(lan, BOB)
    assert spray(world) == 0
    assert world.speak(lan, BOB)[0].to == ALICE


def test_the_last_packets_of_one_call_do_not_fall_into_another() -> None:
    world = RelayWorld(wan=MediaInterface((), 20000, 20001, 32.0))
    wan, _ = world.call()
    world.speak(wan, ALICE)
    world.ask(Close("c1"))
    assert world.speak(wan, ALICE) == []
    world.advance(31.0)
    assert isinstance(world.ask(Open("c2", (StreamRequest(0, "audio", "wan", "lan"),))), Failed)
    world.advance(1.0)
    (ports,) = world.open("c3")
    assert ports.a == wan[1]
    world.program(side_plan(("192.0.2.99", 4000)), side_plan(BOB), "c3")
    assert world.speak(wan, ALICE) == []


def test_the_relay_tells_its_ports_and_what_it_dropped() -> None:
    world = RelayWorld()
    fresh = world.ask(Statistics())
    assert isinstance(fresh, RelayStatistics)
    assert fresh.sessions == 0
    assert all(count.used == 0 and count.free > 0 for count in fresh.ports)
    world.ask(Open("one", (StreamRequest(0, "audio", "wan", "lan"),)))
    after = world.ask(Statistics())
    assert isinstance(after, RelayStatistics)
    assert after.sessions == 1
    assert sum(count.used for count in after.ports) == 2
