"""Each 2xx gets its ACK, and the same one again when it comes again (RFC 3261 §13.2.2.4); which
way a large one takes: tests/simulation/test_s13_transports.py."""

from sbc.b2bua.acks import KEPT
from tests.support.border import CALLEE, Border
from tests.support.ends import hang_up, inviting, up
from tests.support.messages import ANSWER


def test_a_repeated_success_gets_its_own_ack_again() -> None:
    border = Border()
    request, callee = inviting(border)
    for _ in range(3):
        callee.answers(request, 200, body=ANSWER)
    acks = [data for to, data in border.sent if to == CALLEE and data.startswith(b"ACK ")]
    assert len(acks) == 3
    assert len(set(acks)) == 1


def test_only_the_last_few_are_kept() -> None:
    border = Border()
    alice, bob = up(border)
    again = []
    for _ in range(KEPT + 1):
        alice.ask("INVITE", body=ANSWER.replace("10.20.0.11", "192.0.2.1"))
        again.append(bob.got("INVITE"))
        bob.answers(again[-1], 200, body=ANSWER)
        bob.got("ACK")
        alice.heard(200)
        alice.ack()
    bob.answers(again[0], 200, body=ANSWER)
    assert bob.inbox() == []
    bob.answers(again[-1], 200, body=ANSWER)
    assert bob.got("ACK").headers.cseq.number == again[-1].headers.cseq.number
    hang_up(alice, bob)
    assert border.over()
