from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.control import Address, Latched
from media.engine.flow import Local
from tests.support.relay_world import ALICE, BOB, WAN, RelayWorld
from tests.support.rtcp_packets import (
    application,
    chunk,
    description,
    extended,
    sender_report,
    voip_metrics,
)
from tests.support.rtp_streams import rtp
from tests.support.side_plans import side_plan
from tests.support.virtual_engine import Datagram

STRANGER = ("203.0.113.66", 4000)


def test_the_first_packet_goes_across_and_the_next_by_a_flow() -> None:
    world = RelayWorld()
    wan, lan = world.call()
    first = world.speak(wan, ALICE)
    assert [(each.local, each.to) for each in first] == [(lan, BOB)]
    assert world.engine.flows[wan, ALICE].destination == BOB
    assert len(world.speak(wan, ALICE)) == 1
    assert world.report().streams[0].a.forwarded == 2


def test_both_directions_cross_unchanged() -> None:
    world = RelayWorld()
    wan, lan = world.call()
    packet = rtp(1, 160, payload=b"hello")
    assert world.arrive(wan, packet, ALICE)[0].data == packet
    assert [(each.local, each.to) for each in world.speak(lan, BOB)] == [(wan, ALICE)]


def test_before_its_plan_is_known_nothing_enters_a_port() -> None:
    world = RelayWorld()
    (ports,) = world.open()
    assert world.speak(("wan", ports.a), ALICE) == []
    assert world.report().streams[0].a.rejected == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_rtp"),
        (b"\x00\x01" + bytes(18), "stun"),
        (b"\x16\xfe\xfd" + bytes(10), "not_rtp"),
        (b"\x80\x00", "malformed"),
        (b"\x90\x00" + bytes(12), "malformed"),
        (b"\x80\xc8" + bytes(26), "rtcp_on_rtp_port"),
    ],
)
def test_what_is_not_rtp_goes_nowhere_and_claims_nothing(data: bytes, reason: str) -> None:
    world = RelayWorld()
    wan, _ = world.call(latching="first-packet")
    assert world.arrive(wan, data, STRANGER) == []
    assert world.relay.drops == {reason: 1}
    assert world.report().streams[0].a.latched is None


def test_a_flow_forwards_no_such_thing_either() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    world.speak(wan, ALICE)
    assert world.arrive(wan, b"\x00\x01" + bytes(18), ALICE) == []


def test_a_latch_is_told_and_answered() -> None:
    world = RelayWorld()
    mapped = ("198.51.100.9", 61000)
    wan, lan = world.call(latching="ranked", signalling_ip=mapped[0])
    world.speak(wan, mapped)
    assert world.events() == [Latched("c1", 0, "a", ALICE, mapped)]
    (sent,) = world.speak(lan, BOB)
    assert sent.to == mapped


def test_a_better_source_replaces_the_flow_of_the_first() -> None:
    world = RelayWorld()
    mapped = ("198.51.100.9", 61000)
    wan, _ = world.call(latching="ranked", signalling_ip=mapped[0])
    world.speak(wan, mapped)
    world.speak(wan, ALICE)
    assert [source for port, source in world.engine.flows if port == wan] == [ALICE]
    assert world.speak(wan, mapped) == []


def test_mode_none_lets_a_second_port_through_and_tells_of_no_latch() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    world.speak(wan, ALICE)
    assert len(world.speak(wan, (ALICE[0], 4444))) == 1
    assert world.events() == []
    assert world.report().streams[0].a.latched is None


def test_rejected_sources_are_counted_and_the_first_of_them_named() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    for port in (1, 2, 2, 3, 4, 5, 6):
        world.speak(wan, (STRANGER[0], port))
    side = world.report().streams[0].a
    assert side.rejected == 7
    assert side.rejected_sources == tuple(f"{STRANGER[0]}:{port}" for port in (1, 2, 3, 4))
    assert world.relay.drops["source"] == 7


