"""S5: reliable provisional answers (RFC 3262), on each leg for itself."""

import pytest

from sbc.sip.message import Request, Response
from tests.support.border import CALLER, Border
from tests.support.ends import End, calling, hang_up, inviting
from tests.support.messages import ANSWER, OFFER


def rack(response: Response) -> str:
    headers = response.headers
    return f"RAck: {headers.rseq} {headers.get('cseq')}"


def reliably(end: End, request: Request, rseq: int, status: int = 183, body: str = "") -> None:
    end.answers(request, status, "Require: 100rel", f"RSeq: {rseq}", body=body)


def answered(border: Border, caller: End, callee: End) -> None:
    """The rest of a call whose 200 has reached the caller."""
    caller.ack(cseq=1)
    hang_up(caller, callee)
    assert border.over()


def test_a_callee_that_insists_is_served_by_us_when_the_caller_cannot() -> None:
    border = Border()
    request, callee = inviting(border)
    assert request.headers.supported == ["100rel", "timer", "replaces"]
    reliably(callee, request, 17, body=ANSWER)
    prack = callee.got("PRACK")
    assert prack.headers.rack == (17, 1, "INVITE")
    callee.answers(prack, 200)
    progress = border.response(CALLER, 183)
    assert progress.headers.require == []
    assert progress.headers.rseq is None
    assert b"m=audio" in progress.body
    callee.answers(request, 200)  # the answer is known: it need not come again
    ok = border.response(CALLER, 200)
    assert b"m=audio" in ok.body  # but not to the caller, whom a 183 may not have reached
    answered(border, calling(border, ok), callee)


def test_each_leg_numbers_for_itself_when_both_can() -> None:
    border = Border()
    request, callee = inviting(border, "Supported: 100rel")
    reliably(callee, request, 17, body=ANSWER)
    callee.answers(callee.got("PRACK"), 200)
    progress = border.response(CALLER, 183)
    assert progress.headers.require == ["100rel"]
    assert progress.headers.rseq != 17
    caller = calling(border, progress)
    caller.ask("PRACK", rack(progress))
    caller.heard(200)
    assert callee.inbox() == []
    callee.answers(request, 200, body=ANSWER)
    ok = caller.heard(200)
    assert ok.body == b""  # all was said in the 183
    answered(border, caller, callee)


def test_a_caller_that_insists_gets_what_the_callee_does_not_do() -> None:
    border = Border()
    request, callee = inviting(border, "Require: 100rel")
    callee.answers(request, 180)
    ringing = border.response(CALLER, 180)
    assert ringing.headers.require == ["100rel"]
    caller = calling(border, ringing)
    caller.ask("PRACK", rack(ringing))
    caller.heard(200)
    callee.answers(request, 200, body=ANSWER)
    assert b"m=audio" in caller.heard(200).body
    answered(border, caller, callee)


def test_one_reliable_answer_is_in_the_air_at_a_time() -> None:
    border = Border()
    request, callee = inviting(border, "Require: 100rel")
    callee.answers(request, 180)
    callee.answers(request, 181)
    callee.answers(request, 182)
    first = border.response(CALLER, 180)
    caller = calling(border, first)
    numbers = [first.headers.rseq]
    last = first
    for status in (181, 182):
        caller.ask("PRACK", rack(last))
        caller.heard(200)
        last = caller.heard(status)
        numbers.append(last.headers.rseq)
    assert numbers[0] is not None
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    caller.ask("PRACK", rack(last))
    caller.heard(200)
    callee.answers(request, 200, body=ANSWER)
    caller.heard(200)
    answered(border, caller, callee)


def test_a_lost_prack_has_the_answer_repeated_until_it_comes() -> None:
    border = Border()
    request, callee = inviting(border, "Supported: 100rel")
    reliably(callee, request, 1, body=ANSWER)
    callee.answers(callee.got("PRACK"), 200)
    border.wait(4)
    assert border.heard(CALLER) == ["183", "183", "183", "183"]  # at 0, 0.5, 1.5 and 3.5 s
    border.wait(4)
    progress = border.response(CALLER, 183)
    caller = calling(border, progress)
    caller.ask("PRACK", rack(progress))
    caller.heard(200)
    border.wait(20)
    assert caller.inbox() == []
    caller.ask("PRACK", rack(progress))
    caller.heard(481)
    callee.answers(request, 200)
    caller.heard(200)
    answered(border, caller, callee)


def test_a_200_waits_for_the_prack_of_a_description() -> None:
    border = Border()
    request, callee = inviting(border, "Supported: 100rel")
    reliably(callee, request, 1, body=ANSWER)
    callee.answers(callee.got("PRACK"), 200)
    callee.answers(request, 200)
    callee.got("ACK")
    progress = border.response(CALLER, 183)
    caller = calling(border, progress)
    caller.ask("PRACK", rack(progress))
    assert caller.inbox() == ["200", "200"]  # to the PRACK, then to the INVITE
    answered(border, caller, callee)


def test_a_200_does_not_wait_for_the_prack_of_mere_ringing() -> None:
    border = Border()
    request, callee = inviting(border, "Require: 100rel")
    callee.answers(request, 180)
    callee.answers(request, 181)
    ringing = border.response(CALLER, 180)
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, ringing)
    caller.heard(200)
    caller.ack(cseq=1)
    border.wait(10)
    assert caller.inbox() == []  # neither repeated nor, the 181, sent at all
    caller.ask("PRACK", rack(ringing))
    caller.heard(200)
    hang_up(caller, callee)
    assert border.over()


