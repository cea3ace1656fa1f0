"""Ending a call: each leg as it needs, the media once, one record."""

from media.control import Close, Dead
from tests.support.border import CALLER, Border
from tests.support.ends import calling, hang_up, inviting, ringing, up
from tests.support.messages import ANSWER, invite


def test_the_media_is_closed_once_and_the_record_written_once() -> None:
    border = Border()
    caller, callee = up(border)
    hang_up(caller, callee)
    assert len([each for each in border.commands if isinstance(each, Close)]) == 1
    (record,) = border.records
    assert record["uid"] == border.started[0]
    assert record["ended_by"] == "caller"
    assert border.over()


def test_silence_in_every_direction_ends_the_call_with_a_reason() -> None:
    border = Border()
    caller, callee = up(border)
    (uid,) = border.started
    border.perform(border.core.relay_told(Dead(uid, "subsequent"), border.now))
    for end in (caller, callee):
        bye = end.got("BYE")
        assert bye.headers.get("reason") == "Q.850;cause=102"
        end.answers(bye, 200)
    (record,) = border.records
    assert record["cause"] == {"sip": 200, "q850": 102, "text": "No media in either direction"}
    assert border.over()


def test_silence_before_the_answer_ends_nothing() -> None:
    border = Border()
    ringing(border)
    (uid,) = border.started
    border.perform(border.core.relay_told(Dead(uid, "initial"), border.now))
    assert len(border.core.calls(border.now)) == 1


def test_the_loss_of_the_relay_in_setup_cancels_the_called_side() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 180)
    border.take(CALLER)
    border.perform(border.core.relay_lost(border.now))
    assert border.heard(CALLER) == ["503"]
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(request, 487)
    assert len(border.records) == 1
    assert border.over()


def test_the_loss_of_the_relay_while_ports_are_looked_for_refuses_the_call() -> None:
    border = Border()
    border.answers_relay = False
    border.receive(invite(), CALLER)
    border.perform(border.core.relay_lost(border.now))
    assert border.heard(CALLER) == ["503"]
    border.unanswered.clear()
    assert border.over()


def test_the_loss_of_the_relay_between_answer_and_ack_ends_both_sides() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    callee.got("ACK")
    border.perform(border.core.relay_lost(border.now))
    callee.answers(callee.got("BYE"), 200)
    caller.ack()
    caller.answers(caller.got("BYE"), 200)
    assert border.over()