def test_towards_an_unlatched_peer_behind_nat_nothing_is_sent() -> None:
    world = RelayWorld()
    world.open()
    (ports,) = world.open()
    hidden = side_plan(("192.168.1.2", 4000), latching="ranked", signalling_ip="198.51.100.9")
    world.program(hidden, side_plan(BOB))
    assert world.speak(("lan", ports.b), BOB) == []
    assert world.speak(("lan", ports.b), BOB) == []
    assert world.engine.flows[("lan", ports.b), BOB].counts.unsent == 2
    world.speak(("wan", ports.a), ("198.51.100.9", 61000))
    assert world.speak(("lan", ports.b), BOB)[0].to == ("198.51.100.9", 61000)


def test_an_sdp_that_names_our_own_port_makes_no_loop() -> None:
    world = RelayWorld()
    (ports,) = world.open()
    world.program(side_plan((WAN.addresses[0], ports.a)), side_plan(BOB))
    assert world.speak(("lan", ports.b), BOB) == []


# --- what the SDP allows --------------------------------------------------------------------------

DIRECTIONS = {
    "sendrecv": (True, True),
    "sendonly": (True, False),
    "recvonly": (False, True),
    "inactive": (False, False),
}


@pytest.mark.parametrize(("a", "b"), list(product(DIRECTIONS, DIRECTIONS)))
def test_media_crosses_exactly_where_both_descriptions_allow_it(a: str, b: str) -> None:
    world = RelayWorld()
    wan, lan = world.call()
    world.speak(wan, ALICE)
    world.speak(lan, BOB)
    (a_sends, a_receives), (b_sends, b_receives) = DIRECTIONS[a], DIRECTIONS[b]
    world.program(
        side_plan(ALICE, sends=a_sends, receives=a_receives, epoch=2),
        side_plan(BOB, sends=b_sends, receives=b_receives, epoch=2),
    )
    assert bool(world.speak(wan, ALICE)) is (a_sends and b_receives)
    assert bool(world.speak(lan, BOB)) is (b_sends and a_receives)
    stream = world.report().streams[0]
    assert stream.a.held == (0 if a_sends and b_receives else 1)
    assert stream.b.held == (0 if b_sends and a_receives else 1)


def test_a_held_stream_is_held_for_its_first_packet_too() -> None:
    world = RelayWorld()
    (ports,) = world.open()
    world.program(side_plan(ALICE, sends=False), side_plan(BOB))
    assert world.speak(("wan", ports.a), ALICE) == []
    assert world.report().streams[0].a.held == 1


def test_a_new_address_of_the_peer_is_answered_at_once() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    world.speak(wan, ALICE)
    world.program(side_plan(ALICE), side_plan(("10.20.0.12", 7000), epoch=2))
    assert world.speak(wan, ALICE)[0].to == ("10.20.0.12", 7000)


def test_a_refused_stream_frees_its_ports_and_stays_in_the_report() -> None:
    world = RelayWorld()
    world.open("c1", 0, 1)
    for index in (0, 1):
        world.program(side_plan(ALICE), side_plan(BOB), index=index)
    world.program(side_plan(None), side_plan(None), index=1, closed=True)
    assert len(world.engine.ports) == 2
    assert [stream.index for stream in world.report().streams] == [0, 1]
    world.program(side_plan(None), side_plan(None), index=1, closed=True)
    assert world.open("c1", 1)[0].index == 1
    assert [stream.index for stream in world.report().streams] == [0, 1]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(sorted(DIRECTIONS)),
        st.sampled_from(sorted(DIRECTIONS)),
        st.sampled_from([4000, 4002]),
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=40)
@given(STEPS, st.sampled_from(["none", "ranked", "signalled"]))
def test_after_each_step_of_a_long_call_rtp_flows_just_as_the_last_sdp_says(
    steps: list[tuple[str, str, int, bool]], mode: str
) -> None:
    world = RelayWorld()
    wan, lan = world.call(latching=mode)
    for epoch, (a, b, port, video) in enumerate(steps, start=2):
        alice = (ALICE[0], port)
        (a_sends, a_receives), (b_sends, b_receives) = DIRECTIONS[a], DIRECTIONS[b]
        plans = (
            side_plan(alice, sends=a_sends, receives=a_receives, latching=mode, epoch=epoch),
            side_plan(BOB, sends=b_sends, receives=b_receives, epoch=epoch),
        )
        if video:
            world.open("c1", 1)
        world.program(plans[0], plans[1], index=1, closed=not video)
        world.program(plans[0], plans[1])
        assert len(world.engine.ports) == (4 if video else 2)
        assert bool(world.speak(wan, alice)) is (a_sends and b_receives)
        assert [each.to for each in world.speak(lan, BOB)] == [alice] * (b_sends and a_receives)
        world.advance(0.02)


