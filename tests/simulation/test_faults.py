"""A fault ends one call and no other; it is noted with a traceback, and the record has its ladder.

A fault is ours, so a test has to break something: here the relay breaks its contract, or a leg is
taken out of a call.
"""

import pytest

from media.control import Opened, SessionReport
from sbc.b2bua.call import Call
from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import End, hang_up, inviting, up
from tests.support.messages import ANSWER, OFFER, invite

VIDEO = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
NONSENSE = Opened("", None)  # type: ignore[arg-type]


def the_call(border: Border) -> Call:
    (call,) = border.core._agent.calls.values()
    return call


def another(border: Border) -> None:
    """The next call is none the worse for it."""
    before = len(border.records)
    border.ports_left = 1000
    border.receive(invite(call_id="next", branch="z9hG4bKnext", tag="next"), CALLER)
    request = border.request(CALLEE, "INVITE")
    End(border, CALLEE, f"{request.headers.get('to')};tag=x", "", "", "").answers(request, 486)
    border.response(CALLER, 486)
    assert border.over()
    assert len(border.records) == before + 1


def check(border: Border, why: str = "A fault in the border") -> None:
    assert border.over()
    (record,) = border.records
    assert isinstance(record["cause"], dict)
    assert record["cause"]["text"] == why
    trace = record.get("trace", [{"line": "INVITE"}])
    assert isinstance(trace, list)
    assert trace[0]["line"] == "INVITE"
    assert ("trace" in record) is (record["cause"]["sip"] == 500)
    assert border.noted("call_fault")
    details = [dict(note.detail) for note in border.noted("call_fault")]
    assert {each["call"] for each in details} == {record["uid"]}
    assert all("Traceback" in each["traceback"] for each in details)


def test_a_fault_before_the_callee_is_called_is_a_500() -> None:
    border = Border()
    border.answers_relay = False
    border.receive(invite(), CALLER)
    (ask,) = border.unanswered
    border.perform(border.core.relay_replied(ask.serial, NONSENSE, border.now))
    border.response(CALLER, 500)
    assert border.heard(CALLEE) == []
    check(border)
    border.answers_relay = True
    another(border)


def test_a_fault_in_a_call_that_is_up_ends_both_legs_and_no_other_call() -> None:
    border = Border()
    caller, callee = up(border)
    border.receive(invite(call_id="other", branch="z9hG4bKother", tag="other"), CALLER)
    request = border.request(CALLEE, "INVITE")
    other = End(border, CALLEE, f"{request.headers.get('to')};tag=x", "", "", "")
    border.answers_relay = False
    caller.ask("INVITE", body=f"{OFFER}{VIDEO}")
    ask = border.unanswered.pop()
    border.perform(border.core.relay_replied(ask.serial, NONSENSE, border.now))
    caller.heard(487)
    caller.ack()
    for end in (caller, callee):
        bye = end.got("BYE")
        assert bye.headers.get("reason") == "Q.850;cause=41"
        end.answers(bye, 200)
    border.answers_relay = True
    border.relay_answers()
    assert [record["uid"] for record in border.records] == [border.started[0]]
    other.answers(request, 486)
    border.wait(400)
    border.records.pop()
    border.started.pop()
    check(border)


@pytest.mark.parametrize(
    ("side", "cause"), [("a", "A fault in the border"), ("b", "The border is stopping")]
)
def test_a_fault_in_the_end_of_one_leg_still_ends_the_other(side: str, cause: str) -> None:
    border = Border()
    caller, callee = up(border)
    call = the_call(border)
    assert call.callee is not None
    broken, whole = (call.caller, callee) if side == "a" else (call.callee, caller)
    del broken.leg.usages
    if side == "a":
        del call.caller.answered
    border.perform(border.core.drain(border.now))
    whole.answers(whole.got("BYE"), 200)
    check(border, cause)


def test_a_report_that_cannot_be_read_costs_the_report_and_not_the_record() -> None:
    border = Border()
    caller, callee = up(border)
    border.answers_relay = False
    hang_up(caller, callee)
    (ask,) = border.unanswered
    report = SessionReport("", 0.0, 0.0, None)  # type: ignore[arg-type]
    border.perform(border.core.relay_replied(ask.serial, report, border.now))
    assert border.over()
    (record,) = border.records
    assert record["media"] == []
    assert len(border.noted("call_fault")) == 1
    border.answers_relay = True
    another(border)


def test_a_fault_while_a_call_is_admitted_is_a_500() -> None:
    border = Border()
    targets = border.core._shared.targets
    del border.core._shared.targets
    border.receive(invite(), CALLER)
    border.response(CALLER, 500)
    (note,) = border.noted("call_fault")
    assert "AttributeError" in dict(note.detail)["traceback"]
    assert border.over()
    border.core._shared.targets = targets
    another(border)


@pytest.mark.parametrize("method", ["INFO", "BYE"])
def test_a_fault_in_a_request_within_a_dialog_is_a_500(method: str) -> None:
    border = Border()
    caller, callee = up(border)
    dialog = the_call(border).caller.answered
    assert dialog is not None
    del dialog.leg.listener
    dialog.asked = None  # type: ignore[assignment]
    caller.ask(method, body="Signal=1\r\n", kind="application/dtmf-relay")
    assert caller.inbox()[-1] == ("500" if method == "INFO" else "200")
    callee.answers(callee.got("BYE"), 200)
    check(border)


def test_a_fault_of_the_clock_ends_its_call_only() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    usage = the_call(border).caller.answered
    assert usage is not None
    del usage.unacknowledged
    border.wait(1)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    check(border)
    another(border)
