"""One dialog: 2xx until its ACK, ACK again for a repeated 2xx, one BYE, nothing left."""

from itertools import pairwise

from sbc.sip.message import Response
from tests.support.border import CALLER, Border
from tests.support.ends import calling, inviting, up
from tests.support.messages import ANSWER, OFFER


def test_a_2xx_is_repeated_ever_more_slowly_until_its_ack() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    times = [border.now]
    border.take(CALLER)
    while len(times) < 6:
        border.wait(0.25)
        if border.take(CALLER):
            times.append(border.now)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == [0.5, 1.0, 2.0, 4.0, 4.0]


def test_a_2xx_that_is_never_acknowledged_ends_the_call_on_both_sides() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    ok = next(m for m in border.take(CALLER) if isinstance(m, Response) and m.status == 200)
    caller = calling(border, ok)
    callee.got("ACK")
    border.wait(33)
    callee.answers(callee.got("BYE"), 200)
    caller.answers(caller.got("BYE"), 200)
    (record,) = border.records
    assert record["ended_by"] == "border"
    assert border.over()


def test_a_bye_waits_for_the_ack_of_the_2xx_before_it() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    callee.got("ACK")
    callee.ask("BYE")
    callee.heard(200)
    assert border.heard(CALLER) == []
    caller.ack()
    caller.answers(caller.got("BYE"), 200)
    assert border.over()


def test_a_repeated_2xx_of_a_reinvite_gets_its_ack_again() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INVITE", body=OFFER)
    request = callee.got("INVITE")
    callee.answers(request, 200, body=ANSWER)
    first = callee.got("ACK")
    callee.answers(request, 200, body=ANSWER)
    assert callee.got("ACK").encode() == first.encode()
    caller.heard(200)
    caller.ack()


def test_both_ends_may_hang_up_at_once() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("BYE")
    caller.heard(200)
    ours = callee.got("BYE")
    callee.ask("BYE")
    assert callee.inbox() == ["200"]
    callee.answers(ours, 200)
    assert len(border.records) == 1
    assert border.over()


def test_a_peer_that_no_longer_knows_the_dialog_ends_the_call() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INFO", body="5", kind="application/dtmf")
    callee.answers(callee.got("INFO"), 481)
    caller.heard(481)
    caller.answers(caller.got("BYE"), 200)
    assert len(border.records) == 1
    border.wait(1)
    assert border.over()


def test_a_request_that_finds_no_answer_is_504_and_the_call_lives() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INFO", body="5", kind="application/dtmf")
    callee.got("INFO")
    border.wait(33)
    caller.heard(504)
    assert len(border.core.calls(border.now)) == 1
