"""What a full agent sends: in which order, how often, and which pair it nominates (I2)."""

from media.control import IceCandidate
from media.ice.check import Credentials, Role
from media.ice.checklist import MOST_PAIRS, Checklist, Outgoing
from media.ice.pair import HOST, PEER_REFLEXIVE, State
from stun_turn.message import Class, Message, build, parse
from stun_turn.registry import Attribute, Method
from tests.support.ice import OTHER, OURS, PEER, PEERS, candidate, choose


def checklist(*candidates: IceCandidate, role: Role = Role.CONTROLLING) -> Checklist:
    checks = Checklist(Credentials(*OURS, *PEERS), role, 5, choose(), 0.0)
    checks.add(candidates)
    return checks


def response(asked: Outgoing, error: int = 0) -> Message:
    transaction_id = parse(asked.data).transaction_id
    if not error:
        return parse(build(Method.BINDING, Class.SUCCESS, transaction_id))
    value = bytes((0, 0, error // 100, error % 100))
    attributes = [(Attribute.ERROR_CODE, value)]
    return parse(build(Method.BINDING, Class.ERROR, transaction_id, attributes))


def nominates(asked: Outgoing) -> bool:
    return parse(asked.data).has(Attribute.USE_CANDIDATE)


def test_pairs_are_checked_one_every_fifty_milliseconds_the_best_first() -> None:
    checks = checklist(candidate(OTHER, preference=PEER_REFLEXIVE), candidate(PEER))

    (first,) = checks.tick(0.0)
    assert first.to == PEER
    assert checks.tick(0.049) == []
    assert checks.due == 0.05
    (second,) = checks.tick(0.05)
    assert second.to == OTHER


def test_a_check_is_sent_seven_times_ever_more_slowly_and_then_it_has_failed() -> None:
    checks, now, times = checklist(candidate(PEER)), 0.0, []
    while checks.due < 100:
        now = checks.due
        times += [now for _ in checks.tick(now)]

    assert times == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert now == 39.5
    assert checks.failed(1)


def test_a_check_which_the_peer_has_caused_comes_before_the_others() -> None:
    checks = checklist(candidate(PEER), candidate(OTHER, preference=PEER_REFLEXIVE))
    checks.trigger(1, OTHER, 1)

    (first,) = checks.tick(0.0)

    assert first.to == OTHER


def test_the_best_pair_is_nominated_as_soon_as_it_is_valid() -> None:
    checks = checklist(candidate(PEER), candidate(OTHER, preference=PEER_REFLEXIVE))
    (asked,) = checks.tick(0.0)
    checks.answered(response(asked), 1, PEER, 0.02)

    (nomination,) = checks.tick(0.05)

    assert nomination.to == PEER
    assert nominates(nomination)
    pair = checks.answered(response(nomination), 1, PEER, 0.07)
    assert pair is not None
    assert pair.nominated


def test_a_lesser_pair_waits_a_while_for_a_better_one() -> None:
    checks = checklist(candidate(PEER), candidate(OTHER, preference=PEER_REFLEXIVE))
    checks.tick(0.0)
    (asked,) = checks.tick(0.05)
    checks.answered(response(asked), 1, OTHER, 0.1)

    assert [each for each in checks.tick(0.3) if nominates(each)] == []
    assert checks.due == 0.4
    (nomination,) = checks.tick(0.4)
    assert nomination.to == OTHER
    assert nominates(nomination)


def test_an_answer_from_elsewhere_is_not_symmetric_and_fails_the_pair() -> None:
    checks = checklist(candidate(PEER))
    (asked,) = checks.tick(0.0)

    assert checks.answered(response(asked), 1, OTHER, 0.1) is None
    assert checks.failed(1)


def test_a_role_conflict_makes_us_the_other_side_and_the_check_is_sent_again() -> None:
    checks = checklist(candidate(PEER))
    (asked,) = checks.tick(0.0)

    checks.answered(response(asked, 487), 1, PEER, 0.1)

    assert checks.role is Role.CONTROLLED
    (again,) = checks.tick(0.1)
    assert parse(again.data).has(Attribute.ICE_CONTROLLED)


def test_any_other_refusal_fails_the_pair() -> None:
    checks = checklist(candidate(PEER))
    (asked,) = checks.tick(0.0)

    checks.answered(response(asked, 400), 1, PEER, 0.1)

    assert checks.failed(1)


def test_a_nomination_that_nobody_answers_gives_way_to_another_valid_pair() -> None:
    checks = checklist(candidate(PEER), candidate(OTHER, preference=PEER_REFLEXIVE))
    (best,) = checks.tick(0.0)
    (lesser,) = checks.tick(0.05)
    checks.answered(response(lesser), 1, OTHER, 0.06)
    checks.answered(response(best), 1, PEER, 0.07)
    sent = []
    while checks.due < 100:
        now = checks.due
        sent += [(now, each.to) for each in checks.tick(now) if nominates(each)]

    assert [to for _, to in sent[:7]] == [PEER] * 7
    assert sent[7][1] == OTHER


def test_a_pair_that_was_selected_ends_the_checks_of_its_component_alone() -> None:
    checks = checklist(candidate(PEER), candidate(OTHER), candidate(PEER, component=2))
    checks.tick(0.0)

    checks.conclude(1)

    (asked,) = checks.tick(0.05)
    assert asked.component == 2


def test_a_peer_that_names_very_many_places_has_few_of_them_checked() -> None:
    many = [candidate(("198.51.100.9", port)) for port in range(1, 1000)]
    checks, now, to = checklist(*many), 0.0, set()
    while now < 30:
        to |= {each.to for each in checks.tick(now)}
        now += 0.05

    assert len(to) == MOST_PAIRS


def test_without_the_password_of_the_peer_nothing_is_asked_of_it() -> None:
    checks = Checklist(Credentials(*OURS, "", ""), Role.CONTROLLED, 5, choose(), 0.0)

    pair = checks.trigger(1, PEER, 1)

    assert pair is not None
    assert pair.state is State.WAITING
    assert HOST > PEER_REFLEXIVE
