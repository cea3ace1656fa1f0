from media.control import Dead, Open, Silent, StreamRequest, Verdict
from media.engine.flow import Local
from tests.support.relay_world import ALICE, BOB, RelayWorld
from tests.support.rtp_streams import rtp
from tests.support.side_plans import side_plan


def test_an_end_that_is_not_heard_after_the_answer_is_told_and_then_the_call_is_dead() -> None:
    world = RelayWorld()
    world.call()
    world.advance(29.9)
    assert world.events() == []
    world.advance(0.2)
    assert world.events() == [
        Silent("c1", 0, "a", "initial"),
        Silent("c1", 0, "b", "initial"),
        Dead("c1", "initial"),
    ]
    world.advance(1000.0)
    assert world.events() == []


def test_one_way_media_is_told_but_the_call_lives() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    for _ in range(60):
        world.speak(wan, ALICE)
        world.advance(1.0)
    assert world.events() == [Silent("c1", 0, "b", "initial")]


def test_a_stream_that_falls_silent_is_told_after_the_subsequent_time() -> None:
    world = RelayWorld()
    wan, lan = world.call()
    world.speak(wan, ALICE)
    world.speak(lan, BOB)
    world.advance(59.0)
    assert world.events() == []
    world.advance(1.0)
    assert world.events()[-1] == Dead("c1", "subsequent")


def test_a_call_that_speaks_again_may_die_again() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    world.advance(31.0)
    world.events()
    world.speak(wan, ALICE)
    world.advance(200.0)
    assert world.events() == [Silent("c1", 0, "a", "subsequent"), Dead("c1", "subsequent")]


def test_a_hold_is_never_dead() -> None:
    world = RelayWorld()
    wan, lan = world.call()
    world.speak(wan, ALICE)
    world.speak(lan, BOB)
    on_hold = side_plan(ALICE, sends=False, receives=False, epoch=2)
    world.program(on_hold, side_plan(BOB), supervise=True)
    world.advance(10_000.0)
    assert world.events() == []
    world.program(side_plan(ALICE, epoch=3), side_plan(BOB), supervise=True)
    world.advance(29.0)
    assert world.events() == []
    world.advance(2.0)
    assert world.events()[-1] == Dead("c1", "initial")


def test_nobody_has_to_type_all_the_time() -> None:
    world = RelayWorld()
    world.ask(Open("c1", (StreamRequest(0, "text", "wan", "lan"),)))
    world.program(side_plan(ALICE), side_plan(BOB), supervise=True)
    world.advance(1000.0)
    assert world.events() == []
    verdict = world.report().streams[0].a.verdict
    assert verdict is not None
    assert verdict.name == "inactive"


def test_nothing_is_said_of_a_call_that_is_not_answered() -> None:
    world = RelayWorld()
    world.open()
    world.program(side_plan(ALICE), side_plan(BOB), supervise=False)
    world.advance(1000.0)
    assert world.events() == []


def test_packets_of_a_flow_count_as_heard_without_any_alarm_of_theirs() -> None:
    world = RelayWorld()
    wan, lan = world.call()
    alarms = 0
    for _ in range(500):
        world.speak(wan, ALICE)
        world.speak(lan, BOB)
        before = world.relay.next_deadline()
        world.advance(0.5)
        alarms += world.relay.next_deadline() != before
    assert world.events() == []
    assert alarms < 40


def test_the_interval_is_rolled_on_the_clock_of_the_session() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    for _ in range(12):
        world.speak(wan, ALICE)
        world.advance(1.0)
    side = world.report().streams[0].a
    assert side.interval is not None
    assert side.interval.packets == 10
    assert side.total.packets == 12


def test_after_a_stop_of_the_process_intervals_go_on_from_now() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    world.speak(wan, ALICE)
    world.now += 500.0
    world.shell.timeout(world.now)
    due = world.relay.next_deadline()
    assert due is not None
    assert due > world.now


def judgements(world: RelayWorld) -> list[tuple[str, str]]:
    return [(each.side, each.verdict.name) for each in world.judgements()]


def talking(world: RelayWorld, ports: tuple[Local, Local], seconds: int, *, lose: int = 0) -> None:
    """Both ends; of what alice sends every `lose`-th packet is missing."""
    began = round(50 * (world.now - 1000))
    for number in range(began, began + 50 * seconds):
        if not lose or number % lose:
            world.arrive(ports[0], rtp(number, 160 * number), ALICE)
        world.arrive(ports[1], rtp(number, 160 * number), BOB)
        world.advance(0.02)


def test_what_becomes_bad_or_good_again_is_told_with_the_interval() -> None:
    """(Q2; idea 1)"""
    world = RelayWorld()
    ports = world.call()
    talking(world, ports, 21)
    assert judgements(world) == [], "of a good call nothing is said"
    talking(world, ports, 20, lose=5)
    assert judgements(world) == [("a", "lossy")], "and that only once"
    talking(world, ports, 200)
    assert judgements(world) == [("a", "ok")], "in all it was little"


def test_one_way_is_told_with_its_evidence_while_the_call_lasts() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    for number in range(520):
        world.arrive(wan, rtp(number, 160 * number), ALICE)
        world.advance(0.02)
    (event,) = world.judgements()
    assert (event.session, event.stream, event.side) == ("c1", 0, "b")
    assert event.verdict == Verdict("one_way", "before", "nothing for 10.0 s from 10.20.0.11:5000")


def test_of_a_call_that_is_not_answered_nothing_is_judged() -> None:
    world = RelayWorld()
    world.open()
    world.program(side_plan(ALICE), side_plan(BOB))
    world.advance(100.0)
    assert judgements(world) == []
