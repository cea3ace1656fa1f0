"""S7: session timers (RFC 4028). Each leg has its own; an expired one ends the call on both."""

import pytest

from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, called, calling, hang_up, inviting, up
from tests.support.messages import ANSWER, OFFER, invite

REASON = 'SIP;cause=408;text="Session timer expired"'
TIMED = ("Supported: timer", "Session-Expires: 120;refresher=uac")
NO_UPDATE = "INVITE, ACK, CANCEL, BYE"


def border(carrier: str = "", pbx: str = "") -> Border:
    """With session timers of these trunks."""
    text = TWO_ZONES
    for name, said in (("carrier: {", carrier), ("pbx: {", pbx)):
        if said:
            text = text.replace(f"  {name} ", f"  {name} session_timer: {{ {said} }}, ")
    return Border(text)


def timed(request: Request) -> str | None:
    return request.headers.get("session-expires")


def expired(border: Border, *ends: End) -> None:
    for end in ends:
        bye = end.got("BYE")
        assert bye.headers.get("reason") == REASON
        end.answers(bye, 200)
    (record,) = border.records
    assert record["cause"] == {
        "sip": 408,
        "q850": 102,
        "text": "The session was not refreshed in time",
    }
    assert record["ended_by"] == "border"
    assert border.over()


def test_a_session_that_the_caller_refreshes_lasts_while_it_does() -> None:
    it = border()
    request, callee = inviting(it, *TIMED)
    assert timed(request) is None
    assert request.headers.supported == ["100rel", "timer", "replaces"]
    callee.answers(request, 200, body=ANSWER)
    answer = it.response(CALLER, 200)
    assert answer.headers.get("session-expires") == "120;refresher=uac"
    assert answer.headers.require == ["timer"]
    caller = calling(it, answer)
    caller.ack()
    callee.got("ACK")
    for _ in range(3):
        it.wait(80)
        caller.ask("UPDATE", *TIMED)
        assert caller.heard(200).headers.get("session-expires") == "120;refresher=uac"
    assert callee.inbox() == []
    it.wait(87)
    assert caller.inbox() == []
    it.wait(2)
    expired(it, caller, callee)


def test_our_own_refresh_is_an_update_at_half_of_the_interval() -> None:
    it = border("mode: require, expires: 200s")
    caller, callee = up(it)
    for _ in range(3):
        it.wait(99)
        assert caller.inbox() == []
        it.wait(2)
        update = caller.got("UPDATE")
        assert (timed(update), update.body) == ("200;refresher=uac", b"")
        caller.answers(update, 200)
    assert callee.inbox() == []
    hang_up(caller, callee)
    assert it.over()


@pytest.mark.parametrize("side", ["caller", "callee"])
def test_without_update_it_is_an_invite_that_says_the_same_again(side: str) -> None:
    it = border(*(("mode: require, expires: 200s", "")[:: 1 if side == "caller" else -1]))
    request = invite().replace(b"UPDATE, ", b"")
    it.receive(request, CALLER)
    asked = it.request(CALLEE, "INVITE")
    callee = called(it, asked)
    callee.answers(asked, 200, body=ANSWER, allow=NO_UPDATE)
    answer = it.response(CALLER, 200)
    caller = calling(it, answer)
    caller.ack()
    callee.got("ACK")
    end, other, told, body = (
        (caller, callee, answer.body, OFFER)
        if side == "caller"
        else (callee, caller, asked.body, ANSWER)
    )
    programs = len(it.programs())
    it.wait(101)
    again = end.got("INVITE")
    assert again.body == told
    end.answers(again, 200, body=body)
    end.got("ACK")
    assert it.programs()[programs:] == it.programs()[-2:-1]  # the same as it was
    assert other.inbox() == []
    hang_up(caller, callee)
    assert it.over()


def test_a_refresh_whose_answer_has_moved_moves_the_media() -> None:
    it = border(pbx="mode: require, expires: 200s")
    caller, callee = up(it, allow=NO_UPDATE)
    it.wait(101)
    callee.answers(callee.got("INVITE"), 200, body=ANSWER.replace("6000", "6040"))
    callee.got("ACK")
    (stream,) = it.programs()[-1].streams
    assert stream.b.rtp == ("10.20.0.11", 6040)
    assert stream.a.rtp == ("192.0.2.1", 4000)
    hang_up(caller, callee)
    assert it.over()


