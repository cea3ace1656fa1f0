"""S8: a blind transfer that the border does itself (RFC 3515, RFC 5589 §6, RFC 5359 §2.4)."""

import pytest

from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, called, hang_up, up
from tests.support.messages import ANSWER

LOCAL = TWO_ZONES.replace("refer: relay", "refer: local").replace(
    "  pbx: { zone: inside,", "  pbx: { zone: inside, refer: local,"
)
TO = "Refer-To: <sip:300@203.0.113.10>"
THIRD = ANSWER.replace("6000", "8000").replace("o=bob", "o=carol")
FOURTH = THIRD.replace("10.20.0.11", "192.0.2.1")


def refer(one: End, *extra: str, to: str = TO) -> None:
    one.ask("REFER", to, *extra)
    one.heard(202)


def news(end: End) -> str:
    """The one NOTIFY that waits for the referrer; it is answered."""
    notify = end.got("NOTIFY")
    assert notify.headers.get("event") == "refer"
    end.answers(notify, 200)
    state = (notify.headers.get("subscription-state") or "").partition(";")[0]
    return f"{notify.body.decode().split()[1]} {state}"


def referred(border: Border, referrer: End) -> tuple[Request, End]:
    """The caller's side transfers the called one to 300: the INVITE and the end that gets it."""
    refer(referrer)
    assert news(referrer) == "100 active"
    flow = CALLEE if referrer.flow == CALLER else CALLER
    (request,) = [m for to, m in border.out if isinstance(m, Request) and m.method == "INVITE"]
    border.out = [(to, m) for to, m in border.out if m is not request]
    (to,) = {to for to, data in border.sent if data == request.encode()}
    assert to == flow
    return request, called(border, request, flow, tag="carol-tag")


def test_the_called_party_is_transferred_by_the_caller() -> None:
    border = Border(LOCAL)
    alice, bob = up(border)
    first = border.programs()[-1]
    request, carol = referred(border, alice)
    assert request.uri == "sip:300@10.20.0.11"
    assert b"m=audio 3000" in request.body
    assert b"192.0.2" not in request.encode()
    carol.answers(request, 180)
    assert news(alice) == "180 active"
    carol.answers(request, 200, body=THIRD)
    carol.got("ACK")
    again = bob.got("INVITE")
    assert again.headers.to.tag == "bob-tag"
    bob.answers(again, 200, body=ANSWER)
    bob.got("ACK")
    assert news(alice) == "200 terminated"
    alice.answers(alice.got("BYE"), 200)
    assert bob.inbox() == []
    program = border.programs()[-1]
    assert program.session != first.session
    assert program.streams[0].a.rtp == ("10.20.0.11", 6000)
    assert program.streams[0].b.rtp == ("10.20.0.11", 8000)
    hang_up(bob, carol)
    assert border.over()
    old, new = border.records
    assert (old["linked"], new["linked"]) == (new["uid"], old["uid"])
    assert [record["ended_by"] for record in border.records] == ["caller", "caller"]
    assert (new["from"], new["to"]) == ("100", "300")


def test_the_caller_is_transferred_by_the_called_party() -> None:
    border = Border(LOCAL)
    alice, bob = up(border)
    request, carol = referred(border, bob)
    carol.answers(request, 200, body=FOURTH)
    carol.got("ACK")
    again = alice.got("INVITE")
    alice.answers(again, 200, body=FOURTH)
    assert news(bob) == "200 terminated"
    bob.answers(bob.got("BYE"), 200)
    hang_up(carol, alice)
    assert border.over()
    assert len(border.records) == 2


def test_the_referrer_may_hang_up_at_once() -> None:
    border = Border(LOCAL)
    alice, bob = up(border)
    request, carol = referred(border, alice)
    alice.ask("BYE")
    alice.heard(200)
    assert bob.inbox() == []
    carol.answers(request, 180)
    carol.answers(request, 200, body=THIRD)
    again = bob.got("INVITE")
    bob.answers(again, 200, body=ANSWER)
    assert alice.inbox() == []
    hang_up(carol, bob)
    assert border.over()


@pytest.mark.parametrize("status", [404, 486, 503, 603])
def test_if_the_target_refuses_the_old_call_goes_on(status: int) -> None:
    border = Border(LOCAL)
    alice, bob = up(border)
    request, carol = referred(border, alice)
    carol.answers(request, status)
    carol.got("ACK")
    assert news(alice) == f"{status} terminated"
    assert bob.inbox() == []
    alice.ask("INFO", body="Signal=1\r\n", kind="application/dtmf-relay")
    bob.answers(bob.got("INFO"), 200)
    alice.heard(200)
    hang_up(alice, bob)
    assert border.over()


def test_if_both_are_gone_the_transferred_party_is_not_kept() -> None:
    border = Border(LOCAL)
    alice, bob = up(border)
    request, carol = referred(border, alice)
    alice.ask("BYE")
    carol.answers(request, 486)
    bob.answers(bob.got("BYE"), 200)
    assert border.over()


def test_a_target_that_never_answers_is_given_up() -> None:
    border = Border(LOCAL.replace("refer: local }", "refer: local, limits: { ring: 20s } }"))
    alice, bob = up(border)
    request, carol = referred(border, alice)
    carol.answers(request, 180)
    news(alice)
    border.wait(21)
    carol.answers(carol.got("CANCEL"), 200)
    carol.answers(request, 487)
    assert news(alice) == "480 terminated"
    hang_up(alice, bob)
    assert border.over()


