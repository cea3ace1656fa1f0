"""Both directions of a stream, as the relay is told of them."""

from random import Random

from media.control import (
    CodecClock,
    Failed,
    KeyForm,
    KeyPlan,
    KeyPressed,
    KeyTaken,
    PressKey,
    SidePlan,
)
from media.dtmf.event import Event
from media.rtp import read_header
from tests.support.relay_world import ALICE, BOB, RelayWorld
from tests.support.rtp_streams import rtp
from tests.support.side_plans import PCMU, side_plan

EVENT = CodecClock(101, "telephone-event", 8000)


def taking(where: tuple[str, int], form: KeyForm) -> SidePlan:
    codecs = (PCMU, EVENT) if form == "rfc4733" else (PCMU,)
    return side_plan(where, codecs=codecs, keys=KeyPlan(form, codecs))


def talking(alice: KeyForm, bob: KeyForm) -> tuple[RelayWorld, int, int]:
    world = RelayWorld()
    (ports,) = world.open()
    world.program(taking(ALICE, alice), taking(BOB, bob), supervise=True)
    return world, ports.a, ports.b


def test_a_key_by_events_is_told_once_and_its_packets_stay_here() -> None:
    world, wan, _ = talking("rfc4733", "info")
    assert len(world.speak(("wan", wan), ALICE)) == 1
    crossed = []
    for at in range(5):
        event = Event(5, at >= 2, 10, 160 * min(at + 1, 3)).encode()
        crossed += world.arrive(("wan", wan), rtp(10 + at, 999, 101, payload=event), ALICE)
    assert crossed == []
    assert world.events() == [KeyPressed("c1", "a", "5", 60)]


def test_a_key_is_played_between_the_sound_in_its_own_time() -> None:
    world, wan, _ = talking("info", "rfc4733")
    world.speak(("wan", wan), ALICE)
    assert world.ask(PressKey("c1", "b", "1", 100)) == KeyTaken("c1")
    assert world.arrive(("wan", wan), rtp(2, 320), ALICE) != []
    world.advance(0.01)
    assert world.arrive(("wan", wan), rtp(3, 480), ALICE) == []
    world.engine.taken_out()
    world.advance(0.5)
    played = world.engine.taken_out()
    assert [read_header(each.data).payload_type for each in played] == [101] * 6
    assert {each.to for each in played} == {BOB}
    assert len(world.arrive(("wan", wan), rtp(9, 5000), ALICE)) == 1


def test_a_key_that_no_stream_can_play_is_refused() -> None:
    world = RelayWorld()
    world.call()
    reply = world.ask(PressKey("c1", "b", "1", 100))
    assert isinstance(reply, Failed)
    world, *_ = talking("info", "rfc4733")
    assert isinstance(world.ask(PressKey("c1", "b", "?", 100)), Failed)


def test_what_is_carried_packet_by_packet_still_comes_by_a_socket_of_its_own() -> None:
    world, wan, _ = talking("rfc4733", "info")
    world.speak(("wan", wan), ALICE)
    assert world.engine.flows[("wan", wan), ALICE].up
    world.program(side_plan(ALICE, epoch=2), side_plan(BOB, epoch=2), supervise=True)
    assert not world.engine.flows[("wan", wan), ALICE].up


def test_to_an_end_that_must_not_be_sent_to_no_key_is_played() -> None:
    world, *_ = talking("info", "rfc4733")
    held = side_plan(BOB, receives=False, epoch=2, keys=KeyPlan("rfc4733", (PCMU, EVENT)))
    world.program(taking(ALICE, "info"), held, supervise=True)
    world.ask(PressKey("c1", "b", "1", 100))
    world.engine.taken_out()
    world.advance(0.5)
    assert world.engine.taken_out() == []


def test_random_datagrams_on_such_a_stream_harm_nobody() -> None:
    random = Random(2)
    world, wan, _ = talking("rfc4733", "inband")
    for _ in range(2000):
        data = bytes([0x80, random.choice((0, 101, 0xE5))]) + random.randbytes(random.randrange(40))
        world.arrive(("wan", wan), data, ALICE)
    world.advance(60.0)
    assert world.report().streams[0].a.total.packets > 0
