"""C3: codec policy on the offer and on the answer; nothing left is a 488 before anybody rings."""

import pytest

from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import calling, hang_up, inviting, up
from tests.support.messages import ANSWER, OFFER, invite


def allowing(*codecs: str, order: str = "", trunk: str = "pbx") -> str:
    policy = f"{{ allow: [{', '.join(codecs)}]{f', order: [{order}]' if order else ''} }}"
    return TWO_ZONES.replace("zones:\n", f"codec_policies: {{ few: {policy} }}\nzones:\n").replace(
        f"  {trunk}: {{", f"  {trunk}: {{ codec_policy: few,"
    )


@pytest.mark.parametrize("trunk", ["pbx", "carrier"])
@pytest.mark.parametrize("codecs", [("opus",), ("telephone-event",), ("G722", "telephone-event")])
def test_no_codec_left_is_a_488_before_the_callee_hears_of_it(
    trunk: str, codecs: tuple[str, ...]
) -> None:
    border = Border(allowing(*codecs, trunk=trunk))
    border.receive(invite(), CALLER)
    refusal = border.response(CALLER, 488).headers
    assert refusal.get("warning") == '305 203.0.113.10:5060 "Incompatible media format"'
    assert border.heard(CALLEE) == []
    assert border.commands == []
    assert border.over()


def test_only_allowed_codecs_are_offered_in_the_wanted_order() -> None:
    border = Border(allowing("PCMU", "PCMA", "telephone-event", order="PCMU"))
    request, callee = inviting(border)
    assert b"RTP/AVP 0 8 101\r\n" in request.body
    callee.answers(request, 486)
    assert border.over()


def test_a_codec_that_was_not_offered_is_taken_out_of_the_answer() -> None:
    border = Border(allowing("PCMA", "telephone-event"))
    request, callee = inviting(border)
    assert b"RTP/AVP 8 101\r\n" in request.body
    callee.answers(request, 200, body=ANSWER.replace("8 101", "0 8 101"))
    ok = border.response(CALLER, 200)
    assert b"RTP/AVP 8 101\r\n" in ok.body
    caller = calling(border, ok)
    caller.ack()
    hang_up(caller, callee)
    assert border.over()


def test_an_answer_with_nothing_that_was_offered_ends_the_call() -> None:
    border = Border(allowing("PCMA", "telephone-event"))
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER.replace("8 101", "0 101"))
    border.response(CALLER, 488)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    assert border.over()


def test_a_change_that_leaves_no_codec_fails_alone() -> None:
    border = Border(allowing("PCMA", "telephone-event"))
    caller, callee = up(border)
    caller.ask("INVITE", body=OFFER.replace("8 0 101", "0 101"))
    assert caller.heard(488).headers.get("warning") is not None
    caller.ack()
    assert callee.inbox() == []
    callee.ask("UPDATE", body=ANSWER.replace("8 101", "0 101"))
    warning = callee.heard(488).headers.get("warning")
    assert warning == '305 10.20.0.5:5060 "Incompatible media format"'
    hang_up(caller, callee)
    assert border.over()


def test_a_callees_offer_that_leaves_no_codec_ends_the_call() -> None:
    border = Border(allowing("PCMA"))
    request, callee = inviting(border, body="")
    callee.answers(request, 200, body=ANSWER.replace("8 101", "0 101"))
    border.response(CALLER, 488)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    assert border.over()
