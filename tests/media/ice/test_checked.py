"""Media of a side that uses ICE: only who has passed a check may send, and latching is off (I1)."""

from media.control import Latched, SidePlan
from media.engine.flow import Local
from media.ice.check import Credentials, Role, request
from media.ice.pair import HOST, priority
from stun_turn.message import parse
from tests.support.ice import (
    FORGER,
    OTHER,
    PEER,
    PEER_VIEW,
    PEERS,
    candidate,
    code,
    full_plan,
    lite_plan,
)
from tests.support.relay_world import ALICE, BOB, RelayWorld
from tests.support.rtcp_packets import chunk, description, sender_report
from tests.support.rtp_streams import rtp
from tests.support.side_plans import side_plan

RTCP = sender_report(0x5EED) + description(chunk(0x5EED, (1, b"alice@host")))
WRONG = Credentials(*PEERS, "Ours", "wrong")


def a_check(
    number: int = 1, *, nominates: bool = False, credentials: Credentials = PEER_VIEW
) -> bytes:
    return request(
        credentials,
        number.to_bytes(12, "big"),
        Role.CONTROLLING,
        9,
        priority(HOST, 1),
        nominates=nominates,
    )


def ice_side(**changes: object) -> SidePlan:
    """As a browser's description makes it: what it names itself is of no use."""
    plan = {"latching": "first-packet", "ice": lite_plan(), "mux": True, **changes}
    return side_plan(ALICE, **plan)


def call(**changes: object) -> tuple[RelayWorld, Local, Local]:
    world = RelayWorld()
    (ports,) = world.open()
    world.program(ice_side(**changes), side_plan(BOB), supervise=True)
    return world, ("wan", ports.a), ("lan", ports.b)


def nominated() -> tuple[RelayWorld, Local, Local]:
    world, wan, lan = call()
    world.arrive(wan, a_check(nominates=True), PEER)
    return world, wan, lan


def test_a_check_on_a_media_port_is_answered_from_that_port() -> None:
    world, wan, _ = call()

    (answer,) = world.arrive(wan, a_check(), PEER)

    assert (answer.local, answer.to) == (wan, PEER)
    assert code(parse(answer.data)) == 0


def test_without_a_check_nobody_may_send_not_even_from_the_address_of_the_description() -> None:
    world, wan, _ = call()

    assert world.speak(wan, ALICE) == []
    assert world.speak(wan, FORGER) == []
    assert world.report().streams[0].a.rejected == 2
    assert world.relay.drops == {"source": 2}


def test_a_bad_check_is_dropped_and_counted_and_opens_nothing() -> None:
    world, wan, _ = call()

    assert world.arrive(wan, a_check(credentials=WRONG), FORGER) == []
    assert world.speak(wan, FORGER) == []
    assert world.relay.drops == {"stun_unauthentic": 1, "source": 1}


def test_who_has_passed_a_check_is_heard_and_its_packets_then_run_on_a_flow() -> None:
    world, wan, lan = call()
    world.arrive(wan, a_check(), PEER)

    (first,) = world.speak(wan, PEER)

    assert (first.local, first.to) == (lan, BOB)
    assert world.engine.flows[wan, PEER].destination == BOB
    assert world.speak(wan, (PEER[0], PEER[1] + 1)) == []


def test_media_for_the_peer_goes_where_it_has_nominated_and_nowhere_before() -> None:
    world, wan, lan = call()
    assert world.speak(lan, BOB) == []
    world.arrive(wan, a_check(nominates=True), PEER)

    (sent,) = world.speak(lan, BOB)

    assert (sent.local, sent.to) == (wan, PEER)
    assert world.report().streams[0].a.ice == "connected"


def test_a_new_nomination_turns_the_flow_of_the_other_side() -> None:
    world, wan, lan = nominated()
    world.speak(lan, BOB)
    world.arrive(wan, a_check(2, nominates=True), OTHER)

    assert world.engine.flows[lan, BOB].destination == OTHER
    assert [sent.to for sent in world.speak(lan, BOB)] == [OTHER]


