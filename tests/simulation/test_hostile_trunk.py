"""A trunk that has gone bad, or somebody who forges its address: what it may cost the border, the
other side, and third parties."""

from collections import Counter

import pytest

from media.control import Close, Open, Welcome
from sbc.actions import Flow
from sbc.b2bua.agent import MOST_STRAYS
from sbc.b2bua.callee import MOST_BRANCHES
from sbc.b2bua.caller import MOST_QUEUED
from sbc.b2bua.incoming import MOST_ASKED
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, parse
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import called, calling, hang_up, inviting, ringing, up
from tests.support.messages import ANSWER, answer, invite, text, within

STRANGER = Flow("wan", "tcp", ("198.18.0.9", 4711))


def methods(border: Border) -> Counter[str]:
    """Requests that were sent and not looked at."""
    return Counter(m.method for _, m in border.out if isinstance(m, Request))


# --- amplification ------------------------------------------------------------------------------


def test_answers_that_nobody_waits_for_set_off_no_flood() -> None:
    border = Border()
    border.receive(invite(), CALLER)
    border.request(CALLEE, "INVITE")
    for number in range(500):
        fields = [
            f"Via: SIP/2.0/UDP 10.20.0.5:5060;branch=z9hG4bKforged{number}",
            "From: <sip:a@10.20.0.5>;tag=x",
            f"To: <sip:b@10.20.0.11>;tag={number}",
            f"Call-ID: {number}",
            "CSeq: 1 INVITE",
            "Contact: <sip:x@10.20.0.11>",
        ]
        border.receive(text("SIP/2.0 200 OK", fields), CALLEE)
    assert methods(border) == {"ACK": MOST_STRAYS, "BYE": MOST_STRAYS}
    assert border.over()


def test_late_forks_are_still_ended_after_such_a_flood() -> None:
    border = Border()
    for _ in range(2):
        request, callee = inviting(border)
        callee.answers(request, 486)
        border.wait(40)
        border.out.clear()
        for number in range(MOST_STRAYS + 5):
            border.receive(answer(request, 200, tag=f"late{number}"), CALLEE)
        assert methods(border) == {"ACK": MOST_STRAYS, "BYE": MOST_STRAYS}
        border.wait(40)


def test_a_callee_that_answers_in_ever_more_dialogs_has_few_of_them_ended() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    border.out.clear()
    for number in range(500):
        victim = "<sip:x@8.8.8.8:53>"
        border.receive(answer(request, 200, tag=f"t{number}", contact=victim), CALLEE)
    assert methods(border) == {"ACK": MOST_BRANCHES - 1, "BYE": MOST_BRANCHES - 1}
    assert border.over()


def test_a_call_is_answered_however_many_early_dialogs_there_were() -> None:
    border = Border()
    request, _ = inviting(border)
    for number in range(MOST_BRANCHES + 5):
        border.receive(answer(request, 180, tag=f"t{number}"), CALLEE)
    border.receive(answer(request, 200, tag="winner", body=ANSWER), CALLEE)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    hang_up(caller, called(border, request, tag="winner"))
    assert border.over()


def test_requests_wait_in_bounded_number_for_a_side_that_keeps_silent() -> None:
    border = Border()
    caller, callee = up(border)
    for _ in range(MOST_ASKED + 1):
        caller.ask("INFO", body="Signal=1\r\n", kind="application/dtmf-relay")
    refused = caller.heard(500)
    assert refused.headers.get("retry-after")
    assert methods(border) == {"INFO": MOST_ASKED}
    waiting = [m for _, m in border.out if isinstance(m, Request)]
    for request in waiting:
        callee.answers(request, 200)
    border.out.clear()
    caller.ask("INFO", body="Signal=2\r\n", kind="application/dtmf-relay")
    callee.answers(callee.got("INFO"), 200)
    caller.heard(200)
    hang_up(caller, callee)
    assert border.over()


def test_provisionals_queue_in_bounded_number_for_a_caller_that_acknowledges_none() -> None:
    border = Border()
    request, callee = inviting(border, "Require: 100rel")
    for number in range(1, 200):
        callee.answers(request, 180, "Require: 100rel", f"RSeq: {number}")
    caller = calling(border, border.response(CALLER, 180))
    told = 0
    while True:
        told += 1
        caller.ask("PRACK", f"RAck: {rseq(border, told)} 1 INVITE")
        if not border.take(CALLER)[1:]:  # only the answer to the PRACK
            break
    assert told == 1 + MOST_QUEUED
    border.wait(400)


def rseq(border: Border, number: int) -> str:
    """Of the provisional so many."""
    found = dict.fromkeys(
        parse(data).headers.get("rseq")
        for to, data in border.sent
        if to == CALLER and b"\r\nRSeq: " in data
    )
    return list(found)[number - 1] or ""


