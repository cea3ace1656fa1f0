"""S6: an INVITE without an offer, through both zones; and an offer put in where one is needed."""

from sbc.sip.message import Request, Response
from tests.support.border import CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, calling, hang_up, inviting, up
from tests.support.messages import ANSWER, OFFER

INSERTING = TWO_ZONES.replace("  pbx: { zone: inside,", "  pbx: { zone: inside, offerless: insert,")


def anchored(message: Request | Response, address: str, port: int) -> bool:
    return f"c=IN IP4 {address}" in message.body.decode() and f"m=audio {port} " in (
        message.body.decode()
    )


def media(border: Border) -> tuple[object, object]:
    stream = border.programs()[-1].streams[0]
    return stream.a.rtp, stream.b.rtp


def talking(border: Border) -> tuple[End, End]:
    """A call that was set up without an offer of the caller."""
    request, callee = inviting(border, body="")
    assert request.body == b""
    callee.answers(request, 200, body=ANSWER)
    ok = border.response(CALLER, 200)
    assert anchored(ok, "203.0.113.10", 30000)
    assert callee.inbox() == []  # its ACK waits for the answer
    caller = calling(border, ok)
    caller.ack(body=OFFER)
    ack = callee.got("ACK")
    assert anchored(ack, "10.20.0.5", 30002)
    assert media(border) == (("192.0.2.1", 4000), ("10.20.0.11", 6000))
    return caller, callee


def test_the_offer_comes_in_the_200_and_the_answer_in_the_ack() -> None:
    border = Border()
    caller, callee = talking(border)
    hang_up(caller, callee)
    assert border.over()


def test_a_repeated_200_gets_the_ack_with_the_answer_again() -> None:
    border = Border()
    request, callee = inviting(border, body="")
    callee.answers(request, 200, body=ANSWER)
    callee.answers(request, 200, body=ANSWER)
    assert callee.inbox() == []
    caller = calling(border, border.response(CALLER, 200))
    caller.ack(body=OFFER)
    first = callee.got("ACK")
    callee.answers(request, 200, body=ANSWER)
    assert callee.got("ACK").encode() == first.encode()
    hang_up(caller, callee)
    assert border.over()


def test_the_offer_may_come_reliably_in_a_183_and_the_answer_in_the_prack() -> None:
    border = Border()
    request, callee = inviting(border, "Supported: 100rel", body="")
    assert request.headers.supported == ["100rel", "timer", "replaces"]
    callee.answers(request, 183, "Require: 100rel", "RSeq: 9", body=ANSWER)
    assert callee.inbox() == []  # its PRACK waits for the answer
    progress = border.response(CALLER, 183)
    assert progress.headers.require == ["100rel"]
    assert anchored(progress, "203.0.113.10", 30000)
    caller = calling(border, progress)
    caller.ask("PRACK", f"RAck: {progress.headers.rseq} 1 INVITE", body=OFFER)
    caller.heard(200)
    prack = callee.got("PRACK")
    assert anchored(prack, "10.20.0.5", 30002)
    callee.answers(prack, 200)
    assert media(border) == (("192.0.2.1", 4000), ("10.20.0.11", 6000))
    callee.answers(request, 200, body=ANSWER)  # repeated, so no offer any more (RFC 6337 §3.1.1)
    assert caller.heard(200).body == b""
    callee.got("ACK")
    caller.ack(cseq=1)
    hang_up(caller, callee)
    assert border.over()


def test_no_reliable_offer_is_asked_for_that_the_caller_could_not_answer() -> None:
    border = Border()
    request, callee = inviting(border, body="")
    assert request.headers.supported == ["timer", "replaces"]
    callee.answers(request, 183, body=ANSWER)  # unreliable: it is no offer
    assert border.response(CALLER, 183).body == b""
    callee.answers(request, 486)
    assert border.over()


def test_a_prack_without_the_answer_ends_the_call() -> None:
    border = Border()
    request, callee = inviting(border, "Supported: 100rel", body="")
    callee.answers(request, 183, "Require: 100rel", "RSeq: 9", body=ANSWER)
    progress = border.response(CALLER, 183)
    caller = calling(border, progress)
    caller.ask("PRACK", f"RAck: {progress.headers.rseq} 1 INVITE")
    caller.heard(200)
    caller.heard(488)
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(request, 487)
    assert border.over()


def test_an_answer_in_a_prack_that_does_not_fit_ends_the_call() -> None:
    border = Border()
    request, callee = inviting(border, "Supported: 100rel", body="")
    callee.answers(request, 183, "Require: 100rel", "RSeq: 9", body=ANSWER)
    progress = border.response(CALLER, 183)
    caller = calling(border, progress)
    rack = f"RAck: {progress.headers.rseq} 1 INVITE"
    caller.ask("PRACK", rack, body=f"{OFFER}m=video 9 RTP/AVP 96\r\n")
    caller.heard(488)
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(request, 487)
    assert border.over()


def test_an_ack_without_the_answer_ends_the_call_on_both_sides() -> None:
    border = Border()
    request, callee = inviting(border, body="")
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    assert callee.got("ACK").body == b""
    caller.answers(caller.got("BYE"), 200)
    callee.answers(callee.got("BYE"), 200)
    assert border.over()
    assert border.records[0]["cause"] == {
        "sip": 488,
        "q850": 65,
        "text": "An answer does not fit its offer",
    }


