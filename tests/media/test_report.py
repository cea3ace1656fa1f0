import pytest

from media.control import StreamReport
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
