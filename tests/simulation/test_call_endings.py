"""How calls end: CANCEL, BYE, refusals and lost ACKs in every state; each leaves one record."""

import pytest

from sbc.sip.message import Request, Response
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import calling, hang_up, inviting, ringing, up
from tests.support.messages import ANSWER, OFFER, answer, invite, text

BRIEF = TWO_ZONES.replace("  pbx: {", "  pbx: { limits: { max_duration: 1h },")


def cancel(border: Border, branch: str = "z9hG4bKfirst") -> None:
    fields = [
        f"Via: SIP/2.0/UDP 192.0.2.1:5060;branch={branch};rport",
        'From: "Alice" <sip:200@192.0.2.1>;tag=alice-tag',
        "To: <sip:100@203.0.113.10>",
        "Call-ID: abc@192.0.2.1",
        "CSeq: 1 CANCEL",
        "Max-Forwards: 70",
    ]
    border.receive(text("CANCEL sip:100@203.0.113.10 SIP/2.0", fields), CALLER)


def cause(border: Border) -> tuple[object, object]:
    """Who ended the one call, and with which status."""
    (record,) = border.records
    assert isinstance(record["cause"], dict)
    return record["ended_by"], record["cause"]["sip"]


# --- CANCEL ---------------------------------------------------------------------------------------


def test_cancel_while_ports_are_looked_for_never_reaches_the_callee() -> None:
    border = Border()
    border.answers_relay = False
    border.receive(invite(), CALLER)
    cancel(border)
    assert border.heard(CALLER) == ["200", "487"]
    border.answers_relay = True
    border.relay_answers()
    assert [type(command).__name__ for command in border.commands] == ["Open", "Close"]
    assert border.heard(CALLEE) == []
    assert border.over()
    assert cause(border) == ("caller", 487)


def test_cancel_before_any_answer_of_the_callee_waits_for_the_first() -> None:
    border = Border()
    request, callee = inviting(border)
    cancel(border)
    assert border.heard(CALLER) == ["200", "487"]
    assert callee.inbox() == []
    callee.answers(request, 180)
    assert callee.got("CANCEL").headers.get("reason") == "Q.850;cause=31"
    callee.answers(request, 487)
    callee.got("ACK")
    assert border.over()
    assert cause(border) == ("caller", 487)


@pytest.mark.parametrize("status", [180, 183])
def test_cancel_while_it_rings_goes_on_at_once(status: int) -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, status, body=ANSWER if status == 183 else "")
    tag = border.response(CALLER, status).headers.to.tag
    cancel(border)
    refusal = [m for m in border.take(CALLER) if not isinstance(m, Request) and m.status == 487]
    assert [each.headers.to.tag for each in refusal] == [tag]
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(request, 487)
    assert border.over()
    assert cause(border) == ("caller", 487)


def test_a_callee_that_never_answers_a_cancel_is_given_up() -> None:
    border = Border()
    _, _, _ = ringing(border)
    cancel(border)
    assert border.over()
    assert cause(border) == ("caller", 487)


def test_a_200_that_crosses_our_cancel_gets_ack_and_bye() -> None:
    border = Border()
    _, callee, request = ringing(border)
    cancel(border)
    callee.answers(request, 200, body=ANSWER)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    assert border.heard(CALLER) == ["200", "487"]
    assert border.over()
    assert cause(border) == ("caller", 487)


def test_a_cancel_that_crosses_our_200_changes_nothing() -> None:
    border = Border()
    caller, callee = up(border)
    cancel(border)
    border.response(CALLER, 200)
    assert callee.inbox() == []
    hang_up(caller, callee)
    assert border.over()
    assert cause(border) == ("caller", 200)


def test_a_cancel_of_nothing_gets_481() -> None:
    border = Border()
    cancel(border, "z9hG4bKother")
    assert border.heard(CALLER) == ["481"]
    assert border.over()
    assert border.records == []