def test_signalling_is_told_where_the_peer_was_found() -> None:
    world, wan, _ = nominated()
    world.speak(wan, PEER)

    assert world.events() == [Latched("c1", 0, "a", PEER, PEER)]


def test_media_ends_within_thirty_seconds_after_the_peer_has_ceased_to_consent() -> None:
    world, _, lan = nominated()
    world.speak(lan, BOB)
    world.engine.taken_out()
    world.advance(29.0)

    asked = world.engine.taken_out()
    assert len(asked) in range(5, 9)
    assert all(each.to == PEER and parse(each.data) for each in asked)
    assert len(world.speak(lan, BOB)) == 1
    world.advance(1.0)
    assert world.speak(lan, BOB) == []
    assert world.report().streams[0].a.ice == "expired"


def test_a_full_agent_sends_its_checks_from_our_media_port() -> None:
    both = full_plan(candidate(PEER), candidate(OTHER, component=2))
    world, (interface, port), _ = call(ice=both, mux=False)

    world.advance(0.1)

    sent = {(each.local, each.to) for each in world.engine.taken_out()}
    assert sent == {((interface, port), PEER), ((interface, port + 1), OTHER)}


def test_a_plan_without_ice_ends_what_the_checks_allowed() -> None:
    world, wan, lan = nominated()
    world.speak(wan, PEER)

    world.program(side_plan(ALICE, latching="signalled", epoch=2), side_plan(BOB), supervise=True)

    assert (wan, PEER) not in world.engine.flows
    assert world.speak(wan, PEER) == []
    assert [sent.to for sent in world.speak(lan, BOB)] == [ALICE]


# --- RTCP on the port of RTP (M6) -----------------------------------------------------------------


def test_rtcp_on_one_port_crosses_to_a_side_with_two_and_back() -> None:
    world, wan, lan = nominated()

    (out,) = world.arrive(wan, RTCP, PEER)
    (back,) = world.arrive((lan[0], lan[1] + 1), RTCP, (BOB[0], BOB[1] + 1))

    assert (out.local, out.to) == ((lan[0], lan[1] + 1), (BOB[0], BOB[1] + 1))
    assert (back.local, back.to) == (wan, PEER)


def test_the_same_without_ice_follows_the_latch_of_rtp() -> None:
    world = RelayWorld()
    (ports,) = world.open()
    wan, lan = ("wan", ports.a), ("lan", ports.b)
    plan = side_plan(ALICE, rtcp=ALICE, mux=True, latching="ranked", signalling_ip="198.51.100.9")
    world.program(plan, side_plan(BOB), supervise=True)
    mapped = ("198.51.100.9", 61000)
    world.speak(wan, mapped)

    (back,) = world.arrive((lan[0], lan[1] + 1), RTCP, (BOB[0], BOB[1] + 1))
    (out,) = world.arrive(wan, RTCP, mapped)

    assert (back.local, back.to) == (wan, mapped)
    assert (out.local, out.to) == ((lan[0], lan[1] + 1), (BOB[0], BOB[1] + 1))
    assert world.arrive(wan, RTCP, (mapped[0], 61001)) == []


def test_reports_that_cross_keep_their_sources_and_counts() -> None:
    world, wan, _ = nominated()

    (out,) = world.arrive(wan, RTCP, PEER)

    assert out.data.startswith(sender_report(0x5EED))
    assert b"alice" not in out.data


def test_rtcp_from_a_source_without_a_check_goes_nowhere() -> None:
    world, wan, _ = nominated()

    assert world.arrive(wan, RTCP, FORGER) == []


def test_stun_on_a_side_without_ice_goes_nowhere() -> None:
    world, _, lan = call()

    assert world.arrive(lan, a_check(), BOB) == []
    assert world.relay.drops == {"stun": 1}
    assert world.arrive(lan, rtp(1, 1), BOB) == []
