"""What the peer of one dialog asks, as far as that dialog alone decides it."""

import pytest

from tests.support.border import CALLEE, Border
from tests.support.ends import hang_up, up
from tests.support.messages import OFFER


def test_a_request_out_of_order_is_refused() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INFO", body="5", kind="application/dtmf", cseq=10)
    callee.answers(callee.got("INFO"), 200)
    caller.heard(200)
    caller.ask("INFO", body="6", kind="application/dtmf", cseq=9)
    caller.heard(500)
    assert callee.inbox() == []


def test_a_method_on_no_list_gets_405_with_allow() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("DANCE")
    assert "INFO" in caller.heard(405).headers.allow
    assert callee.inbox() == []


def test_an_unknown_extension_within_a_dialog_is_named() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INVITE", "Require: precondition", body=OFFER)
    assert caller.heard(420).headers.get("unsupported") == "precondition"
    assert callee.inbox() == []


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/xyz", "x", 415),
        ("application/dtmf-relay", "rm -rf", 400),
        ("application/sdp", "v=1", 488),
    ],
)
def test_a_body_that_may_not_cross_is_refused(kind: str, body: str, status: int) -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INFO", body=body, kind=kind)
    refused = caller.heard(status)
    assert refused.headers.has("accept") is (status == 415)
    assert callee.inbox() == []


def test_bye_answers_what_was_still_open() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INFO", body="5", kind="application/dtmf")
    callee.got("INFO")
    caller.ask("BYE")
    caller.heard(487)
    caller.heard(200)
    callee.answers(callee.got("BYE"), 200)
    assert border.over()


def test_a_second_reinvite_before_the_first_is_answered_gets_500() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INVITE", body=OFFER)
    callee.got("INVITE")
    caller.ask("INVITE", body=OFFER)
    assert caller.heard(500).headers.has("retry-after")


def test_a_prack_for_nothing_gets_481() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("PRACK", "RAck: 1 1 INVITE")
    caller.heard(481)
    hang_up(caller, callee)
    assert border.over()


def test_the_reason_of_a_bye_crosses_without_its_text() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("BYE", 'Reason: Q.850;cause=17;text="pbx.inside.example"')
    bye = callee.got("BYE")
    assert bye.headers.get("reason") == "Q.850;cause=17"
    assert "inside.example" not in border.texts(CALLEE)
