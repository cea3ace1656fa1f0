"""The INVITE that we send, and every way in which it may be answered."""

import pytest

from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import called, calling, inviting
from tests.support.messages import ANSWER, answer


def test_a_provisional_without_a_tag_is_heard_by_the_caller() -> None:
    border = Border()
    request, _ = inviting(border)
    border.receive(answer(request, 180, tag=""), CALLEE)
    assert border.heard(CALLER) == ["180"]


def test_a_repeated_or_early_reliable_provisional_is_dropped() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 180, "Require: 100rel", "RSeq: 5")
    callee.answers(callee.got("PRACK"), 200)
    border.take(CALLER)
    callee.answers(request, 180, "Require: 100rel", "RSeq: 5")
    callee.answers(request, 183, "Require: 100rel", "RSeq: 9")
    assert border.heard(CALLER) == []
    assert callee.inbox() == []
    callee.answers(request, 183, "Require: 100rel", "RSeq: 6")
    assert border.heard(CALLER) == ["183"]


def test_a_second_fork_that_answers_is_acknowledged_and_ended() -> None:
    border = Border()
    request, bob = inviting(border)
    carol = called(border, request, tag="carol")
    bob.answers(request, 200, body=ANSWER)
    bob.got("ACK")
    carol.answers(request, 200, body=ANSWER)
    carol.got("ACK")
    carol.answers(carol.got("BYE"), 200)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    caller.ask("BYE")
    bob.answers(bob.got("BYE"), 200)
    assert border.over()


def test_a_2xx_without_a_tag_is_as_if_it_had_not_come() -> None:
    border = Border()
    request, _ = inviting(border)
    border.receive(answer(request, 200, tag="", body=ANSWER), CALLEE)
    assert border.heard(CALLER) == []


def test_silence_is_408_for_the_caller() -> None:
    border = Border()
    inviting(border)
    border.wait(33)
    assert "408" in border.heard(CALLER)
    assert border.over()


def test_ringing_without_end_is_given_up() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 180)
    border.wait(181)
    assert "480" in border.heard(CALLER)
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(request, 487)
    (record,) = border.records
    assert record["cause"] == {"sip": 480, "q850": 19, "text": "Nobody answered in time"}
    assert border.over()


@pytest.mark.parametrize("body", ["", "v=0 nonsense"])
def test_an_answer_without_a_description_that_fits_ends_the_call(body: str) -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=body)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    assert border.heard(CALLER) == ["488"]
    assert border.over()


def test_a_codec_that_was_not_offered_is_no_answer() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER.replace("RTP/AVP 8 101", "RTP/AVP 18"))
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    assert border.heard(CALLER) == ["488"]
