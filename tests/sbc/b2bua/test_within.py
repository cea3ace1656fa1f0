"""A call that is up: what crosses, and what becomes of the media."""

import pytest

from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import hang_up, up
from tests.support.messages import ANSWER, OFFER

VIDEO = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
OURS = ANSWER.replace("10.20.0.11", "192.0.2.1")


@pytest.mark.parametrize("direction", ["sendonly", "inactive", "sendrecv"])
def test_hold_and_resume_reach_the_other_side_and_the_relay(direction: str) -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INVITE", body=f"{OFFER}a={direction}\r\n")
    request = callee.got("INVITE")
    assert f"a={direction}".encode() in request.body
    reply = {"sendonly": "recvonly"}.get(direction, direction)
    callee.answers(request, 200, body=f"{ANSWER}a={reply}\r\n")
    assert f"a={reply}".encode() in caller.heard(200).body
    caller.ack()
    stream = border.programs()[-1].streams[0]
    assert stream.a.sends is (direction != "inactive")
    assert stream.b.sends is (direction == "sendrecv")


def test_an_added_stream_waits_for_its_ports_and_keeps_those_of_the_first() -> None:
    border = Border()
    caller, callee = up(border)
    border.answers_relay = False
    caller.ask("INVITE", body=OFFER + VIDEO)
    assert callee.inbox() == []
    border.relay_answers()
    border.answers_relay = True
    request = callee.got("INVITE")
    assert b"m=audio 30002 " in request.body
    assert b"m=video 3000" in request.body
    callee.answers(request, 200, body=ANSWER + VIDEO.replace("4002", "6002"))
    caller.heard(200)
    caller.ack()
    assert [stream.index for stream in border.programs()[-1].streams] == [0, 1]


def test_a_removed_stream_gives_its_ports_back() -> None:
    border = Border()
    caller, callee = up(border, offer=OFFER + VIDEO, answer=ANSWER + VIDEO)
    gone = VIDEO.replace("4002", "0")
    caller.ask("INVITE", body=OFFER + gone)
    callee.answers(callee.got("INVITE"), 200, body=ANSWER + gone)
    caller.heard(200)
    caller.ack()
    closed = {stream.index: stream.closed for stream in border.programs()[-1].streams}
    assert closed == {0: False, 1: True}


def test_an_offer_that_meets_one_of_the_other_side_is_glare() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INVITE", body=OFFER)
    request = callee.got("INVITE")
    callee.ask("INVITE", body=ANSWER)
    callee.heard(491)
    callee.answers(request, 491)
    caller.heard(491)
    assert len(border.core.calls(border.now)) == 1


def test_a_refused_reinvite_leaves_the_call_as_it_was() -> None:
    border = Border()
    caller, callee = up(border)
    programs = len(border.programs())
    caller.ask("INVITE", body=OFFER)
    callee.answers(callee.got("INVITE"), 488)
    caller.heard(488)
    assert len(border.programs()) == programs
    hang_up(caller, callee)
    assert border.over()


def test_an_update_reaches_a_peer_that_does_not_know_it_as_a_reinvite() -> None:
    border = Border()
    caller, callee = up(border, allow="INVITE, ACK, BYE, CANCEL")
    caller.ask("UPDATE", body=OFFER)
    callee.answers(callee.got("INVITE"), 200, body=ANSWER)
    callee.got("ACK")
    assert caller.heard(200).body


def test_a_reinvite_without_an_offer_gets_one_of_the_other_side() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INVITE")
    request = callee.got("INVITE")
    assert request.body == b""
    callee.answers(request, 200, body=ANSWER)
    assert b"203.0.113.10" in caller.heard(200).body
    assert callee.inbox() == []
    caller.ack(body=OURS)
    assert b"10.20.0.5" in callee.got("ACK").body


def test_a_message_and_its_answer_cross_unchanged() -> None:
    border = Border()
    caller, callee = up(border)
    callee.ask("MESSAGE", body="see you", kind="text/plain")
    request = caller.got("MESSAGE")
    assert (request.body, request.headers.content_type) == (b"see you", "text/plain")
    caller.answers(request, 202)
    callee.heard(202)


def test_a_transfer_names_its_target_at_our_own_address() -> None:
    border = Border()
    caller, callee = up(border)
    callee.ask("REFER", "Refer-To: <sip:300@pbx.inside.example>")
    request = caller.got("REFER")
    assert "sip:300@203.0.113.10:5060" in (request.headers.get("refer-to") or "")
    assert "inside.example" not in border.texts(CALLER)


def test_a_body_that_the_relay_must_not_carry_never_reaches_the_other_side() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INFO", body="<secret/>", kind="application/secret+xml")
    caller.heard(415)
    assert callee.inbox() == []
    assert "secret" not in border.texts(CALLEE)
