"""The agent of one side: who is answered, who may send, where it is sent its media (I1, I2)."""

import pytest

from media.control import IcePlan
from media.ice.agent import MOST_KNOWN, STRANGE_CHECKS, Agent
from media.ice.check import Credentials, Role
from media.ice.checklist import Outgoing
from media.ice.pair import PEER_REFLEXIVE
from stun_turn.message import Class, build, parse
from stun_turn.registry import Attribute, Method
from tests.support.ice import (
    FORGER,
    OTHER,
    OURS,
    PEER,
    PEER_VIEW,
    PEERS,
    Peer,
    Wire,
    asked_at,
    candidate,
    choose,
    code,
    full_plan,
    lite_plan,
    mapped,
    said,
)


def lite() -> Agent:
    return Agent(lite_plan(), choose(), 0.0)


# --- lite: who is answered ------------------------------------------------------------------------


def test_a_check_is_answered_with_the_address_that_it_came_from() -> None:
    answer = said(Peer(lite()).check(0.0))

    assert code(answer) == 0
    assert mapped(answer) == PEER
    assert answer.is_authentic(OURS[1].encode())


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials(*PEERS, OURS[0], "a-password-that-is-wrong"),
        Credentials("Else", PEERS[1], *OURS),
        Credentials(*PEERS, "Else", OURS[1]),
    ],
)
def test_a_check_that_is_not_authentic_is_dropped_and_its_source_may_send_nothing(
    credentials: Credentials,
) -> None:
    agent = lite()

    outcome = Peer(agent).check(0.0, credentials=credentials, nominates=True)

    assert (outcome.outgoing, outcome.dropped) == ((), "stun_unauthentic")
    assert not agent.permits(1, PEER)
    assert agent.selected(1) is None


def test_a_check_without_integrity_is_dropped() -> None:
    bare = build(Method.BINDING, Class.REQUEST, bytes(12), [(Attribute.USERNAME, b"Ours:Peer")])

    assert lite().receive(bare, 1, PEER, 0.0).dropped == "stun_unauthentic"


def test_bad_checks_of_one_address_are_soon_not_looked_at_any_more() -> None:
    agent, wrong = lite(), Credentials(*PEERS, OURS[0], "wrong")
    forger = Peer(agent, FORGER)
    reasons = [forger.check(0.0, credentials=wrong).dropped for _ in range(100)]

    assert reasons.count("stun_unauthentic") == STRANGE_CHECKS
    assert reasons.count("stun_rate") == 100 - STRANGE_CHECKS
    assert code(said(Peer(agent).check(0.0))) == 0  # nor does that disturb the peer


def test_a_peer_that_has_passed_a_check_is_answered_however_often_it_asks() -> None:
    agent = lite()
    peer = Peer(agent)

    assert all(code(said(peer.check(0.0))) == 0 for _ in range(200))


def test_no_answer_is_larger_than_its_question() -> None:
    agent = lite()
    peer = Peer(agent, ("2001:db8::7", 40_000))
    for role in Role:
        data = peer.request(role)
        outcome = agent.receive(data, 1, peer.address, 0.0)
        assert len(outcome.outgoing[0].data) <= len(data)


def test_an_attribute_that_we_must_know_and_do_not_is_refused_by_name() -> None:
    data = build(
        Method.BINDING,
        Class.REQUEST,
        bytes(12),
        [
            (Attribute.USERNAME, PEER_VIEW.outgoing),
            (Attribute.PRIORITY, bytes(4)),
            (0x0077, bytes(16)),
        ],
        key=PEER_VIEW.peer_key,
        fingerprint=True,
    )

    answer = said(lite().receive(data, 1, PEER, 0.0))

    assert code(answer) == 420


def test_a_full_peer_that_claims_to_be_controlled_conflicts_with_a_lite_agent() -> None:
    agent = lite()

    answer = said(Peer(agent).check(0.0, role=Role.CONTROLLED, nominates=True))

    assert code(answer) == 487
    assert agent.selected(1) is None


