"""The caller's INVITE as we answer it: reliable provisionals, held answers, one final answer."""

import pytest

from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import calling, hang_up, inviting, ringing
from tests.support.messages import ANSWER


def test_a_caller_that_requires_it_gets_provisionals_reliably() -> None:
    border = Border()
    request, callee = inviting(border, "Require: 100rel")
    callee.answers(request, 180)
    ringing_ = border.response(CALLER, 180)
    assert "100rel" in ringing_.headers.require
    assert ringing_.headers.rseq is not None


def test_one_that_does_not_support_it_never_does() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 180, "Require: 100rel", "RSeq: 9")
    headers = border.response(CALLER, 180).headers
    assert headers.require == []
    assert headers.rseq is None
    assert callee.got("PRACK").headers.rack == (9, 1, "INVITE")


def test_a_reliable_provisional_is_repeated_and_at_last_given_up() -> None:
    border = Border()
    request, callee = inviting(border, "Require: 100rel")
    callee.answers(request, 180)
    border.wait(4)
    assert border.heard(CALLER).count("180") == 4  # at 0, 0.5, 1.5 and 3.5 s
    border.wait(30)
    assert "408" in [each for each in border.heard(CALLER) if each != "180"] or border.records
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(request, 487)
    assert border.over()


def test_the_answer_waits_for_the_prack_of_the_early_one() -> None:
    border = Border()
    request, callee = inviting(border, "Require: 100rel")
    callee.answers(request, 183, body=ANSWER)
    progress = border.response(CALLER, 183)
    callee.answers(request, 200, body=ANSWER)
    assert border.heard(CALLER) == []
    caller = calling(border, progress)
    caller.ask("PRACK", f"RAck: {progress.headers.rseq} 1 INVITE")
    assert border.heard(CALLER) == ["200", "200"]  # of the PRACK and of the INVITE


def test_a_prack_with_another_number_gets_481() -> None:
    border = Border()
    request, callee = inviting(border, "Require: 100rel")
    callee.answers(request, 180)
    caller = calling(border, border.response(CALLER, 180))
    caller.ask("PRACK", "RAck: 1 1 INVITE")
    caller.heard(481)


@pytest.mark.parametrize("status", [404, 480, 486, 600, 603])
def test_a_refusal_reaches_the_caller_once(status: int) -> None:
    border = Border()
    caller, callee, request = ringing(border)
    callee.answers(request, status)
    assert caller.inbox() == [str(status)]
    assert border.over()


@pytest.mark.parametrize("status", [401, 407])
def test_a_challenge_is_not_the_callers_affair(status: int) -> None:
    border = Border()
    caller, callee, request = ringing(border)
    callee.answers(request, status, 'WWW-Authenticate: Digest realm="pbx.inside", nonce="x"')
    assert caller.inbox() == ["403"]
    assert "pbx.inside" not in border.texts(CALLER)
    assert border.over()


def test_a_redirect_names_the_user_at_our_own_address() -> None:
    border = Border()
    caller, callee, request = ringing(border)
    contact = "<sip:300@10.20.0.99:5070>"
    border.receive(
        b"".join(
            [
                b"SIP/2.0 302 Moved\r\n",
                *(f"Via: {via}\r\n".encode() for via in request.headers.all("via")),
                f"From: {request.headers.get('from')}\r\n".encode(),
                f"To: {callee.local}\r\nCall-ID: {request.headers.call_id}\r\n".encode(),
                f"CSeq: 1 INVITE\r\nContact: {contact}\r\nContent-Length: 0\r\n\r\n".encode(),
            ]
        ),
        CALLEE,
    )
    moved = caller.heard(302)
    assert [each.uri for each in moved.headers.contacts] == ["sip:300@203.0.113.10:5060"]
    assert border.over()


def test_cancel_ends_it_with_487_and_cancels_the_other_leg() -> None:
    border = Border()
    caller, callee, request = ringing(border)
    caller.cancel()
    assert sorted(caller.inbox()) == ["200", "487"]
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(request, 487)
    (record,) = border.records
    assert (record["ended_by"], record["cause"]["sip"]) == ("caller", 487)  # type: ignore[index]
    assert border.over()


def test_a_cancel_that_crosses_the_answer_ends_the_call_that_was_answered() -> None:
    border = Border()
    caller, callee, request = ringing(border)
    caller.cancel()
    callee.answers(request, 200, body=ANSWER)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    assert "487" in caller.inbox()
    assert border.over()


def test_a_caller_that_hangs_up_early_has_cancelled() -> None:
    border = Border()
    caller, callee, request = ringing(border)
    caller.ask("BYE")
    assert sorted(caller.inbox()) == ["200", "487"]
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(request, 487)
    assert border.over()


def test_a_plain_call_is_over_when_one_end_hangs_up() -> None:
    border = Border()
    caller, callee, request = ringing(border)
    callee.answers(request, 200, body=ANSWER)
    caller.heard(200)
    caller.ack()
    callee.got("ACK")
    hang_up(callee, caller)
    (record,) = border.records
    assert record["ended_by"] == "callee"
    assert border.over()