# --- RTCP -----------------------------------------------------------------------------------------

ALICE_RTCP, BOB_RTCP = (ALICE[0], ALICE[1] + 1), (BOB[0], BOB[1] + 1)
REPORT = sender_report(0x5EED) + description(chunk(0x5EED, (1, b"alice@10.0.0.7")))


def rtcp_port(local: Local) -> Local:
    return local[0], local[1] + 1


def test_rtcp_crosses_under_a_neutral_name() -> None:
    world = RelayWorld()
    wan, lan = world.call()
    (sent,) = world.arrive(rtcp_port(wan), REPORT, ALICE_RTCP)
    assert (sent.local, sent.to) == (rtcp_port(lan), BOB_RTCP)
    assert sent.data.startswith(sender_report(0x5EED))
    assert b"10.0.0.7" not in sent.data


def test_each_side_of_a_session_keeps_its_neutral_name() -> None:
    world = RelayWorld()
    world.open("c1", 0, 1)
    (sound, picture) = world.open("c1", 0, 1)
    for index in (0, 1):
        world.program(side_plan(ALICE), side_plan(BOB), index=index)
    one, two = (
        world.arrive(("wan", ports.a + 1), REPORT, ALICE_RTCP)[0].data for ports in (sound, picture)
    )
    assert one == two
    other = world.arrive(("lan", sound.b + 1), REPORT, BOB_RTCP)[0].data
    assert other != one


def test_extended_reports_cross_unless_the_other_side_may_not_have_them() -> None:
    """(Q7)"""
    world = RelayWorld()
    wan, lan = world.call()
    data = REPORT + extended(1, voip_metrics(7, 91))
    for local, source in ((wan, ALICE), (lan, BOB)):
        world.speak(local, source)
    assert kinds(world.arrive(rtcp_port(wan), data, ALICE_RTCP)) == [200, 202, 207]
    world.program(side_plan(ALICE), side_plan(BOB, extended_reports=False), supervise=True)
    assert kinds(world.arrive(rtcp_port(wan), data, ALICE_RTCP)) == [200, 202]
    assert kinds(world.arrive(rtcp_port(lan), data, BOB_RTCP)) == [200, 202, 207]


def kinds(sent: list[Datagram]) -> list[int]:
    """The packet types of a compound."""
    (compound,) = sent
    found, position = [], 0
    while position < len(compound.data):
        found.append(compound.data[position + 1])
        position += 4 + 4 * int.from_bytes(compound.data[position + 2 : position + 4], "big")
    return found


def test_rtcp_crosses_in_a_hold() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    inactive = {"sends": False, "receives": False}
    world.program(side_plan(ALICE, **inactive), side_plan(BOB, **inactive))
    assert world.arrive(rtcp_port(wan), REPORT, ALICE_RTCP)


def test_rtcp_of_a_stranger_goes_nowhere() -> None:
    world = RelayWorld()
    wan, _ = world.call(latching="ranked")
    assert world.arrive(rtcp_port(wan), REPORT, STRANGER) == []
    assert world.report().streams[0].a.rejected == 1


def test_rtcp_is_taken_only_from_where_rtp_has_latched() -> None:
    world = RelayWorld()
    mapped = "198.51.100.9"
    wan, lan = world.call(latching="ranked", signalling_ip=mapped)
    assert world.arrive(rtcp_port(wan), REPORT, ALICE_RTCP)
    world.speak(wan, (mapped, 61000))
    assert world.arrive(rtcp_port(wan), REPORT, ALICE_RTCP) == []
    assert world.arrive(rtcp_port(wan), REPORT, (mapped, 61001))
    (sent,) = world.arrive(rtcp_port(lan), REPORT, BOB_RTCP)
    assert sent.to == (mapped, 61001)


