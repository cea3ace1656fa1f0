import pytest

from media.control import Losses, StreamReport, Verdict
from media.report import TurnPorts
from tests.support.relay_world import ALICE, BOB, RelayWorld
from tests.support.rtcp_packets import receiver_report, report_block, sender_report
from tests.support.rtp_streams import SSRC, rtp
from tests.support.side_plans import side_plan

ALICE_RTCP, BOB_RTCP = (ALICE[0], ALICE[1] + 1), (BOB[0], BOB[1] + 1)
NTP = 0x1234_5678_9ABC_DEF0
LSR = NTP >> 16 & 0xFFFFFFFF


def stream(world: RelayWorld) -> StreamReport:
    return world.report().streams[0]


def test_a_side_tells_where_it_is_and_whom_it_expects() -> None:
    world = RelayWorld()
    (wan, port), _ = world.call(latching="ranked")
    before = stream(world).a
    assert (before.interface, before.port) == (wan, port)
    assert (before.expected, before.latched, before.latch_mode) == (ALICE, None, "ranked")
    assert (before.codec, before.ssrc, before.first_packet_ms, before.mos) == (None,) * 4
    world.speak((wan, port), ALICE)
    after = stream(world).a
    assert (after.latched, after.codec, after.ssrc) == (ALICE, "PCMU/8000", SSRC)
    assert after.total.packets == after.forwarded == 1


def test_the_first_packet_counts_from_the_answer() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    world.advance(0.25)
    world.speak(wan, ALICE)
    assert stream(world).a.first_packet_ms == pytest.approx(250)


def test_early_media_counts_from_the_opening() -> None:
    world = RelayWorld()
    (ports,) = world.open()
    world.program(side_plan(ALICE), side_plan(BOB))
    world.advance(0.5)
    world.speak(("lan", ports.b), BOB)
    world.advance(5.0)
    world.program(side_plan(ALICE), side_plan(BOB), supervise=True)
    assert stream(world).b.first_packet_ms == pytest.approx(500)


def test_a_good_stream_has_a_good_score_and_names_its_method() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    for number in range(100):
        world.arrive(wan, rtp(number, 160 * number), ALICE)
        world.advance(0.02)
    side = stream(world).a
    assert side.mos is not None
    assert side.mos > 4.3
    assert side.mos_method is not None
    assert side.mos_method.startswith("E-model G.107, PCMU")


def test_what_the_far_end_says_is_about_the_stream_that_it_got() -> None:
    world = RelayWorld()
    wan, lan = world.call()
    world.speak(lan, BOB)
    block = report_block(SSRC, fraction=64, lost=12, jitter=80)
    world.arrive((wan[0], wan[1] + 1), receiver_report(7, block), ALICE_RTCP)
    far_end = stream(world).a.far_end
    assert far_end is not None
    assert (far_end.reports, far_end.fraction_lost, far_end.lost) == (1, 0.25, 12)
    assert far_end.jitter_ms == 10.0
    assert far_end.round_trip_ms is None
    assert stream(world).b.far_end is None


def test_the_round_trip_between_the_ends_is_that_of_both_sides() -> None:
    world = RelayWorld()
    wan, lan = world.call()
    for number in range(50):
        world.arrive(wan, rtp(number, 160 * number), ALICE)
        world.arrive(lan, rtp(number, 160 * number), BOB)
        world.advance(0.02)
    wan_rtcp, lan_rtcp = (wan[0], wan[1] + 1), (lan[0], lan[1] + 1)
    world.arrive(lan_rtcp, sender_report(SSRC, ntp=NTP), BOB_RTCP)
    world.advance(0.3)
    heard = report_block(SSRC, lsr=LSR, dlsr=6554)  # after 0.1 s
    world.arrive(wan_rtcp, sender_report(SSRC, heard, ntp=NTP), ALICE_RTCP)
    world.advance(0.15)
    world.arrive(lan_rtcp, receiver_report(SSRC, report_block(SSRC, lsr=LSR, dlsr=6554)), BOB_RTCP)
    both = stream(world)
    assert both.a.far_end is not None
    assert both.b.far_end is not None
    assert both.a.far_end.round_trip_ms == pytest.approx(200, abs=0.1)
    assert both.b.far_end.round_trip_ms == pytest.approx(50, abs=0.1)
    assert both.a.mos_method is not None
    assert "delay 145 ms" in both.a.mos_method  # half of 250 ms, and a packet time