# --- BYE ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_a_bye_reaches_the_other_side_with_its_reason(who: str) -> None:
    border = Border()
    ends = up(border)
    one, other = ends if who == "caller" else reversed(ends)
    one.ask("BYE", 'Reason: Q.850;cause=17;text="inside.token"')
    one.heard(200)
    bye = other.got("BYE")
    assert bye.headers.get("reason") == "Q.850;cause=17"
    other.answers(bye, 200)
    assert border.over()
    assert cause(border) == (who, 200)


def test_byes_that_cross_are_both_answered() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("BYE")
    callee.ask("BYE")
    callee.heard(200)
    callee.answers(callee.got("BYE"), 481)
    caller.heard(200)
    assert border.over()
    assert cause(border) == ("caller", 200)


def test_a_bye_that_nobody_answers_is_given_up() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("BYE")
    border.wait(40)
    assert callee.inbox() == ["BYE"] * 11
    assert border.over()


def test_a_body_that_no_one_knows_does_not_keep_a_bye_from_ending_the_call() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("BYE", "Reason: SIP;cause=200", body="x", kind="application/isup")
    caller.heard(200)
    bye = callee.got("BYE")
    assert (bye.headers.get("reason"), bye.body) == ("SIP;cause=200", b"")
    callee.answers(bye, 200)
    assert border.over()


def test_a_request_that_waits_gets_487_when_the_call_ends() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INFO")
    caller.ask("BYE")
    assert caller.inbox() == ["200", "487"]
    callee.got("INFO")
    callee.answers(callee.got("BYE"), 200)
    assert border.over()


def test_a_request_after_the_bye_gets_481() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("BYE")
    callee.ask("INFO")
    callee.heard(481)
    caller.heard(200)
    caller.ask("INFO")
    caller.heard(481)
    callee.answers(callee.got("BYE"), 200)
    assert border.over()


def test_the_caller_may_say_bye_before_the_answer() -> None:
    border = Border()
    caller, callee, request = ringing(border)
    caller.ask("BYE")
    caller.heard(200)
    refusal = caller.heard(487)
    assert caller.remote.endswith(f"tag={refusal.headers.to.tag}")
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(request, 487)
    assert border.over()
    assert cause(border) == ("caller", 487)


def test_a_bye_of_the_callee_before_its_answer_ends_no_call() -> None:
    border = Border()
    _, callee, request = ringing(border)
    callee.ask("BYE")  # RFC 3261 §15 forbids it
    callee.heard(200)
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    callee.got("ACK")
    hang_up(caller, callee)
    assert border.over()


# --- the final answer -----------------------------------------------------------------------------

REFUSALS = [status for status in range(300, 700) if status % 100 in {0, 1, 2, 4, 5, 6, 8, 80, 88}]


@pytest.mark.parametrize("status", [s for s in REFUSALS if s not in {401, 407}])
def test_every_refusal_reaches_the_caller(status: int) -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, status, "Retry-After: 9 (inside.token)")
    callee.got("ACK")
    refusal = border.response(CALLER, status)
    assert refusal.headers.get("retry-after") == "9"
    assert "inside.token" not in refusal.headers.text
    calling_ack(border, refusal.headers.get("to") or "")
    assert border.over()
    assert cause(border) == ("callee", status)
    assert border.records[0]["attempts"] == [
        {"trunk": "pbx", "endpoint": "sip:10.20.0.11", "status": status}
    ]


@pytest.mark.parametrize("status", [401, 407])
def test_a_challenge_is_for_us_and_the_caller_gets_403(status: int) -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, status, 'WWW-Authenticate: Digest realm="inside", nonce="n"')
    assert not border.response(CALLER, 403).headers.has("www-authenticate")
    assert border.over()


def test_a_redirect_names_the_same_user_at_our_own_address() -> None:
    border = Border()
    request, _ = inviting(border)
    contact = "<sip:300@10.20.0.99:5070>;q=1, <tel:+49301234;phone-context=inside>, <sip:10.9.9.9>"
    border.receive(answer(request, 302, contact=contact), CALLEE)
    ours = border.response(CALLER, 302).headers.get("contact")
    assert ours == "<sip:300@203.0.113.10:5060>, <sip:+49301234@203.0.113.10:5060>"
    assert border.over()


