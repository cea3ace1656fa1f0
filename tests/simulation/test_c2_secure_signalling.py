"""C2: keys in the descriptions only where the signalling itself cannot be read."""

import pytest

from sbc.actions import Flow
from tests.support.border import CALLEE, CALLER
from tests.support.ends import calling
from tests.support.messages import invite
from tests.support.secure_call import (
    ALICE,
    BOB,
    CM,
    OVER_TLS,
    MediaBorder,
    crypto,
    cryptos,
    offering,
    profile,
    sdp,
    zones,
)

KEYED = sdp(ALICE, crypto(CM, 1).line, protocol="RTP/SAVP")
OVER_TCP = Flow("wan", "tcp", CALLER.remote)


def srtp(mode: str, rule: str | None) -> str:
    return f"mode: {mode}" + (f", sdes_over_plain: {rule}" if rule else "")


def invited(border: MediaBorder, body: str, flow: Flow) -> None:
    via = f"SIP/2.0/{flow.transport.upper()}".encode()
    border.receive(invite(body=body).replace(b"SIP/2.0/UDP", via), flow)


@pytest.mark.parametrize("flow", [CALLER, OVER_TCP])
@pytest.mark.parametrize("mode", ["optional", "required"])
@pytest.mark.parametrize("rule", [None, "reject"])
def test_a_keyed_offer_in_clear_signalling_is_refused(
    flow: Flow, mode: str, rule: str | None
) -> None:
    """By default too."""
    text = zones(srtp(mode, rule)).replace("sip:192.0.2.1", "sip:192.0.2.1;transport=tls")
    border = MediaBorder(text)
    invited(border, KEYED, flow)
    border.response(flow, 488)
    assert border.heard(CALLEE) == []
    assert border.over()


@pytest.mark.parametrize(("rule", "warned"), [("warn", 1), ("allow", 0)])
def test_it_is_taken_where_it_is_allowed_and_told_where_that_is_wanted(
    rule: str, warned: int
) -> None:
    border = MediaBorder(zones(srtp("required", rule)))
    request, _ = offering(border, KEYED)
    assert profile(request.body) == "RTP/AVP"
    notes = border.noted("sdes_over_plain")
    assert [dict(note.labels) for note in notes] == [{"trunk": "carrier"}] * warned


def test_over_tls_it_needs_no_leave_and_no_warning() -> None:
    text = zones(srtp("required", "warn")).replace("sip:192.0.2.1", "sip:192.0.2.1;transport=tls")
    border = MediaBorder(text)
    request, callee = offering(border, KEYED, OVER_TLS)
    callee.answers(request, 200, body=sdp(BOB))
    ok = border.response(OVER_TLS, 200)
    calling(border, ok, OVER_TLS).ack()
    assert (profile(ok.body), len(cryptos(ok.body))) == ("RTP/SAVP", 1)
    assert border.noted("sdes_over_plain") == []


def test_to_a_side_in_clear_no_key_is_offered_and_plain_rtp_stays() -> None:
    border = MediaBorder(zones(inside="mode: optional"))
    request, _ = offering(border, sdp(ALICE))
    assert (profile(request.body), cryptos(request.body)) == ("RTP/AVP", [])


def test_an_optional_offer_in_clear_is_answered_as_plain_rtp() -> None:
    border = MediaBorder(zones("mode: optional"))
    request, callee = offering(border, sdp(ALICE, crypto(CM, 1).line))
    callee.answers(request, 200, body=sdp(BOB))
    ok = border.response(CALLER, 200)
    assert (profile(ok.body), cryptos(ok.body)) == ("RTP/AVP", [])


def test_a_trunk_s_own_rule_holds_before_that_of_its_zone() -> None:
    text = zones(inside="mode: optional, sdes_over_plain: allow")
    loose, _ = offering(MediaBorder(text), sdp(ALICE))
    own = "pbx: { srtp: { sdes_over_plain: reject },"
    strict, _ = offering(MediaBorder(text.replace("pbx: {", own)), sdp(ALICE))
    assert cryptos(loose.body) != []
    assert cryptos(strict.body) == []