def test_a_200_without_the_offer_ends_the_call() -> None:
    border = Border()
    request, callee = inviting(border, body="")
    callee.answers(request, 200)
    border.response(CALLER, 488)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    assert border.over()


def test_a_re_invite_may_ask_for_an_offer_too() -> None:
    border = Border()
    caller, callee = up(border)
    for one, other, offer, answer in (
        (caller, callee, ANSWER, OFFER),
        (callee, caller, OFFER, ANSWER),
    ):
        one.ask("INVITE")
        request = other.got("INVITE")
        assert request.body == b""
        other.answers(request, 200, body=f"{offer}a=sendonly\r\n")
        assert other.inbox() == []
        ok = one.heard(200)
        assert b"a=sendonly" in ok.body
        one.ack(body=f"{answer}a=recvonly\r\n")
        assert b"a=recvonly" in other.got("ACK").body
    hang_up(caller, callee)
    assert border.over()


def test_a_re_invite_that_is_refused_an_offer_changes_nothing() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INVITE")
    callee.answers(callee.got("INVITE"), 488)
    caller.heard(488)
    caller.ack()
    hang_up(caller, callee)
    assert border.over()


def test_a_re_invite_that_gets_no_offer_in_its_200_ends_the_call() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INVITE")
    callee.answers(callee.got("INVITE"), 200)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    caller.heard(487)
    caller.answers(caller.got("BYE"), 200)
    assert border.over()


def test_a_200_with_an_offer_that_comes_after_the_bye_is_still_acknowledged() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INVITE")
    request = callee.got("INVITE")
    caller.ask("BYE")
    bye = callee.got("BYE")
    callee.answers(request, 200, body=ANSWER)
    assert callee.got("ACK").body == b""
    callee.answers(bye, 200)
    assert border.over()


def test_a_glare_of_two_offerless_invites_is_refused() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("INVITE")
    callee.ask("INVITE")
    callee.heard(491)
    callee.ack()
    callee.answers(callee.got("INVITE"), 491)
    caller.heard(491)
    caller.ack()
    hang_up(caller, callee)
    assert border.over()


# --- an offer of ours -----------------------------------------------------------------------------


def test_a_trunk_that_insists_on_an_offer_gets_ours() -> None:
    border = Border(INSERTING)
    request, callee = inviting(border, body="")
    assert anchored(request, "10.20.0.5", 30002)
    assert b"opus/48000/2" in request.body
    callee.answers(request, 183, body=ANSWER)
    assert border.response(CALLER, 183).body == b""
    callee.answers(request, 200, body=ANSWER)
    callee.got("ACK")
    ok = border.response(CALLER, 200)
    assert anchored(ok, "203.0.113.10", 30000)
    assert b"RTP/AVP 8 101" in ok.body
    assert border.programs() == []
    caller = calling(border, ok)
    caller.ack(body=OFFER)
    assert callee.inbox() == []  # its ACK was sent long ago
    assert media(border) == (("192.0.2.1", 4000), ("10.20.0.11", 6000))
    caller.ask("INVITE", body=OFFER)
    again = callee.got("INVITE")
    assert versions(request, again) == [0, 1]
    callee.answers(again, 200, body=ANSWER)
    caller.heard(200)
    caller.ack()
    hang_up(caller, callee)
    assert border.over()


def test_the_answer_to_our_offer_may_come_in_a_provisional() -> None:
    border = Border(INSERTING)
    request, callee = inviting(border, body="")
    callee.answers(request, 183, "Require: 100rel", "RSeq: 1", body=ANSWER)
    callee.answers(callee.got("PRACK"), 200)
    callee.answers(request, 200)
    ok = border.response(CALLER, 200)
    assert anchored(ok, "203.0.113.10", 30000)
    caller = calling(border, ok)
    caller.ack(body=OFFER)
    callee.got("ACK")
    hang_up(caller, callee)
    assert border.over()


def test_no_answer_to_our_offer_is_a_refusal() -> None:
    border = Border(INSERTING)
    request, callee = inviting(border, body="")
    callee.answers(request, 200)
    border.response(CALLER, 488)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    assert border.over()


def test_an_answer_of_the_caller_that_does_not_fit_ends_the_call() -> None:
    border = Border(INSERTING)
    request, callee = inviting(border, body="")
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack(body=OFFER.replace("8 0 101", "0"))  # nothing of what was offered
    callee.got("ACK")
    caller.answers(caller.got("BYE"), 200)
    callee.answers(callee.got("BYE"), 200)
    assert border.over()


def test_a_caller_with_an_offer_is_not_given_ours() -> None:
    border = Border(INSERTING)
    request, callee = inviting(border)
    assert b"opus" not in request.body
    callee.answers(request, 486)
    assert border.over()


def versions(*messages: Request | Response) -> list[int]:
    """Of our o= lines."""
    lines = [message.body.decode().split("\r\n")[1] for message in messages]
    assert len({line.split()[1] for line in lines}) == 1
    return [int(line.split()[2]) for line in lines]