def test_a_refresh_with_an_answer_that_does_not_fit_ends_the_call() -> None:
    it = border(pbx="mode: require, expires: 200s")
    caller, callee = up(it, allow=NO_UPDATE)
    it.wait(101)
    callee.answers(callee.got("INVITE"), 200)
    callee.got("ACK")
    for end in (callee, caller):
        end.answers(end.got("BYE"), 200)
    assert it.over()


def test_the_legs_have_timers_of_their_own() -> None:
    it = border(pbx="mode: require, expires: 300s, refresher: remote")
    request, callee = inviting(it, "Supported: timer", "Session-Expires: 120;refresher=uas")
    assert timed(request) == "300;refresher=uas"
    callee.answers(request, 200, "Session-Expires: 300;refresher=uas", body=ANSWER)
    answer = it.response(CALLER, 200)
    assert answer.headers.get("session-expires") == "120;refresher=uas"
    caller = calling(it, answer)
    caller.ack()
    callee.got("ACK")
    it.wait(61)
    caller.answers(caller.got("UPDATE"), 200, "Session-Expires: 120;refresher=uac")
    callee.ask("UPDATE", "Supported: timer", "Session-Expires: 300;refresher=uac")
    callee.heard(200)
    assert caller.inbox() == []
    it.wait(61)
    caller.answers(caller.got("UPDATE"), 200, "Session-Expires: 120;refresher=uac")
    assert callee.inbox() == []
    hang_up(caller, callee)
    assert it.over()


def test_a_peer_without_timers_is_refreshed_by_us_alone() -> None:
    it = border(pbx="mode: require, expires: 120s, refresher: remote")
    caller, callee = up(it)
    it.wait(61)
    callee.answers(callee.got("UPDATE"), 200)
    it.wait(61)
    callee.answers(callee.got("UPDATE"), 200)
    hang_up(caller, callee)
    assert it.over()


def test_too_small_an_interval_gets_422_with_the_least_that_will_do() -> None:
    it = border("min_se: 200s")
    it.receive(invite("Supported: timer", "Session-Expires: 199"), CALLER)
    assert it.response(CALLER, 422).headers.get("min-se") == "200"
    assert it.heard(CALLEE) == []
    (record,) = it.records
    assert record["cause"] == {"sip": 422, "q850": 31, "text": "session interval too small"}
    assert it.over()


def test_too_small_an_interval_within_the_call_gets_422_too() -> None:
    it = border("min_se: 200s")
    caller, callee = up(it, "Supported: timer", "Session-Expires: 300")
    caller.ask("UPDATE", "Supported: timer", "Session-Expires: 199")
    assert caller.heard(422).headers.get("min-se") == "200"
    assert callee.inbox() == []
    hang_up(caller, callee)
    assert it.over()


def test_a_422_is_honoured_by_asking_again_for_longer() -> None:
    it = border(pbx="mode: require, expires: 100s")
    request, callee = inviting(it)
    callee.answers(request, 422, "Min-SE: 400")
    assert callee.got("ACK").headers.cseq.number == 1
    again = callee.got("INVITE")
    assert timed(again) == "400;refresher=uac"
    assert again.headers.get("min-se") == "400"
    assert again.headers.cseq.number == 2
    assert again.headers.call_id == request.headers.call_id
    assert again.headers.from_.tag == request.headers.from_.tag
    assert again.body == request.body
    callee.answers(again, 200, "Session-Expires: 400;refresher=uac", body=ANSWER)
    callee.got("ACK")
    caller = calling(it, it.response(CALLER, 200))
    caller.ack()
    it.wait(201)
    update = callee.got("UPDATE")
    assert (timed(update), update.headers.get("min-se")) == ("400;refresher=uac", "400")
    callee.answers(update, 200)
    hang_up(caller, callee)
    assert it.over()


def test_a_422_for_ever_is_a_failure_of_that_side_and_no_422_of_ours() -> None:
    it = border(pbx="mode: require, expires: 100s")
    request, callee = inviting(it)
    for least in (400, 500, 600, 700):
        callee.answers(request, 422, f"Min-SE: {least}")
        callee.got("ACK")
        if least < 700:
            request = callee.got("INVITE")
    it.response(CALLER, 500)
    assert it.over()