def test_the_transferred_party_may_hang_up_meanwhile() -> None:
    border = Border(LOCAL)
    alice, bob = up(border)
    request, carol = referred(border, alice)
    carol.answers(request, 180)
    news(alice)
    bob.ask("BYE")
    bob.heard(200)
    carol.answers(carol.got("CANCEL"), 200)
    carol.answers(request, 487)
    alice.answers(alice.got("BYE"), 200)
    assert border.over()


def test_a_second_refer_meanwhile_gets_491() -> None:
    border = Border(LOCAL)
    alice, bob = up(border)
    request, carol = referred(border, alice)
    for _ in range(50):
        alice.ask("REFER", TO)
        alice.heard(491)
    assert len(border.core.calls(border.now)) == 2
    carol.answers(request, 486)
    assert news(alice) == "486 terminated"
    hang_up(alice, bob)
    assert border.over()


def test_a_party_that_refuses_the_offer_stays_where_it_was() -> None:
    border = Border(LOCAL)
    alice, bob = up(border)
    request, carol = referred(border, alice)
    carol.answers(request, 200, body=THIRD)
    carol.got("ACK")
    bob.answers(bob.got("INVITE"), 488)
    bob.got("ACK")
    assert news(alice) == "488 terminated"
    carol.answers(carol.got("BYE"), 200)
    hang_up(alice, bob)
    assert border.over()


def test_glare_with_a_re_invite_of_the_transferred_party_is_waited_out() -> None:
    border = Border(LOCAL)
    alice, bob = up(border)
    request, carol = referred(border, alice)
    carol.answers(request, 200, body=THIRD)
    carol.got("ACK")
    bob.answers(bob.got("INVITE"), 491)
    bob.got("ACK")
    border.wait(3)
    again = bob.got("INVITE")
    bob.answers(again, 200, body=ANSWER)
    assert news(alice) == "200 terminated"
    alice.answers(alice.got("BYE"), 200)
    hang_up(bob, carol)
    assert border.over()


def test_a_target_that_hangs_up_while_the_party_is_asked_gives_it_back() -> None:
    border = Border(LOCAL)
    alice, bob = up(border)
    served = border.programs()[-1].streams[0].b.rtp
    request, carol = referred(border, alice)
    carol.answers(request, 200, body=THIRD)
    carol.got("ACK")
    again = bob.got("INVITE")
    carol.ask("BYE")
    carol.heard(200)
    assert news(alice).endswith("terminated")
    bob.inbox()
    bob.answers(again, 200, body=ANSWER)  # it crosses our CANCEL
    bob.got("ACK")
    back = bob.got("INVITE")
    bob.answers(back, 200, body=ANSWER)
    bob.got("ACK")
    assert border.programs()[-1].streams[0].b.rtp == served
    hang_up(alice, bob)
    assert border.over()


def test_who_could_not_call_there_cannot_transfer_there() -> None:
    border = Border(
        LOCAL.replace("from: { trunk: carrier },", 'from: { trunk: carrier }, match: { to: "^1" },')
    )
    alice, bob = up(border)
    alice.ask("REFER", "Refer-To: <sip:300@203.0.113.10>")
    alice.heard(403)
    assert bob.inbox() == []
    hang_up(alice, bob)
    assert border.over()


def test_the_calls_of_the_referrer_count() -> None:
    border = Border(LOCAL.replace("refer: local }", "refer: local, limits: { calls: 1 } }"))
    alice, bob = up(border)
    alice.ask("REFER", TO)
    assert alice.inbox() == ["503"]
    assert bob.inbox() == []
    hang_up(alice, bob)
    assert border.over()


@pytest.mark.parametrize(
    ("to", "status"),
    [
        ("Refer-To: <sip:300@a.invalid?Replaces=x%40y%3Bto-tag%3D1%3Bfrom-tag%3D2>", 603),
        ("Refer-To: <sip:300@a.invalid;method=BYE>", 603),
        ("Refer-To: <sip:a.invalid>", 400),
        ("Refer-To: <urn:service:sos>", 400),
        ("Refer-To: <sip:300@a.invalid>, <sip:301@a.invalid>", 400),
        ("X-Refer-To: <sip:300@a.invalid>", 400),
    ],
)
def test_what_is_no_plain_number_is_refused(to: str, status: int) -> None:
    border = Border(LOCAL)
    alice, bob = up(border)
    alice.ask("REFER", to)
    alice.heard(status)
    assert bob.inbox() == []
    hang_up(alice, bob)
    assert border.over()


def test_neither_the_host_nor_smuggled_fields_of_the_target_go_anywhere() -> None:
    border = Border(LOCAL)
    alice, bob = up(border)
    refer(alice, to="Refer-To: <sip:300@evil.invalid;x=1?X-Evil=1&From=sip%3Aceo%40evil.invalid>")
    request = carol_request(border)
    assert b"evil" not in request.encode().lower()
    called(border, request, tag="carol-tag").answers(request, 486)
    hang_up(alice, bob)
    assert border.over()


def carol_request(border: Border) -> Request:
    return border.request(CALLEE, "INVITE")


def test_without_a_subscription_there_is_no_news() -> None:
    border = Border(LOCAL)
    alice, bob = up(border)
    alice.ask("REFER", TO, "Refer-Sub: false")
    assert alice.heard(202).headers.get("refer-sub") == "false"
    request = carol_request(border)
    called(border, request, tag="carol-tag").answers(request, 486)
    assert alice.inbox() == []
    hang_up(alice, bob)
    assert border.over()
