from sbc.sip.message import Request
from tests.support.border import CALLEE, Border
from tests.support.ends import ringing, up
from tests.support.messages import ANSWER, answer


def test_a_late_fork_is_acknowledged_and_ended() -> None:
    border = Border()
    caller, callee, request = ringing(border)
    callee.answers(request, 200, body=ANSWER)
    caller.heard(200)
    caller.ack()
    callee.got("ACK")
    border.wait(40)  # the transaction of our INVITE is over
    border.receive(answer(request, 200, tag="late-fork", body=ANSWER), CALLEE)
    sent = [m for m in border.take(CALLEE) if isinstance(m, Request)]
    assert [m.method for m in sent] == ["ACK", "BYE"]
    assert all(m.headers.to.tag == "late-fork" for m in sent)
    border.receive(answer(sent[1], 200), CALLEE)
    caller.ask("BYE")
    callee.answers(callee.got("BYE"), 200)
    assert border.over()


def test_a_repeated_2xx_of_the_call_itself_gets_its_ack_again() -> None:
    border = Border()
    _, callee, request = ringing(border)
    callee.answers(request, 200, body=ANSWER)
    first = callee.got("ACK")
    callee.answers(request, 200, body=ANSWER)
    assert callee.got("ACK").encode() == first.encode()


def test_a_2xx_of_somebody_else_is_ignored() -> None:
    border = Border()
    up(border)
    border.take(CALLEE)
    border.receive(
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKother\r\n"
        b"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"
        b"Content-Length: 0\r\n\r\n",
        CALLEE,
    )
    assert border.take(CALLEE) == []
