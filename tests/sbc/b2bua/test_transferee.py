"""The dialog of a transferred party goes over to the new call, and goes on in it (S8)."""

from tests.simulation.test_s8_transfer import FOURTH, LOCAL, THIRD, news, referred
from tests.support.border import Border
from tests.support.ends import End, hang_up, up
from tests.support.messages import ANSWER


def transferred(border: Border) -> tuple[End, End]:
    """Bob, who talked to Alice, and Carol, whom he talks to now."""
    alice, bob = up(border)
    request, carol = referred(border, alice)
    carol.answers(request, 200, body=THIRD)
    carol.got("ACK")
    bob.answers(bob.got("INVITE"), 200, body=ANSWER)
    bob.got("ACK")
    news(alice)
    alice.answers(alice.got("BYE"), 200)
    return bob, carol


def test_requests_within_the_dialog_reach_the_new_party() -> None:
    border = Border(LOCAL)
    bob, carol = transferred(border)
    for one, other in ((bob, carol), (carol, bob)):
        one.ask("INFO", body="Signal=1\r\n", kind="application/dtmf-relay")
        other.answers(other.got("INFO"), 200)
        one.heard(200)
    hang_up(carol, bob)
    assert border.over()


def test_offers_go_on_in_the_new_call() -> None:
    border = Border(LOCAL)
    bob, carol = transferred(border)
    bob.ask("INVITE", body=ANSWER.replace("6000", "6100"))
    carol.answers(carol.got("INVITE"), 200, body=THIRD)
    carol.got("ACK")
    bob.heard(200)
    bob.ack()
    assert border.programs()[-1].streams[0].a.rtp == ("10.20.0.11", 6100)
    hang_up(bob, carol)
    assert border.over()


def test_a_party_can_be_transferred_again() -> None:
    border = Border(LOCAL)
    bob, carol = transferred(border)
    request, dave = referred(border, bob)
    dave.answers(request, 200, body=FOURTH)
    dave.got("ACK")
    carol.answers(carol.got("INVITE"), 200, body=THIRD)
    carol.got("ACK")
    assert news(bob) == "200 terminated"
    bob.answers(bob.got("BYE"), 200)
    hang_up(dave, carol)
    assert border.over()


def test_the_version_of_our_description_goes_on() -> None:
    """RFC 3264 §8: to the transferred party it is the same session."""
    border = Border(LOCAL)
    alice, bob = up(border)
    request, carol = referred(border, alice)
    first = next(data for _, data in border.sent if b"INVITE sip:100@" in data)
    carol.answers(request, 200, body=THIRD)
    again = bob.got("INVITE")
    before, after = (origin(each) for each in (first, again.encode()))
    assert before[1] == after[1]
    assert int(before[2]) < int(after[2])


def origin(data: bytes) -> list[str]:
    return next(line for line in data.decode().split("\r\n") if line.startswith("o=")).split()
