"""S3: both ends change the call at once; the call survives with one agreed description."""

import pytest

from tests.support.border import Border
from tests.support.ends import End, hang_up, up
from tests.support.messages import ANSWER, OFFER


def offer_from(end: End, direction: str) -> str:
    own = OFFER if end.flow.interface == "wan" else ANSWER
    return f"{own}a={direction}\r\n"


def both_ask(method: str) -> tuple[End, End]:
    """Both ends have sent an offer; the border has sent that of the caller on."""
    caller, callee = up(Border())
    caller.ask(method, body=offer_from(caller, "sendonly"))
    callee.ask(method, body=offer_from(callee, "inactive"))
    return caller, callee


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_two_offers_at_once_are_both_refused_with_491(method: str) -> None:
    caller, callee = both_ask(method)
    callee.heard(491)
    callee.answers(callee.got(method), 491)
    caller.heard(491)
    if method == "INVITE":
        caller.ack()
        callee.ack()
        callee.got("ACK")
    # The callee, who does not own the Call-ID of its leg, tries again first (RFC 3261 §14.1).
    callee.ask(method, body=offer_from(callee, "sendonly"))
    caller.answers(caller.got(method), 200, body=offer_from(caller, "recvonly"))
    callee.heard(200)
    if method == "INVITE":
        callee.ack()
        caller.got("ACK")
    caller.ask(method, body=offer_from(caller, "sendrecv"))
    callee.answers(callee.got(method), 200, body=offer_from(callee, "sendrecv"))
    caller.heard(200)
    if method == "INVITE":
        caller.ack()
        callee.got("ACK")
    agreed = caller.border.programs()[-1].streams[0]
    assert (agreed.a.sends, agreed.a.receives, agreed.b.sends, agreed.b.receives) == (True,) * 4
    hang_up(caller, callee)
    assert caller.border.over()


def test_an_offer_while_ours_is_unanswered_changes_nothing() -> None:
    caller, callee = both_ask("INVITE")
    callee.heard(491)
    callee.ack()
    callee.answers(callee.got("INVITE"), 200, body=offer_from(callee, "recvonly"))
    assert b"a=recvonly" in caller.heard(200).body
    caller.ack()
    hang_up(caller, callee)
    assert caller.border.over()


@pytest.mark.parametrize("first", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("second", ["INVITE", "UPDATE"])
def test_a_second_offer_before_the_answer_to_the_first_gets_500(first: str, second: str) -> None:
    caller, callee = up(Border())
    caller.ask(first, body=offer_from(caller, "sendonly"))
    caller.ask(second, body=offer_from(caller, "inactive"))
    wait = caller.heard(500).headers.get("retry-after")
    assert wait is not None
    assert 0 <= int(wait) <= 10
    if second == "INVITE":
        caller.ack()
    callee.answers(callee.got(first), 200, body=offer_from(callee, "recvonly"))
    caller.heard(200)
    if first == "INVITE":
        caller.ack(cseq=2)
    hang_up(caller, callee)
    assert caller.border.over()


def test_a_second_invite_without_an_offer_gets_500_too() -> None:
    caller, callee = up(Border())
    caller.ask("INVITE")
    caller.ask("INVITE")
    assert caller.heard(500).headers.has("retry-after")
    caller.ack()
    callee.answers(callee.got("INVITE"), 488)
    caller.heard(488)
    caller.ack(cseq=2)
    hang_up(caller, callee)
    assert caller.border.over()


def test_an_update_without_an_offer_does_not_disturb_an_open_one() -> None:
    caller, callee = up(Border())
    caller.ask("INVITE", body=offer_from(caller, "sendonly"))
    invite = callee.got("INVITE")
    caller.ask("UPDATE")
    callee.answers(callee.got("UPDATE"), 503)
    caller.heard(503)
    callee.answers(invite, 200, body=offer_from(callee, "recvonly"))
    assert b"a=recvonly" in caller.heard(200).body
    caller.ack(cseq=2)
    hang_up(caller, callee)
    assert caller.border.over()


def test_a_re_invite_before_the_ack_shows_that_the_answer_came() -> None:
    border = Border()
    caller, callee = up(border)
    callee.ask("INVITE", body=offer_from(callee, "sendonly"))
    caller.answers(caller.got("INVITE"), 200, body=offer_from(caller, "recvonly"))
    caller.got("ACK")
    callee.heard(200)  # its ACK is lost, and the callee speaks on (RFC 5407 §3.1.4)
    callee.ask("INVITE", body=offer_from(callee, "sendrecv"))
    caller.answers(caller.got("INVITE"), 200, body=offer_from(caller, "sendrecv"))
    caller.got("ACK")
    callee.heard(200)
    callee.ack()
    border.wait(40)
    assert (caller.inbox(), callee.inbox()) == ([], [])
    hang_up(caller, callee)
    assert border.over()


def test_an_offer_from_the_callee_before_the_callers_ack_must_wait() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INVITE", body=offer_from(caller, "sendonly"))
    callee.answers(callee.got("INVITE"), 200, body=offer_from(callee, "recvonly"))
    callee.got("ACK")
    callee.ask("INVITE", body=offer_from(callee, "sendrecv"))
    callee.heard(491)
    callee.ack()
    caller.heard(200)
    caller.ack()
    callee.ask("INVITE", body=offer_from(callee, "sendrecv"))
    caller.answers(caller.got("INVITE"), 200, body=offer_from(caller, "sendrecv"))
    callee.heard(200)
    callee.ack()
    hang_up(caller, callee)
    assert border.over()
