"""What waits for media ports goes on when they are there, and is refused when they are not."""

import pytest

from media.control import Open
from tests.support.border import Border
from tests.support.ends import hang_up, up
from tests.support.messages import ANSWER, OFFER

VIDEO = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"


def test_a_stream_that_has_its_ports_asks_for_none() -> None:
    border = Border()
    caller, callee = up(border)
    asked = len([each for each in border.commands if isinstance(each, Open)])
    caller.ask("INVITE", body=OFFER)
    callee.got("INVITE")
    assert len([each for each in border.commands if isinstance(each, Open)]) == asked


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