def test_other_methods_indications_and_answers_to_nothing_change_nothing() -> None:
    agent = lite()
    refresh = build(Method.REFRESH, Class.REQUEST, bytes(12))
    keepalive = build(Method.BINDING, Class.INDICATION, bytes(12))
    answer = build(Method.BINDING, Class.SUCCESS, bytes(12))

    assert agent.receive(refresh, 1, PEER, 0.0).dropped == "stun"
    assert agent.receive(keepalive, 1, PEER, 0.0).dropped is None
    assert agent.receive(answer, 1, PEER, 0.0).dropped == "stun_unasked"
    assert agent.receive(keepalive[:-4] + b"1234", 1, PEER, 0.0).dropped is None
    assert agent.receive(b"\x00\x01\x00", 1, PEER, 0.0).dropped == "stun_malformed"
    assert not agent.permits(1, PEER)


# --- lite: who may send, and where it is answered -------------------------------------------------


def test_only_the_source_of_an_authentic_check_may_send_and_only_that_component() -> None:
    agent = lite()
    Peer(agent).check(0.0)

    assert agent.permits(1, PEER)
    assert not agent.permits(1, (PEER[0], PEER[1] + 1))
    assert not agent.permits(2, PEER)


def test_the_peer_nominates_where_it_is_sent_its_media() -> None:
    agent = lite()
    peer = Peer(agent)

    standings = []
    for nominates in (False, True):
        peer.check(0.0, nominates=nominates)
        standings.append((agent.standing, agent.selected(1)))

    assert standings == [("checking", None), ("connected", PEER)]


def test_of_pairs_that_are_all_nominated_the_best_is_used() -> None:
    agent = lite()
    Peer(agent, PEER).check(0.0, nominates=True)
    Peer(agent, OTHER).check(0.1, nominates=True, preference=PEER_REFLEXIVE)

    assert agent.selected(1) == PEER


def test_a_peer_that_has_moved_to_another_network_nominates_from_there() -> None:
    agent = lite()
    Peer(agent, PEER).check(0.0, nominates=True)
    Peer(agent, OTHER).check(6.0, nominates=True, preference=PEER_REFLEXIVE)

    assert agent.selected(1) == OTHER


def test_sources_beyond_a_number_push_out_only_those_that_are_not_in_use() -> None:
    agent = lite()
    Peer(agent).check(0.0, nominates=True)
    for port in range(1, 200):
        Peer(agent, ("198.51.100.7", port)).check(float(port))

    known = [port for port in range(1, 200) if agent.permits(1, ("198.51.100.7", port))]
    assert len(known) == MOST_KNOWN - 1
    assert agent.permits(1, PEER)


# --- consent --------------------------------------------------------------------------------------


def test_media_to_a_peer_that_answers_no_more_ends_within_thirty_seconds() -> None:
    agent = lite()
    Peer(agent).check(0.0, nominates=True)

    sent = asked_at(agent, 29.9)
    assert len(sent) in range(5, 9)
    assert agent.selected(1) == PEER
    asked_at(agent, 30.0)
    assert agent.selected(1) is None
    assert agent.standing == "expired"


def test_requests_of_the_peer_are_no_consent_since_their_source_may_be_forged() -> None:
    agent = lite()
    peer = Peer(agent)
    for second in range(31):
        peer.check(float(second), nominates=second == 0)
        asked_at(agent, float(second))

    assert agent.selected(1) is None


def test_a_peer_that_answers_keeps_its_media() -> None:
    agent = lite()
    peer = Peer(agent)
    peer.check(0.0, nominates=True)
    while agent.due < 300.0:
        now = agent.due
        for asked in agent.tick(now):
            peer.answer(asked, now)

    assert agent.selected(1) == PEER


def test_an_answer_from_elsewhere_or_with_another_password_is_no_consent() -> None:
    agent = lite()
    peer = Peer(agent)
    peer.check(0.0, nominates=True)
    (asked,) = agent.tick(0.0)

    forged = build(
        Method.BINDING, Class.SUCCESS, parse(asked.data).transaction_id, key=b"x", fingerprint=True
    )
    assert agent.receive(forged, 1, PEER, 20.0).dropped == "stun_unauthentic"
    peer.answer(asked, 20.0, source=OTHER)
    asked_at(agent, 30.0)

    assert agent.selected(1) is None


def test_a_peer_whose_consent_is_over_may_be_nominated_anew() -> None:
    agent = lite()
    peer = Peer(agent)
    peer.check(0.0, nominates=True)
    asked_at(agent, 31.0)

    peer.check(40.0, nominates=True)

    assert agent.selected(1) == PEER
    assert agent.standing == "connected"


# --- restart --------------------------------------------------------------------------------------