def test_a_redirect_to_nobody_has_no_contact() -> None:
    border = Border()
    request, _ = inviting(border)
    border.receive(answer(request, 302, contact="<mailto:bob@inside.example>"), CALLEE)
    assert not border.response(CALLER, 302).headers.has("contact")
    assert border.over()


def test_a_refusal_has_the_tag_that_the_ringing_had() -> None:
    border = Border()
    caller, callee, request = ringing(border)
    callee.answers(request, 486)
    refusal = caller.heard(486)
    assert caller.remote.endswith(f"tag={refusal.headers.to.tag}")
    assert border.over()


# --- the ACK --------------------------------------------------------------------------------------


def test_a_200_is_repeated_until_its_ack_comes() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    border.wait(3.6)
    assert border.heard(CALLER) == ["200"] * 4  # at 0, 0.5, 1.5 and 3.5 s
    border.wait(4)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    border.wait(40)
    assert caller.inbox() == []
    callee.got("ACK")
    hang_up(caller, callee)
    assert border.over()


def test_a_200_that_is_never_acknowledged_ends_the_call_on_both_sides() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    border.wait(33)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    caller = calling(border, next(m for m in responses(border) if m.headers.to.tag))
    caller.cseq = 5
    caller.answers(caller.got("BYE"), 200)
    assert border.over()
    assert cause(border) == ("border", 408)


def test_a_re_invite_whose_200_is_never_acknowledged_ends_the_call_on_both_sides() -> None:
    border = Border()
    caller, callee = up(border)
    callee.ask("INVITE", body=ANSWER)
    caller.answers(caller.got("INVITE"), 200, body=OFFER)
    border.wait(33)
    caller.answers(caller.got("BYE"), 200)
    callee.answers(callee.got("BYE"), 200)
    assert border.over()
    assert cause(border) == ("border", 408)


def test_a_bye_waits_for_the_ack_of_our_200() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    callee.ask("BYE")
    assert caller.inbox() == []  # RFC 3261 §15: not before the ACK
    caller.ack()
    caller.answers(caller.got("BYE"), 200)
    assert border.over()


def test_a_bye_does_not_wait_for_an_ack_for_ever() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    callee.ask("BYE")
    border.wait(33)
    caller.answers(caller.got("BYE"), 200)
    assert border.over()
    assert cause(border) == ("callee", 200)


def test_a_bye_that_crosses_our_200_ends_the_call_and_the_200_still_wants_its_ack() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ask("BYE")
    caller.heard(200)
    callee.answers(callee.got("BYE"), 200)
    border.wait(1)
    caller.heard(200)
    caller.ack(cseq=1)
    border.wait(20)
    assert caller.inbox() == []
    assert border.over()
    assert cause(border) == ("caller", 200)


def test_an_ack_of_something_else_stops_nothing() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack(cseq=99)
    border.wait(1)
    caller.heard(200)
    caller.ack()
    caller.ack()  # and one more is one too many
    callee.got("ACK")
    hang_up(caller, callee)
    assert border.over()


def test_a_repeated_200_is_acknowledged_again() -> None:
    border = Border()
    request, callee = inviting(border)
    for _ in range(3):
        callee.answers(request, 200, body=ANSWER)
    assert callee.inbox() == ["ACK"] * 3
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    for number in range(6):  # the ACKs of old re-INVITEs are forgotten
        caller.ask("INVITE", body=OFFER)
        again = callee.got("INVITE")
        callee.answers(again, 200, body=ANSWER)
        callee.answers(again, 200, body=ANSWER)
        assert callee.inbox() == ["ACK"] * 2, number
        caller.heard(200)
        caller.ack()
    hang_up(caller, callee)
    assert border.over()


def test_a_200_without_a_description_is_no_answer_to_an_offer() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    border.response(CALLER, 488)
    assert border.over()


