"""I8: a handshake that is none of ours: fingerprints cross untouched, and so does what the ends
make of them (RFC 7879)."""

import pytest

from tests.support.border import CALLEE, CALLER
from tests.support.ends import called, calling
from tests.support.messages import invite
from tests.support.rtp_streams import rtp
from tests.support.secure_call import ALICE, BOB, MediaBorder, port, profile, sdp, zones
from tests.support.shaking import OURS, THEIRS, association

PASS = "mode: pass"
UDP_TLS = "UDP/TLS/RTP/SAVP"
TLS_ID = "a=tls-id:abc3de65cddef001be82"
CALLERS = (f"a=fingerprint:{OURS.fingerprint}", "a=setup:actpass", TLS_ID)
CALLEES = (f"a=fingerprint:{THEIRS.fingerprint}", "a=setup:active")


def lines(body: bytes) -> set[str]:
    return set(body.decode().split("\r\n"))


def test_two_ends_agree_with_each_other_and_we_carry_what_we_cannot_read() -> None:
    border = MediaBorder(zones(PASS, PASS))
    border.receive(invite(body=sdp(ALICE, *CALLERS, protocol=UDP_TLS)), CALLER)
    request = border.request(CALLEE, "INVITE")
    assert profile(request.body) == UDP_TLS
    assert set(CALLERS) <= lines(request.body)
    callee = called(border, request)
    callee.answers(request, 200, body=sdp(BOB, *CALLEES, protocol=UDP_TLS))
    ok = border.response(CALLER, 200)
    calling(border, ok).ack()
    assert set(CALLEES) <= lines(ok.body)
    wan, lan = ("wan", port(ok.body)), ("lan", port(request.body))
    world = border.relay
    world.now = border.now
    hello = association(active=True).begin(0.0)[0]
    for data in (hello, rtp(1, 160, 8), b"\xb0\x08" + bytes(60), hello):
        assert [each.data for each in world.arrive(lan, data, BOB)] == [data]
        assert [each.data for each in world.arrive(wan, data, ALICE)] == [data]
    report = world.report(border.programs()[-1].session).streams[0]
    assert (report.a.srtp, report.a.auth_failed, report.a.forwarded) == (None, 0, 4)


def test_nothing_else_crosses_in_those_lines() -> None:
    border = MediaBorder(zones(PASS, PASS))
    odd = ("a=fingerprint:sha-256 host.inside.example", "a=tls-id:x", "a=setup:10.0.0.7")
    border.receive(invite(body=sdp(ALICE, CALLERS[0], *odd, protocol=UDP_TLS)), CALLER)
    told = lines(border.request(CALLEE, "INVITE").body)
    assert CALLERS[0] in told
    assert not told & set(odd)


def test_plain_rtp_is_carried_as_ever() -> None:
    border = MediaBorder(zones(PASS, PASS))
    border.receive(invite(body=sdp(ALICE)), CALLER)
    request = border.request(CALLEE, "INVITE")
    assert profile(request.body) == "RTP/AVP"
    assert b"fingerprint" not in request.body


@pytest.mark.parametrize(("outside", "inside"), [(PASS, "mode: none"), ("mode: none", PASS)])
def test_it_takes_two_sides_that_let_it(outside: str, inside: str) -> None:
    border = MediaBorder(zones(outside, inside))
    border.receive(invite(body=sdp(ALICE, *CALLERS, protocol=UDP_TLS)), CALLER)
    border.response(CALLER, 488)
    assert border.heard(CALLEE) == []


def test_an_answer_without_a_certificate_ends_the_call() -> None:
    border = MediaBorder(zones(PASS, PASS))
    border.receive(invite(body=sdp(ALICE, *CALLERS, protocol=UDP_TLS)), CALLER)
    request = border.request(CALLEE, "INVITE")
    callee = called(border, request)
    callee.answers(request, 200, body=sdp(BOB))
    border.response(CALLER, 488)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    assert border.over()