def steady(world: RelayWorld, ports: tuple[tuple[str, int], ...], seconds: float) -> None:
    """Both ends speak, 50 packets a second."""
    wan, lan = ports
    for number in range(round(50 * seconds)):
        world.arrive(wan, rtp(number, 160 * number), ALICE)
        world.arrive(lan, rtp(number, 160 * number), BOB)
        world.advance(0.02)


def test_both_directions_of_a_good_call_are_ok() -> None:
    world = RelayWorld()
    steady(world, world.call(), 3.0)
    report = stream(world)
    assert report.a.verdict == report.b.verdict == Verdict("ok", None, "")
    assert report.a.losses == Losses(0, 0, None)


def test_one_end_that_never_speaks_is_one_way_and_the_other_is_not() -> None:
    """(M5)"""
    world = RelayWorld()
    wan, _ = world.call()
    for _ in range(300):
        world.speak(wan, ALICE)
        world.advance(0.02)
    report = stream(world)
    assert report.a.verdict == Verdict("ok", None, "")
    assert report.b.verdict is not None
    assert (report.b.verdict.name, report.b.verdict.where) == ("one_way", "before")
    assert report.b.verdict.evidence == "nothing for 6.0 s from 10.20.0.11:5000"


def test_a_call_that_is_not_answered_yet_expects_nothing() -> None:
    world = RelayWorld()
    world.open()
    world.program(side_plan(ALICE), side_plan(BOB))
    world.advance(20.0)
    assert [each.verdict and each.verdict.name for each in (stream(world).a, stream(world).b)] == [
        "inactive",
        "inactive",
    ]


def test_a_late_beginning_is_counted_from_when_it_was_asked_for() -> None:
    world = RelayWorld()
    wan, lan = world.call(sends=False)
    for _ in range(200):
        world.speak(lan, BOB)
        world.advance(0.02)
    world.program(side_plan(ALICE), side_plan(BOB), supervise=True)
    steady(world, (wan, lan), 2.0)
    assert stream(world).a.verdict == Verdict("ok", None, ""), "it was on hold till then"
    late = RelayWorld()
    ports = late.call()
    late.advance(3.0)
    steady(late, ports, 2.0)
    said = stream(late).a.verdict
    assert said is not None
    assert (said.name, said.evidence) == ("late", "its first packet came after 3.0 s")


def test_what_overran_our_socket_is_asked_of_the_engine() -> None:
    """(Q10)"""
    world = RelayWorld()
    ports = world.call()
    steady(world, ports, 2.0)
    world.engine.dropped[ports[0]] = 40
    report = stream(world)
    assert (report.a.kernel_drops, report.b.kernel_drops) == (40, 0)
    assert report.a.losses == Losses(0, 40, None)
    assert report.a.verdict is not None
    assert report.a.verdict.name == "kernel_drop"


def test_a_host_that_refuses_is_told_of_the_direction_towards_it() -> None:
    world = RelayWorld()
    ports = world.call()
    steady(world, ports, 3.0)
    flow = world.engine.flows[ports[1], BOB]
    for at in (1000.0, 1001.5, 1003.0):
        flow.counts.refuse(at)
    report = stream(world)
    assert (report.a.refused, report.b.refused) == (0, 3)
    assert report.a.verdict is not None
    assert (report.a.verdict.name, report.a.verdict.where) == ("port_unreachable", "after")
    assert report.b.verdict == Verdict("ok", None, "")


def test_an_end_that_comes_by_our_own_turn_server_is_known() -> None:
    world = RelayWorld(turn=TurnPorts(frozenset({ALICE[0]}), 4000, 4999))
    wan, lan = world.call(latching="ranked", signalling_ip=ALICE[0])
    world.speak(wan, ALICE)
    world.speak(lan, BOB)
    (stream,) = world.report().streams
    assert (stream.a.turn, stream.b.turn) == (True, False)
    ports = TurnPorts(frozenset({"203.0.113.1"}), 50000, 50999)
    assert ports.has(("203.0.113.1", 50999))
    assert not any(
        ports.has(each) for each in (None, ("203.0.113.1", 51000), ("203.0.113.2", 50000))
    )
