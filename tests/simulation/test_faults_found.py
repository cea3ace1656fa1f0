"""What the random calls have found: each fault by itself, as small as it can be."""

from sbc.sip.message import Response
from tests.support.border import CALLER, Border
from tests.support.ends import called, calling, inviting, ringing
from tests.support.messages import ANSWER

RELIABLE = ("Require: 100rel", "RSeq: 1")


def test_a_fork_that_rings_after_the_cancel_leaves_nothing_behind() -> None:
    border = Border()
    caller, _, request = ringing(border)
    caller.cancel()
    called(border, request, tag="late-tag").answers(request, 181)
    other = called(border, request, tag="other-tag")
    other.answers(request, 200, body=ANSWER)
    other.got("ACK")
    other.answers(other.got("BYE"), 200)
    assert border.over()


def test_the_bye_for_a_late_fork_is_in_order_after_its_prack() -> None:
    border = Border()
    request, loser = inviting(border)
    loser.answers(request, 180, *RELIABLE)
    prack = loser.got("PRACK")
    loser.answers(prack, 200)
    winner = called(border, request, tag="winner-tag")
    winner.answers(request, 200, body=ANSWER)
    loser.answers(request, 200, body=ANSWER)
    assert loser.got("BYE").headers.cseq.number > prack.headers.cseq.number


def held_answer(border: Border) -> None:
    """The callee has answered, but the caller has yet to acknowledge the early description."""
    request, callee = inviting(border, "Supported: 100rel")
    callee.answers(request, 183, *RELIABLE, body=ANSWER)
    callee.answers(callee.got("PRACK"), 200)
    callee.answers(request, 200)
    border.response(CALLER, 183)
    callee.ask("BYE")


def test_a_call_whose_answer_the_caller_never_had_is_recorded_as_the_caller_heard_it() -> None:
    border = Border()
    held_answer(border)
    border.response(CALLER, 480)
    (record,) = border.records
    assert record["cause"] == {"sip": 480, "q850": 16, "text": "Normal call clearing"}
    assert record["duration_s"] is None


def test_a_bye_that_crosses_the_200_does_not_stop_its_repetition() -> None:
    """The BYE is of the early dialog; the 200 may be lost, and an INVITE needs its final answer."""
    border = Border()
    caller, callee, request = ringing(border)
    callee.answers(request, 200, body=ANSWER)
    lost = border.response(CALLER, 200)
    caller.ask("BYE")
    caller.heard(200)
    border.wait(1.0)
    assert caller.heard(200).encode() == lost.encode()
    calling(border, lost).ack()
    border.wait(8.0)
    assert not [m for m in border.take(CALLER) if isinstance(m, Response)]
    callee.answers(callee.got("BYE"), 200)
    assert border.over()


def test_a_200_that_nobody_acknowledges_after_a_bye_is_given_up() -> None:
    border = Border()
    caller, callee, request = ringing(border)
    callee.answers(request, 200, body=ANSWER)
    caller.ask("BYE")
    callee.answers(callee.got("BYE"), 200)
    assert border.over()