def test_rtcp_keeps_its_latch_when_rtp_moves_within_its_host() -> None:
    world = RelayWorld()
    wan, lan = world.call(latching="ranked")
    world.arrive(rtcp_port(wan), REPORT, (ALICE[0], 9999))
    world.speak(wan, ALICE)
    assert world.arrive(rtcp_port(lan), REPORT, BOB_RTCP)[0].to == (ALICE[0], 9999)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (rtp(1, 160), "rtp_on_rtcp_port"),
        (b"\x00\x01" + bytes(18), "stun"),
        (b"\x81\xc9\x00\x09" + bytes(8), "malformed"),
        (application(1, b"SECR"), "rtcp_kept_back"),
    ],
)
def test_what_is_not_fit_to_cross_is_counted(data: bytes, reason: str) -> None:
    world = RelayWorld()
    wan, _ = world.call()
    assert world.arrive(rtcp_port(wan), data, ALICE_RTCP) == []
    assert world.relay.drops == {reason: 1}


def test_rtcp_for_an_end_that_has_named_no_address_stays_here() -> None:
    world = RelayWorld()
    (ports,) = world.open()
    world.program(side_plan(ALICE), side_plan(BOB, rtcp=None))
    assert world.arrive(("wan", ports.a + 1), REPORT, ALICE_RTCP) == []
    assert world.relay.drops == {"rtcp_kept_back": 1}


def flood(world: RelayWorld, local: Local, source: Address, packets: int, first: int) -> int:
    """A second of so many packets; how many of them went on."""
    passed = 0
    for number in range(first, first + packets):
        passed += len(world.arrive(local, rtp(number, 160 * number), source))
        world.advance(1 / packets)
    world.advance(0.001)  # what floats have lost
    return passed


def test_a_stream_above_its_rate_is_cut_down_and_the_verdict_says_so() -> None:
    """(M8)"""
    world = RelayWorld()
    wan, _ = world.call(most_bytes=100.0 * 172)
    assert flood(world, wan, ALICE, 300, 0) == 300, "it is seen after a second"
    assert world.engine.flows[wan, ALICE].outbound is not None
    passed = flood(world, wan, ALICE, 300, 300) + flood(world, wan, ALICE, 300, 600)
    assert 290 <= passed <= 301
    report = world.report().streams[0].a
    assert (report.policed, report.total.packets) == (600 - passed, 900)
    assert report.forwarded == 300 + passed
    assert report.verdict is not None
    assert (report.verdict.name, report.verdict.where) == ("policed", "at")
    for number in range(6):
        flood(world, wan, ALICE, 50, 900 + 50 * number)
    assert world.engine.flows[wan, ALICE].outbound is None, "it has kept to it for a while"


def test_a_stream_that_keeps_to_its_rate_has_a_plain_flow() -> None:
    """(M8)"""
    world = RelayWorld()
    wan, lan = world.call(most_bytes=100.0 * 172)
    for second in range(3):
        flood(world, wan, ALICE, 50, 50 * second)
        flood(world, lan, BOB, 500, 500 * second)
    assert world.engine.flows[wan, ALICE].outbound is None
    assert world.engine.flows[lan, BOB].outbound is None, "of that side nothing is said"
    streams = world.report().streams
    assert (streams[0].a.policed, streams[0].b.policed) == (0, 0)


def test_a_new_plan_may_end_the_policing() -> None:
    """(M8)"""
    world = RelayWorld()
    wan, _ = world.call(most_bytes=100.0 * 172)
    flood(world, wan, ALICE, 300, 0)
    world.program(side_plan(ALICE), side_plan(BOB), supervise=True)
    assert world.engine.flows[wan, ALICE].outbound is None
    assert flood(world, wan, ALICE, 300, 300) == 300