@pytest.mark.parametrize(
    "bad",
    [
        "v=broken",
        ANSWER.replace("m=audio 6000 RTP/AVP 8 101", "m=audio 6000 RTP/AVP 96"),
        ANSWER + "m=video 6002 RTP/AVP 96\r\n",
        ANSWER.replace("m=audio", "m=video"),
    ],
)
def test_an_answer_that_does_not_fit_its_offer_ends_the_call(bad: str) -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=bad)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    border.response(CALLER, 488)
    assert border.over()
    assert cause(border) == ("border", 488)


def test_an_early_answer_that_does_not_fit_is_left_to_the_200() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 183, body=ANSWER.replace("m=audio", "m=video"))
    assert border.response(CALLER, 183).body == b""
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    callee.got("ACK")
    hang_up(caller, callee)
    assert border.over()


def test_an_answer_within_the_call_that_does_not_fit_ends_it() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INVITE", body=OFFER)
    callee.answers(callee.got("INVITE"), 200, body=ANSWER.replace("m=audio", "m=video"))
    caller.heard(487)
    caller.answers(caller.got("BYE"), 200)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    assert border.over()
    assert cause(border) == ("border", 488)


def test_a_provisional_that_no_dialog_can_be_made_of_is_left_out() -> None:
    border = Border()
    request, callee = inviting(border)
    broken = answer(request, 180, "Record-Route: <sip:@@>")
    border.receive(broken, CALLEE)
    assert border.heard(CALLER) == []
    callee.answers(request, 486)
    assert border.over()


# --- limits (P4) ----------------------------------------------------------------------------------


def test_it_rings_no_longer_than_it_may() -> None:
    border = Border()
    caller, callee, request = ringing(border)
    border.wait(181)
    assert caller.heard(480).headers.get("reason") == "Q.850;cause=19"
    cancel_ = callee.got("CANCEL")
    assert cancel_.headers.get("reason") == "Q.850;cause=19"
    callee.answers(cancel_, 200)
    callee.answers(request, 487)
    assert border.over()
    assert cause(border) == ("border", 480)


def test_a_call_lasts_no_longer_than_it_may() -> None:
    border = Border(BRIEF)
    caller, callee = up(border)
    border.wait(3599)
    assert (caller.inbox(), callee.inbox()) == ([], [])
    border.wait(1)
    for end in (caller, callee):
        bye = end.got("BYE")
        assert bye.headers.get("reason") == "Q.850;cause=31"
        end.answers(bye, 200)
    assert border.over()
    assert cause(border) == ("border", 200)


def test_an_invite_that_nobody_answers_fails_with_408() -> None:
    border = Border()
    border.receive(invite(), CALLER)
    border.wait(33)
    assert border.heard(CALLER)[0] == "408"
    assert border.over()
    assert cause(border) == ("callee", 408)


def test_a_dead_path_fails_with_503() -> None:
    border = Border()
    border.receive(invite(), CALLER)
    border.perform(border.core.transport_failed(CALLEE, border.now))
    border.response(CALLER, 503)
    assert border.over()
    assert cause(border) == ("callee", 503)


def calling_ack(border: Border, to: str) -> None:
    fields = [
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKfirst;rport",
        'From: "Alice" <sip:200@192.0.2.1>;tag=alice-tag',
        f"To: {to}",
        "Call-ID: abc@192.0.2.1",
        "CSeq: 1 ACK",
    ]
    border.receive(text("ACK sip:100@203.0.113.10 SIP/2.0", fields), CALLER)


def responses(border: Border) -> list[Response]:
    return [m for to, m in border.out if to == CALLER and isinstance(m, Response)]


def test_why_the_caller_cancelled_goes_on_to_the_callee() -> None:
    """RFC 3326: the phone that lost the race shall not show a missed call."""
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 180)
    elsewhere = 'Reason: SIP;cause=200;text="Call completed elsewhere at 192.0.2.1"'
    cancel = invite(elsewhere, body="").replace(b"INVITE sip", b"CANCEL sip", 1)
    border.receive(cancel.replace(b"CSeq: 1 INVITE", b"CSeq: 1 CANCEL"), CALLER)
    reason = border.request(CALLEE, "CANCEL").headers.get("reason") or ""
    assert reason.startswith("SIP;cause=200")
    assert "192.0.2.1" not in reason