def test_in_a_restart_media_goes_on_until_the_new_pair_is_there() -> None:
    agent = lite()
    Peer(agent).check(0.0, nominates=True)
    agent.agree(lite_plan(("New1", "new-password-of-24-chars")), 1.0)

    assert agent.selected(1) == PEER
    assert agent.permits(1, PEER)
    assert Peer(agent, OTHER).check(1.1).dropped == "stun_unauthentic"  # with the old password
    new = Credentials(*PEERS, "New1", "new-password-of-24-chars")
    Peer(agent, OTHER).check(7.0, nominates=True, credentials=new)
    assert agent.selected(1) == OTHER


def test_the_same_plan_again_changes_nothing() -> None:
    agent = lite()
    Peer(agent).check(0.0, nominates=True)

    agent.agree(lite_plan(), 20.0)
    asked_at(agent, 30.0)

    assert agent.selected(1) is None


# --- full -----------------------------------------------------------------------------------------


def test_towards_a_lite_peer_we_check_and_nominate() -> None:
    agent = Agent(full_plan(candidate(PEER)), choose(), 0.0)
    peer = Peer(agent)
    (asked,) = agent.tick(0.0)
    peer.answer(asked, 0.02)
    assert agent.selected(1) is None
    (nomination,) = agent.tick(0.05)

    assert parse(nomination.data).has(Attribute.USE_CANDIDATE)
    peer.answer(nomination, 0.07)
    assert agent.selected(1) == PEER


def plans(*, both_control: bool = False) -> tuple[IcePlan, IcePlan]:
    a = IcePlan(*OURS, *PEERS, False, True, (candidate(Wire.at("b")),))
    b = IcePlan(*PEERS, *OURS, False, both_control, (candidate(Wire.at("a")),))
    return a, b


def test_two_full_agents_find_each_other_in_less_than_half_a_second() -> None:
    wire = Wire(*plans())

    wire.run(0.3)

    assert wire.a.selected(1) == Wire.at("b")
    assert wire.b.selected(1) == Wire.at("a")


def test_two_that_both_control_agree_on_one_that_does() -> None:
    wire = Wire(*plans(both_control=True))

    wire.run(1.0)

    assert {wire.a.role, wire.b.role} == set(Role)
    assert wire.a.selected(1) == Wire.at("b")
    assert wire.b.selected(1) == Wire.at("a")


def test_two_that_are_both_controlled_agree_on_one_that_controls() -> None:
    a, b = plans()
    wire = Wire(IcePlan(*OURS, *PEERS, False, False, a.candidates), b)

    wire.run(1.0)

    assert {wire.a.role, wire.b.role} == set(Role)
    assert wire.a.selected(1) == Wire.at("b")


def test_lost_checks_are_made_up_for() -> None:
    lost = iter([True, True, True, False, True] + [False] * 1000)
    wire = Wire(*plans(), lost=lambda _, __: next(lost))

    wire.run(5.0)

    assert wire.a.selected(1) == Wire.at("b")
    assert wire.b.selected(1) == Wire.at("a")


def test_consent_of_two_agents_lasts_and_ends_with_the_way_between_them() -> None:
    cut: list[bool] = []

    def lost(_: str, __: Outgoing) -> bool:
        return bool(cut)

    wire = Wire(*plans(), lost=lost)
    wire.run(120.0)
    assert wire.a.selected(1) == Wire.at("b")
    cut.append(True)
    wire.run(151.0)

    assert wire.a.selected(1) is None
    assert wire.b.selected(1) is None


def test_a_peer_that_no_candidate_reaches_has_failed() -> None:
    agent = Agent(full_plan(candidate(PEER)), choose(), 0.0)
    asked_at(agent, 40.0)

    assert agent.standing == "failed"


def test_candidates_that_come_late_are_checked_too() -> None:
    agent = Agent(full_plan(), choose(), 0.0)
    assert agent.tick(0.0) == []

    agent.agree(full_plan(candidate(PEER)), 1.0)

    (asked,) = agent.tick(1.0)
    assert asked.to == PEER


def test_a_controlled_full_agent_uses_what_the_peer_has_nominated() -> None:
    agent = Agent(full_plan(controlling=False), choose(), 0.0)
    peer = Peer(agent)
    peer.check(0.0, nominates=True)
    assert agent.selected(1) is None  # it has not been checked from here
    (asked,) = agent.tick(0.0)
    peer.answer(asked, 0.1)

    assert agent.selected(1) == PEER
