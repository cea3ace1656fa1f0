"""What waits for media ports goes on when they are there, and is refused when they are not."""

import pytest

from media.control import Close, Failed, Open, Opened, StreamPorts
from sbc.actions import Flow
from sbc.sip.message import Response
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import called, hang_up, inviting, up
from tests.support.messages import ANSWER, OFFER, invite

VIDEO = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"


def test_a_stream_that_has_its_ports_asks_for_none() -> None:
    border = Border()
    caller, callee = up(border)
    asked = len([each for each in border.commands if isinstance(each, Open)])
    caller.ask("INVITE", body=OFFER)
    callee.got("INVITE")
    assert len([each for each in border.commands if isinstance(each, Open)]) == asked


def test_the_relay_learns_what_was_agreed_when_it_was() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 183, body=ANSWER)
    callee.answers(request, 200, body=ANSWER)
    early, late = border.programs()
    assert (early.supervise, late.supervise) == (False, True)
    assert len(early.streams) == len(late.streams) == 1


def test_without_ports_a_new_stream_is_refused_and_the_call_goes_on() -> None:
    border = Border(ports=4)
    caller, callee = up(border)
    caller.ask("INVITE", body=OFFER + VIDEO)
    assert caller.heard(503).headers.has("retry-after")
    assert callee.inbox() == []
    hang_up(caller, callee)
    assert border.over()


def test_while_ports_are_looked_for_another_offer_is_glare() -> None:
    border = Border()
    caller, callee = up(border)
    border.answers_relay = False
    caller.ask("INVITE", body=OFFER + VIDEO)
    callee.ask("INVITE", body=ANSWER)
    callee.heard(491)
    border.relay_answers()
    border.answers_relay = True
    callee.answers(callee.got("INVITE"), 488)
    caller.heard(488)
    hang_up(caller, callee)
    assert border.over()


def test_a_bye_while_ports_are_looked_for_ends_the_call() -> None:
    border = Border()
    caller, callee = up(border)
    border.answers_relay = False
    caller.ask("INVITE", body=OFFER + VIDEO)
    callee.ask("BYE")
    callee.heard(200)
    border.answers_relay = True
    border.relay_answers()
    caller.heard(487)
    caller.ack()
    caller.answers(caller.got("BYE"), 200)
    assert len(border.records) == 1
    assert border.over()


def test_a_relay_that_does_not_answer_refuses_in_the_end() -> None:
    border = Border()
    caller, callee = up(border)
    border.answers_relay = False
    caller.ask("INVITE", body=OFFER + VIDEO)
    border.wait(30)
    caller.heard(503)
    border.unanswered.clear()
    border.answers_relay = True
    hang_up(caller, callee)
    assert border.over()


@pytest.mark.parametrize("line", ["", "m=audio 0 RTP/AVP 8\r\n"])
def test_a_call_with_nothing_to_anchor_asks_the_relay_for_nothing(line: str) -> None:
    border = Border()
    head = OFFER.partition("m=")[0]
    caller, callee = up(border, offer=head + line, answer=ANSWER.partition("m=")[0] + line)
    assert border.commands == []
    hang_up(caller, callee)
    assert border.commands == []
    assert border.over()


# --- what a refusal says --------------------------------------------------------------------------

SECURE = OFFER.replace("RTP/AVP", "RTP/SAVP")
"""Nothing that can be anchored."""


def told(response: Response) -> tuple[str | None, str | None]:
    return response.headers.get("retry-after"), response.headers.get("warning")


def test_a_first_offer_that_cannot_be_had_is_not_acceptable() -> None:
    border = Border()
    border.receive(invite(body=SECURE), CALLER)
    warning = '305 203.0.113.10:5060 "Incompatible media format"'
    assert told(border.response(CALLER, 488)) == (None, warning)
    assert border.heard(CALLEE) == []
    (record,) = border.records
    assert record["ended_by"] == "border"
    assert border.over()


def test_nor_is_one_that_the_called_side_makes_and_the_caller_is_told_so_by_us() -> None:
    border = Border()
    request, callee = inviting(border, body="")
    callee.answers(request, 200, body=SECURE)
    warning = '305 203.0.113.10:5060 "Incompatible media format"'
    assert told(border.response(CALLER, 488)) == (None, warning)


