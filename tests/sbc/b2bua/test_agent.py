"""Which call an event belongs to, and that a fault in one call is a fault in no other."""

import pytest

from media.control import Failed
from sbc.b2bua import figure
from sbc.b2bua.agent import RECENT
from sbc.b2bua.call import Call, State
from sbc.b2bua.events import CallEvent, Requested
from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import called, calling, hang_up, inviting, ringing, up
from tests.support.messages import ANSWER, OFFER, invite


def test_a_request_for_no_dialog_gets_481() -> None:
    border = Border()
    caller, callee = up(border)
    caller.remote = caller.remote.replace("tag=", "tag=x")
    caller.ask("INFO")
    caller.heard(481)
    assert callee.inbox() == []


def test_a_dialog_is_known_only_in_the_zone_that_it_was_made_in() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("BYE", flow=CALLEE)
    assert border.heard(CALLEE) == ["481"]
    caller.ask("BYE")
    caller.heard(200)
    callee.answers(callee.got("BYE"), 200)
    assert border.over()


def test_an_ack_for_nothing_is_ignored() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ack(cseq=77)
    assert border.out == []
    hang_up(caller, callee)
    assert border.over()


def test_a_cancel_finds_the_reinvite_that_it_means() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INVITE", body=ANSWER.replace("10.20.0.11", "192.0.2.1"))
    request = callee.got("INVITE")
    callee.answers(request, 180)
    caller.cancel()
    caller.heard(200)
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(request, 487)
    caller.heard(487)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler with a fault: MESSAGE makes it raise."""
    sound = figure.TABLE[State.UP][Requested]

    def raises(call: Call, event: CallEvent) -> None:
        if isinstance(event, Requested) and event.method == "MESSAGE":
            raise ZeroDivisionError("a fault")
        sound(call, event)

    rows = {**figure.TABLE[State.UP], Requested: raises}
    monkeypatch.setattr(figure, "TABLE", {**figure.TABLE, State.UP: rows})


@pytest.mark.usefixtures("broken")
def test_a_fault_ends_its_own_call_and_no_other() -> None:
    border = Border()
    other_caller, other_callee = up(border)
    border.receive(invite(call_id="second", branch="z9hG4bK2", tag="second"), CALLER)
    request = border.request(CALLEE, "INVITE")
    other = border.core.calls(border.now)
    assert len(other) == 2
    callee = called(border, request, tag="second-bob")
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    callee.got("ACK")
    caller.ask("MESSAGE", body="hello", kind="text/plain")
    (note,) = border.noted("call_fault")
    assert ("where", "ZeroDivisionError") in note.labels
    assert "ZeroDivisionError: a fault" in dict(note.detail)["traceback"]
    caller.answers(caller.got("BYE"), 200)
    callee.answers(callee.got("BYE"), 200)
    (record,) = border.records
    assert record["ended_by"] == "border"
    assert len(border.core.calls(border.now)) == 1
    hang_up(other_caller, other_callee)
    assert border.over()


def test_the_relay_being_lost_ends_every_call_with_a_record() -> None:
    border = Border()
    caller, callee = up(border)
    border.perform(border.core.relay_lost(border.now))
    caller.answers(caller.got("BYE"), 200)
    callee.answers(callee.got("BYE"), 200)
    (record,) = border.records
    assert record["cause"] == {"sip": 503, "q850": 41, "text": "The media relay was lost"}
    assert border.over()


def test_a_call_that_comes_while_the_relay_is_down_is_asked_to_come_back() -> None:
    border = Border(relay=False)
    border.receive(invite(), CALLER)
    refused = border.response(CALLER, 503)
    assert refused.headers.has("retry-after")
    assert border.heard(CALLEE) == []
    assert border.over()


def test_a_failed_close_still_leaves_a_record() -> None:
    border = Border()
    caller, callee = up(border)
    border.answers_relay = False
    caller.ask("BYE")
    caller.heard(200)
    callee.answers(callee.got("BYE"), 200)
    (ask,) = border.unanswered
    reply = Failed(border.started[0], "no_session", "gone")
    border.perform(border.core.relay_replied(ask.serial, reply, border.now))
    assert len(border.records) == 1
    border.unanswered.clear()
    assert border.over()


def test_a_relay_that_never_reports_does_not_hold_a_call() -> None:
    border = Border()
    caller, callee = up(border)
    border.answers_relay = False
    caller.ask("BYE")
    callee.answers(callee.got("BYE"), 200)
    assert border.records == []
    border.wait(10)
    assert len(border.records) == 1
    assert border.over()


def test_only_so_many_ended_calls_keep_their_ladder() -> None:
    border = Border()
    body = OFFER.replace("RTP/AVP", "RTP/SAVP")  # a call that ends at once, with 488
    for number in range(RECENT + 5):
        unique = {"call_id": f"c{number}", "branch": f"z9hG4bK{number}", "tag": f"t{number}"}
        border.receive(invite(body=body, **unique), CALLER)
    assert len(border.records) == RECENT + 5
    assert border.core.call(str(border.records[0]["uid"]), border.now) is None
    assert border.core.call(str(border.records[-1]["uid"]), border.now) is not None


def test_a_call_that_only_rings_is_one_call_of_its_trunk() -> None:
    border = Border()
    caller, callee, request = ringing(border)
    assert border.core._agent.in_use["carrier"] == 1
    callee.answers(request, 486)
    caller.heard(486)
    assert border.core._agent.in_use["carrier"] == 0
    assert border.over()


def test_the_invite_of_a_call_is_forgotten_with_it() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 603)
    assert border.core._agent._invites == {}
    assert border.over()