def test_a_422_to_a_refresh_makes_the_next_one_ask_for_longer() -> None:
    it = border(pbx="mode: require, expires: 100s")
    caller, callee = up(it)
    it.wait(51)
    callee.answers(callee.got("UPDATE"), 422, "Min-SE: 400")
    it.wait(0.1)
    update = callee.got("UPDATE")
    assert timed(update) == "400;refresher=uac"
    callee.answers(update, 200, "Session-Expires: 400;refresher=uac")
    it.wait(190)
    assert callee.inbox() == []
    hang_up(caller, callee)
    assert it.over()


@pytest.mark.parametrize("status", [491, 500])
def test_a_refresh_that_finds_the_peer_busy_is_tried_again(status: int) -> None:
    it = border(pbx="mode: require, expires: 200s")
    caller, callee = up(it)
    it.wait(101)
    callee.answers(callee.got("UPDATE"), status)
    it.wait(2)
    assert callee.inbox() == []
    it.wait(2.2)
    callee.answers(callee.got("UPDATE"), 200)
    hang_up(caller, callee)
    assert it.over()


@pytest.mark.parametrize("status", [408, 481])
def test_a_refresh_that_finds_nobody_ends_the_call(status: int) -> None:
    it = border(pbx="mode: require, expires: 200s")
    caller, callee = up(it)
    it.wait(101)
    callee.answers(callee.got("UPDATE"), status)
    for end in (caller, callee):
        end.answers(end.got("BYE"), 200)
    assert it.over()


def test_a_refresh_that_is_refused_again_and_again_ends_in_bye_to_both() -> None:
    it = border(pbx="mode: require, expires: 100s")
    caller, callee = up(it)
    it.wait(50)
    while not any(isinstance(m, Request) and m.method == "BYE" for m in callee._waiting()):
        callee.answers(callee.got("UPDATE"), 500)
        it.wait(4.2)
    expired(it, caller, callee)


def test_a_refresh_waits_for_what_the_dialog_is_in_the_middle_of() -> None:
    it = border(pbx="mode: require, expires: 200s")
    caller, callee = up(it, allow=NO_UPDATE)
    it.wait(99)
    callee.ask("INVITE", body=ANSWER)
    crossed = caller.got("INVITE")
    it.wait(3)
    assert "INVITE" not in callee.inbox()
    caller.answers(crossed, 200, body=OFFER)
    caller.got("ACK")
    answer = callee.heard(200)
    assert answer.headers.get("session-expires") == "200;refresher=uas"
    callee.ack()
    it.wait(60)
    assert callee.inbox() == []  # that one has refreshed it
    hang_up(caller, callee)
    assert it.over()


def test_an_invite_of_one_side_refreshes_both() -> None:
    it = border("mode: require, expires: 200s", "mode: require, expires: 200s")
    caller, callee = up(it)
    it.wait(90)
    caller.ask("INVITE", "Supported: timer", "Session-Expires: 200;refresher=uas", body=OFFER)
    crossed = callee.got("INVITE")
    assert timed(crossed) == "200;refresher=uac"
    callee.answers(crossed, 200, "Session-Expires: 200;refresher=uac", body=ANSWER)
    callee.got("ACK")
    assert caller.heard(200).headers.get("session-expires") == "200;refresher=uas"
    caller.ack()
    it.wait(95)
    assert (caller.inbox(), callee.inbox()) == ([], [])
    hang_up(caller, callee)
    assert it.over()


def test_a_trunk_without_timers_hears_of_none() -> None:
    it = border("mode: none", "mode: none")
    request, callee = inviting(it, *TIMED)
    assert "timer" not in request.headers.supported
    callee.answers(request, 200, "Session-Expires: 100;refresher=uas", body=ANSWER)
    answer = it.response(CALLER, 200)
    assert not answer.headers.has("session-expires")
    calling(it, answer).ack()
    callee.got("ACK")
    it.wait(1000)
    assert (it.heard(CALLER), it.heard(CALLEE)) == ([], [])


@pytest.mark.parametrize("value", ["soon", "-5", "9" * 11])
def test_a_malformed_interval_is_refused(value: str) -> None:
    it = border()
    it.receive(invite("Supported: timer", f"Session-Expires: {value}"), CALLER)
    assert it.heard(CALLER) == ["400"]
    assert it.over()