def test_a_provisional_that_is_never_acknowledged_ends_the_call_with_a_5xx() -> None:
    border = Border()
    request, callee = inviting(border, "Require: 100rel")
    callee.answers(request, 180)
    border.wait(33)
    assert border.heard(CALLER)[-1] == "504"
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(request, 487)
    assert border.over()
    assert border.records[0]["cause"] == {
        "sip": 504,
        "q850": 102,
        "text": "A reliable provisional answer was never acknowledged",
    }


def test_a_200_that_waits_in_vain_ends_the_call_on_both_sides() -> None:
    border = Border()
    request, callee = inviting(border, "Supported: 100rel")
    reliably(callee, request, 1, body=ANSWER)
    callee.answers(callee.got("PRACK"), 200)
    callee.answers(request, 200)
    callee.got("ACK")
    border.wait(33)
    heard = border.heard(CALLER)
    assert heard[-1] == "504"
    assert "200" not in heard
    callee.answers(callee.got("BYE"), 200)
    assert border.over()


@pytest.mark.parametrize("how", ["CANCEL", "BYE", "callee"])
def test_a_call_may_end_while_its_200_waits_for_the_prack(how: str) -> None:
    border = Border()
    request, callee = inviting(border, "Supported: 100rel")
    reliably(callee, request, 1, body=ANSWER)
    callee.answers(callee.got("PRACK"), 200)
    callee.answers(request, 200)
    callee.got("ACK")
    caller = calling(border, border.response(CALLER, 183))
    caller.vias[1] = "z9hG4bKfirst"
    if how == "callee":
        callee.ask("BYE")
        callee.heard(200)
        refusal = caller.heard(480)
    else:
        caller.cancel() if how == "CANCEL" else caller.ask("BYE")
        caller.heard(200)
        refusal = caller.heard(487)
        callee.answers(callee.got("BYE"), 200)
    assert caller.remote.endswith(f"tag={refusal.headers.to.tag}")
    caller.ack(cseq=1)
    assert border.over()


def test_reliable_answers_out_of_order_are_dropped_until_theirs_comes() -> None:
    border = Border()
    request, callee = inviting(border)
    reliably(callee, request, 5, 180)
    callee.answers(callee.got("PRACK"), 200)
    reliably(callee, request, 7, 182)
    reliably(callee, request, 5, 180)
    assert callee.inbox() == []
    assert border.heard(CALLER) == ["180"]
    reliably(callee, request, 6, 181)
    callee.answers(callee.got("PRACK"), 200)
    reliably(callee, request, 7, 182)
    callee.answers(callee.got("PRACK"), 200)
    assert border.heard(CALLER) == ["181", "182"]
    callee.answers(request, 486)
    assert border.over()


@pytest.mark.parametrize("wrong", ["RAck: 1 1 INVITE", "RAck: 1 9 INVITE", "RAck: 1 1 UPDATE"])
def test_a_prack_of_nothing_gets_481(wrong: str) -> None:
    border = Border()
    request, callee = inviting(border, "Require: 100rel")
    callee.answers(request, 180)
    caller = calling(border, border.response(CALLER, 180))
    caller.ask("PRACK", wrong)
    caller.heard(481)
    callee.ask("PRACK", wrong)
    callee.heard(481)
    callee.answers(request, 486)
    caller.heard(486)
    assert border.over()


def test_an_offer_in_a_prack_crosses_as_an_update() -> None:
    border = Border()
    request, callee = inviting(border, "Supported: 100rel")
    reliably(callee, request, 1, body=ANSWER)
    callee.answers(callee.got("PRACK"), 200)
    progress = border.response(CALLER, 183)
    caller = calling(border, progress)
    caller.ask("PRACK", rack(progress), body=f"{OFFER}a=sendonly\r\n")
    update = callee.got("UPDATE")
    assert b"a=sendonly" in update.body
    callee.answers(update, 200, body=f"{ANSWER}a=recvonly\r\n")
    assert b"a=recvonly" in caller.heard(200).body
    callee.answers(request, 200)
    caller.heard(200)
    answered(border, caller, callee)


def test_an_offer_in_a_prack_fails_alone_where_the_callee_knows_no_update() -> None:
    border = Border()
    request, callee = inviting(border, "Supported: 100rel")
    callee.answers(
        request, 183, "Require: 100rel", "RSeq: 1", body=ANSWER, allow="INVITE, ACK, BYE, PRACK"
    )
    callee.answers(callee.got("PRACK"), 200)
    progress = border.response(CALLER, 183)
    caller = calling(border, progress)
    caller.ask("PRACK", rack(progress), body=OFFER)
    caller.heard(488)
    callee.answers(request, 200)
    caller.heard(200)
    answered(border, caller, callee)


def test_a_bad_body_in_a_prack_fails_alone() -> None:
    border = Border()
    request, callee = inviting(border, "Require: 100rel")
    callee.answers(request, 180)
    ringing = border.response(CALLER, 180)
    caller = calling(border, ringing)
    caller.ask("PRACK", rack(ringing), body="v=broken")
    caller.heard(488)
    callee.answers(request, 200, body=ANSWER)
    caller.heard(200)
    answered(border, caller, callee)