def test_an_offer_within_the_call_that_cannot_be_had_fails_alone() -> None:
    border = Border()
    caller, callee = up(border)
    callee.ask("INVITE", body=SECURE)
    warning = '305 10.20.0.5:5060 "Incompatible media format"'
    assert told(callee.heard(488)) == (None, warning)
    callee.ack()
    assert caller.inbox() == []
    hang_up(caller, callee)
    assert border.over()


def test_a_call_without_ports_is_refused_for_a_while() -> None:
    border = Border(ports=0)
    border.receive(invite(), CALLER)
    warning = '399 203.0.113.10:5060 "No media ports left"'
    assert told(border.response(CALLER, 503)) == ("5", warning)
    assert border.heard(CALLEE) == []
    assert border.over()


def test_a_new_stream_of_the_called_side_is_refused_in_the_name_of_its_own_side() -> None:
    border = Border(ports=4)
    caller, callee = up(border)
    callee.ask("INVITE", body=ANSWER + VIDEO)
    assert told(callee.heard(503)) == ("5", '399 10.20.0.5:5060 "No media ports left"')
    callee.ack()
    hang_up(caller, callee)
    assert border.over()


def test_without_a_relay_a_call_that_has_no_media_goes_on_and_gets_none() -> None:
    border = Border()
    head = OFFER.partition("m=")[0]
    caller, callee = up(border, offer=head, answer=ANSWER.partition("m=")[0])
    border.perform(border.core.relay_lost(border.now))
    caller.ask("INVITE", body=OFFER)
    assert told(caller.heard(503)) == ("5", '399 203.0.113.10:5060 "No media relay"')
    caller.ack()
    assert callee.inbox() == []
    hang_up(caller, callee)
    assert border.over()


def test_a_relay_that_fails_otherwise_has_not_run_out_of_ports() -> None:
    border = Border()
    border.answers_relay = False
    border.receive(invite(), CALLER)
    (asked,) = border.unanswered
    failed = Failed(asked.command.session, "no_interface", "lan")  # type: ignore[union-attr]
    border.unanswered.clear()
    border.answers_relay = True
    border.perform(border.core.relay_replied(asked.serial, failed, border.now))
    assert told(border.response(CALLER, 503)) == ("5", '399 203.0.113.10:5060 "No media relay"')
    assert border.over()


# --- answers that come late -----------------------------------------------------------------------


def closed(border: Border) -> int:
    return sum(isinstance(ask.command, Close) for ask in border.unanswered)


def test_ports_which_may_still_come_are_given_back() -> None:
    border = Border()
    border.answers_relay = False
    border.receive(invite(), CALLER)
    border.wait(4.9)
    assert (border.heard(CALLER), closed(border)) == ([], 0)
    border.wait(0.2)
    assert border.heard(CALLER) == ["503"]
    assert closed(border) == 1


def test_a_session_that_is_open_stays_so_when_it_cannot_grow() -> None:
    border = Border()
    caller, _ = up(border)
    border.answers_relay = False
    caller.ask("INVITE", body=OFFER + VIDEO)
    border.wait(5.1)
    caller.heard(503)
    assert closed(border) == 0


@pytest.mark.parametrize("found", [True, False])
def test_what_no_longer_waits_is_not_taken_up_again(found: bool) -> None:
    second = Flow("lan", "udp", ("10.20.0.12", 5060))
    both = '{ uri: "sip:10.20.0.11" }, { uri: "sip:10.20.0.12", priority: 2 }'
    text = TWO_ZONES.replace('{ uri: "sip:10.20.0.11" }', both).replace(".11/32", ".0/24")
    border = Border(text)
    border.receive(invite("Supported: 100rel", body=""), CALLER)
    request = border.request(CALLEE, "INVITE")
    callee = called(border, request)
    border.answers_relay = False
    callee.answers(request, 183, "Require: 100rel", "RSeq: 1", body=ANSWER)  # it waits for ports
    (asked,) = border.unanswered
    callee.answers(request, 503)
    border.request(second, "INVITE")
    if found:
        reply = Opened(asked.command.session, (StreamPorts(0, 30000, 30002),))  # type: ignore[union-attr]
        border.perform(border.core.relay_replied(asked.serial, reply, border.now))
    else:
        border.wait(5.1)
    assert border.heard(CALLER) == []
    assert callee.inbox() == ["ACK"]
