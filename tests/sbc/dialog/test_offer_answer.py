"""RFC 3264 §4-§8, RFC 6337 §2, RFC 3261 §14, RFC 3311 §5."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.dialog.offer_answer import TABLE, OfferAnswer, On, ProtocolError, State, refusal


def test_offer_and_answer_in_invite_and_2xx() -> None:
    ours = OfferAnswer.inviting(offered=True)
    assert not ours.idle
    assert ours.answer_received() is None
    assert ours.idle


def test_the_callee_answers_in_its_2xx() -> None:
    ours = OfferAnswer.invited(offered=True)
    ours.described()
    assert ours.idle


def test_an_invite_without_offer_brings_it_in_the_2xx_and_the_answer_in_the_ack() -> None:
    ours = OfferAnswer.inviting(offered=False)
    assert ours.state is State.AWAITING_OFFER
    assert ours.offer_received() is None
    ours.answer_sent()
    assert ours.idle


def test_the_callee_of_an_offerless_invite_offers_in_its_2xx() -> None:
    ours = OfferAnswer.invited(offered=False)
    ours.described()
    assert ours.state is State.LOCAL_OFFER
    assert ours.answer_received() is None
    assert ours.idle


def test_a_description_in_the_2xx_after_the_answer_in_a_reliable_1xx_counts_for_nothing() -> None:
    ours = OfferAnswer.invited(offered=True)
    ours.described()
    ours.described()
    assert ours.idle


def test_a_second_offer_may_come_when_the_first_is_answered() -> None:
    ours = OfferAnswer.invited(offered=True)
    ours.answer_sent()
    assert ours.offer_received() is None
    ours.answer_sent()
    ours.offer_sent()
    assert ours.answer_received() is None
    ours.offer_invited()
    assert ours.offer_received() is None
    ours.answer_sent()
    assert ours.offer_asked() is None
    assert ours.state is State.OWING_OFFER


@pytest.mark.parametrize("state", [State.LOCAL_OFFER, State.AWAITING_OFFER])
def test_glare_is_491(state: State) -> None:
    assert OfferAnswer(state).offer_asked() == 491


def test_an_offer_against_an_open_offer_of_ours_is_491() -> None:
    ours = OfferAnswer(State.LOCAL_OFFER)
    assert ours.offer_received() == 491
    assert ours.state is State.LOCAL_OFFER


@pytest.mark.parametrize("state", [State.REMOTE_OFFER, State.OWING_OFFER])
def test_a_second_offer_before_we_answered_the_first_is_500(state: State) -> None:
    ours = OfferAnswer(state)
    assert ours.offer_received() == 500
    assert ours.offer_asked() == 500


@pytest.mark.parametrize("state", [each for each in State if each not in {State.LOCAL_OFFER}])
def test_an_answer_to_nothing_is_400(state: State) -> None:
    assert OfferAnswer(state).answer_received() == 400


@pytest.mark.parametrize("state", State)
def test_a_failed_request_leaves_the_session_as_it_was(state: State) -> None:
    ours = OfferAnswer(state)
    ours.failed()
    assert ours.idle


@pytest.mark.parametrize(
    "state", [each for each in State if each not in {State.STABLE, State.OWING_OFFER}]
)
def test_it_is_our_fault_to_offer_while_an_offer_is_open(state: State) -> None:
    with pytest.raises(ProtocolError, match=f"OFFER_SENT in {state.name}") as fault:
        OfferAnswer(state).offer_sent()
    assert (fault.value.state, fault.value.event) == (state, On.OFFER_SENT)


@pytest.mark.parametrize("state", [each for each in State if each not in {State.REMOTE_OFFER}])
def test_it_is_our_fault_to_answer_nothing(state: State) -> None:
    with pytest.raises(ProtocolError):
        OfferAnswer(state).answer_sent()


@pytest.mark.parametrize("state", State)
def test_every_state_is_in_the_table_and_can_be_left(state: State) -> None:
    assert any(following is not state for following in TABLE[state].values())


RECEIVED = (On.OFFER_RECEIVED, On.OFFERLESS_RECEIVED, On.ANSWER_RECEIVED)
MIRROR = {
    State.STABLE: State.STABLE,
    State.LOCAL_OFFER: State.REMOTE_OFFER,
    State.AWAITING_OFFER: State.OWING_OFFER,
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", RECEIVED)
def test_what_the_table_allows_is_not_refused_and_the_rest_is(state: State, event: On) -> None:
    assert (refusal(state, event) is None) is (event in TABLE[state])


@given(st.lists(st.sampled_from(["offer", "ask", "answer", "fail"])))
def test_two_sides_that_hear_each_other_stay_each_others_mirror(steps: list[str]) -> None:
    """Whoever may speak speaks; the two sides never disagree about whose turn it is."""
    ours, theirs = OfferAnswer(), OfferAnswer()
    for step in steps:
        speaker, hearer = (ours, theirs) if ours.state in _MAY_SPEAK[step] else (theirs, ours)
        if speaker.state not in _MAY_SPEAK[step]:
            continue
        heard = _speak(step, speaker, hearer)
        assert heard is None
        pair = {ours.state, theirs.state}
        assert any(pair == {left, right} for left, right in MIRROR.items())


_MAY_SPEAK = {
    "offer": (State.STABLE, State.OWING_OFFER),
    "ask": (State.STABLE,),
    "answer": (State.REMOTE_OFFER,),
    "fail": tuple(State),
}


def _speak(step: str, speaker: OfferAnswer, hearer: OfferAnswer) -> int | None:
    if step == "offer":
        speaker.offer_sent()
        return hearer.offer_received()
    if step == "ask":
        speaker.offer_invited()
        return hearer.offer_asked()
    if step == "answer":
        speaker.answer_sent()
        return hearer.answer_received()
    speaker.failed()
    hearer.failed()
    return None