def test_a_record_names_peers_in_bounded_length() -> None:
    border = Border()
    border.receive(invite(call_id="c" * 8000, tag="t" * 8000), CALLER)
    border.receive(answer(border.request(CALLEE, "INVITE"), 486), CALLEE)
    assert border.over()
    leg = border.records[0]["legs"]["a"]  # type: ignore[index]
    assert (leg["call_id"], leg["remote_tag"]) == ("c" * 256, "t" * 256)


def test_an_answer_without_a_tag_leaves_nothing_behind() -> None:
    for early in ((), (180,)):
        border = Border()
        request, callee = inviting(border)
        for status in early:
            callee.answers(request, status)
        border.receive(answer(request, 200, tag="", body=ANSWER), CALLEE)
        border.wait(40)
        assert border.heard(CALLER)[-1] == "408"
        assert border.over()


# --- where nobody, or everybody, is --------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["224.0.1.75", "0.0.0.0", "[ff02::1]", "[2001:db8::1]", "[::ffff:8.8.8.8]"]
)
@pytest.mark.parametrize("trust", ["untrusted", "trusted"])
def test_requests_go_to_no_group_and_no_other_family(host: str, trust: str) -> None:
    border = Border(
        TWO_ZONES.replace("outside: { trust: untrusted }", f"outside: {{ trust: {trust} }}")
    )
    contact = f"<sip:200@{host}>".encode()
    border.receive(invite().replace(b"<sip:200@192.0.2.1:5060>", contact), CALLER)
    request = border.request(CALLEE, "INVITE")
    callee = called(border, request)
    callee.answers(request, 200, body=ANSWER)
    ok = border.response(CALLER, 200)
    ack = within("ACK", ok, 1, ours_is_from=True, host="192.0.2.1")
    border.receive(ack.replace(b"<sip:peer@192.0.2.1:5060>", contact), CALLER)
    callee.ask("BYE")
    assert border.request(CALLER, "BYE").uri == f"sip:200@{host}"


# --- who is not known, or only pretends ----------------------------------------------------------


def test_a_stranger_gets_no_word_for_bad_framing_either() -> None:
    border = Border()
    bad = BadMessage(400, "Missing Content-Length")
    asked = parse(invite())
    assert isinstance(asked, Request)
    bad.request = asked
    border.perform(border.core.malformed(bad, STRANGER, border.now))
    assert border.out == []
    assert border.noted("unknown_source")
    border.perform(border.core.malformed(bad, Flow("wan", "tcp", CALLER.remote), border.now))
    assert len(border.out) == 1


def test_a_branch_alone_cancels_no_call() -> None:
    border = Border()
    caller, _, request = ringing(border)
    forged = [
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKfirst;rport",
        "From: <sip:mallory@192.0.2.66>;tag=mallory",
        "To: <sip:100@203.0.113.10>",
        "Call-ID: guessed",
        "CSeq: 1 CANCEL",
    ]
    mallory = Flow("wan", "udp", ("192.0.2.66", 5060))
    border.receive(text("CANCEL sip:100@203.0.113.10 SIP/2.0", forged), mallory)
    border.response(mallory, 481)
    assert border.heard(CALLER) == []
    border.receive(answer(request, 200, body=ANSWER), CALLEE)
    caller.heard(200)


# --- a relay that stalls -------------------------------------------------------------------------


def test_ports_that_come_too_late_are_given_back() -> None:
    border = Border()
    border.answers_relay = False
    border.receive(invite(), CALLER)
    border.wait(5.1)
    border.response(CALLER, 503)
    border.relay_answers()
    asked = [command for command in border.commands if isinstance(command, Open | Close)]
    assert [type(command) for command in asked] == [Open, Close]
    assert len({command.session for command in asked}) == 1
    assert border.over()


def test_sessions_are_closed_when_the_link_is_back_whose_calls_ended_with_it() -> None:
    border = Border()
    up(border)
    opened = {c.session for c in border.commands if isinstance(c, Open)}
    border.commands.clear()
    border.perform(border.core.relay_lost(border.now))
    border.perform(border.core.relay_up(Welcome(1, "relay", 1), border.now))
    assert [c.session for c in border.commands if isinstance(c, Close)] == list(opened)
    border.perform(border.core.relay_up(Welcome(1, "relay", 1), border.now))
    assert len(border.commands) == 1
    assert border.over()


def test_a_close_that_is_lost_with_the_link_is_asked_again() -> None:
    border = Border()
    caller, callee = up(border)
    border.answers_relay = False
    hang_up(caller, callee)
    border.perform(border.core.relay_lost(border.now))
    border.answers_relay = True
    border.perform(border.core.relay_up(Welcome(1, "relay", 1), border.now))
    assert isinstance(border.commands[-1], Close)
    assert border.over()
