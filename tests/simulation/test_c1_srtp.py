"""C1: SRTP by SDES beside plain RTP in every combination, and nothing of a key outside the two
descriptions that it stands in."""

import json
import re
from dataclasses import replace

import pytest

from media.control import Latched
from media.sdp.sdes import SUITES
from media.wire import encode_command
from tests.support.border import CALLEE, CALLER
from tests.support.ends import hang_up
from tests.support.messages import invite
from tests.support.own_srtp import OwnSrtp
from tests.support.rtcp_packets import receiver_report
from tests.support.rtp_streams import rtp
from tests.support.secure_call import (
    ALICE,
    BOB,
    CM,
    GCM,
    MALLORY,
    Crypto,
    MediaBorder,
    Party,
    SecureCall,
    connect,
    crypto,
    cryptos,
    offering,
    profile,
    sdp,
    zones,
)

ALLOWED = "sdes_over_plain: allow"
OPTIONAL, REQUIRED = f"mode: optional, {ALLOWED}", f"mode: required, {ALLOWED}"
PLAIN = "mode: none"
CALLERS, CALLEES = crypto(CM, 1), crypto(CM, 101)


def secure(caller: Crypto | None = CALLERS, callee: Crypto | None = CALLEES) -> SecureCall:
    """SRTP on both sides, each with keys of its own."""
    return connect(
        MediaBorder(zones(REQUIRED, REQUIRED)), caller=caller, callee=callee, offer="RTP/SAVP"
    )


def asks_again(call: SecureCall, who: Party, *lines: str, version: int = 2) -> None:
    """A re-INVITE of one end; the other answers as before, and both take note."""
    other = call.callee if who is call.caller else call.caller
    protocol = profile(who.told)
    who.end.ask("INVITE", body=sdp(who.at, *lines, protocol=protocol, session=version))
    request = other.end.got("INVITE")
    other.told = request.body
    own = [other.key.line] if other.key is not None else []
    other.end.answers(request, 200, body=sdp(other.at, *own, protocol=profile(request.body)))
    who.told = who.end.heard(200).body
    who.end.ack()
    other.end.got("ACK")


# --- every combination ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outside", "inside", "caller", "callee", "offer"),
    [
        (REQUIRED, PLAIN, CALLERS, None, "RTP/SAVP"),
        (PLAIN, REQUIRED, None, CALLEES, "RTP/AVP"),
        (REQUIRED, REQUIRED, CALLERS, CALLEES, "RTP/SAVP"),
        (REQUIRED, REQUIRED, crypto(GCM, 1), CALLEES, "RTP/SAVPF"),
        (OPTIONAL, OPTIONAL, CALLERS, CALLEES, "RTP/AVP"),
        (OPTIONAL, OPTIONAL, CALLERS, None, "RTP/SAVP"),
        (OPTIONAL, OPTIONAL, None, CALLEES, "RTP/AVP"),
        (OPTIONAL, OPTIONAL, None, None, "RTP/AVP"),
        (OPTIONAL, PLAIN, CALLERS, None, "RTP/AVPF"),
        (PLAIN, PLAIN, None, None, "RTP/AVP"),
    ],
)
def test_each_side_is_protected_as_it_agreed(
    outside: str, inside: str, caller: Crypto | None, callee: Crypto | None, offer: str
) -> None:
    border = MediaBorder(zones(outside, inside))
    call = connect(border, caller=caller, callee=callee, offer=offer)
    assert profile(call.caller.told) == offer
    assert call.both_ways()
    assert call.side("a").srtp == (caller and caller.suite)
    assert call.side("b").srtp == (callee and callee.suite)
    hang_up(call.caller.end, call.callee.end)
    assert border.over()


@pytest.mark.parametrize("suite", SUITES)
def test_each_suite_carries_a_call(suite: str) -> None:
    outside = f"{REQUIRED}, suites: [{suite}]"
    border = MediaBorder(zones(outside, PLAIN))
    call = connect(border, caller=crypto(suite, 1), callee=None, offer="RTP/SAVP")
    assert call.both_ways()


def test_what_is_optional_is_offered_beside_plain_rtp() -> None:
    """OSRTP: RFC 8643 §3.1."""
    border = MediaBorder(zones(PLAIN, OPTIONAL))
    request, _ = offering(border, sdp(ALICE))
    assert profile(request.body) == "RTP/AVP"
    assert [each.suite for each in cryptos(request.body)][:2] == [CM, GCM]


def test_no_key_of_one_side_is_ever_told_to_the_other() -> None:
    call = secure()
    assert call.both_ways()
    assert not {each.key for each in cryptos(call.border.texts(CALLER))} & {
        each.key for each in cryptos(call.border.texts(CALLEE))
    }
    assert CALLERS.key not in call.border.texts(CALLEE)
    assert CALLEES.key not in call.border.texts(CALLER)


def test_srtcp_crosses_too_and_under_the_keys_of_its_side() -> None:
    call = secure()
    assert call.both_ways()
    own = receiver_report(2)
    (wire,) = call.arrives_as_rtcp(call.caller, call.caller.reports(own))
    assert call.callee.theirs is not None
    assert wire[:8] == own[:8]  # the header is clear
    assert wire == call.callee.theirs.own.protect_rtcp(own)
    assert call.arrives_as_rtcp(call.caller, own) == []


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outside", "inside", "body"),
    [
        (REQUIRED, PLAIN, sdp(ALICE)),
        (REQUIRED, PLAIN, sdp(ALICE, protocol="RTP/SAVP")),
        (REQUIRED, PLAIN, sdp(ALICE, CALLERS.line + " UNENCRYPTED_SRTP", protocol="RTP/SAVP")),
        (PLAIN, REQUIRED, sdp(ALICE, CALLERS.line, protocol="RTP/SAVP")),
        (OPTIONAL, PLAIN, sdp(ALICE, protocol="RTP/SAVP")),
        (OPTIONAL, PLAIN, sdp(ALICE, protocol="UDP/TLS/RTP/SAVP")),
    ],
)
def test_an_offer_without_the_right_protection_is_a_488_before_anybody_hears_of_it(
    outside: str, inside: str, body: str
) -> None:
    border = MediaBorder(zones(outside, inside))
    border.receive(invite(body=body), CALLER)
    refusal = border.response(CALLER, 488).headers
    assert refusal.get("warning") == '302 203.0.113.10:5060 "Incompatible transport protocol"'
    assert border.heard(CALLEE) == []
    assert border.over()
    (record,) = border.records
    cause = record["cause"]
    assert isinstance(cause, dict)
    assert cause["text"] == "No protection of media is left that both sides may use"


@pytest.mark.parametrize(
    "answer",
    [
        sdp(BOB),
        sdp(BOB, protocol="RTP/SAVP"),
        sdp(BOB, crypto(GCM, 1, tag=1).line, protocol="RTP/SAVP"),
        sdp(BOB, crypto(CM, 1, tag=9).line, protocol="RTP/SAVP"),
    ],
)
def test_what_is_required_never_falls_back(answer: str) -> None:
    border = MediaBorder(zones(PLAIN, REQUIRED))
    request, callee = offering(border, sdp(ALICE))
    callee.answers(request, 200, body=answer)
    border.response(CALLER, 488)
    callee.got("ACK")
    callee.answers(callee.got("BYE"), 200)
    assert border.over()
    cause = border.records[0]["cause"]
    assert isinstance(cause, dict)
    assert cause["text"] == "An answer lacks the protection of media that is required"


def test_a_reinvite_that_would_take_the_protection_away_changes_nothing() -> None:
    call = secure()
    assert call.both_ways()
    call.caller.end.ask("INVITE", body=sdp(ALICE, session=2))
    call.caller.end.heard(488)
    call.caller.end.ack()
    assert call.both_ways()


def test_plain_packets_of_a_protected_side_go_nowhere() -> None:
    call = secure()
    assert call.arrives(call.caller, call.packet()) == []
    assert call.both_ways()


# --- forged and replayed --------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["first-packet", "ranked", "none"])
def test_a_forged_packet_never_latches_and_is_counted_apart(mode: str) -> None:
    text = zones(REQUIRED, PLAIN).replace("untrusted,", f"untrusted, latching: {{ mode: {mode} }},")
    call = connect(MediaBorder(text), caller=CALLERS, callee=None, offer="RTP/SAVP")
    forged = OwnSrtp(CM, bytes(30)).protect(rtp(1, 160, 8))
    for source in (MALLORY, ALICE):
        assert call.arrives(call.caller, forged, source) == []
        assert call.arrives(call.caller, call.packet(), source) == []
    assert not any(isinstance(event, Latched) for event in call.border.relay.events())
    side = call.side("a")
    assert (side.auth_failed, side.total.packets, side.rejected, side.latched) == (4, 0, 0, None)
    assert call.border.relay.relay.drops["srtp_auth_fail"] == 4
    assert call.both_ways()


def test_a_replayed_packet_crosses_once_and_moves_nothing() -> None:
    call = secure()
    assert call.both_ways()
    packet = call.packet(ssrc=1)
    wire = call.caller.sends(packet)
    assert len(call.arrives(call.caller, wire)) == 1
    for source in (ALICE, MALLORY, ("192.0.2.1", 4999)):
        assert call.arrives(call.caller, wire, source) == []
    assert call.side("a").srtp_replayed == 3
    assert call.side("a").latched == ALICE
    assert call.both_ways()


# --- changes of the session -----------------------------------------------------------------------


def test_the_roll_over_outlives_reinvites_of_both_ends_and_our_keys_stay() -> None:
    call = secure()
    for number in (65_534, 65_535):
        assert call.crosses(call.caller, rtp(number, number, 8))
        assert call.crosses(call.callee, rtp(number, number, 8, ssrc=9))
    before = call.caller.theirs, call.callee.theirs
    for number, who in enumerate((call.caller, call.callee)):
        assert who.key is not None
        asks_again(call, who, who.key.line, version=2 + number)
        assert (call.caller.theirs, call.callee.theirs) == before
        assert call.crosses(call.caller, rtp(number, number, 8), roc=1)
        assert call.crosses(call.callee, rtp(number, number, 8, ssrc=9), roc=1)
    assert call.side("a").auth_failed == call.side("b").auth_failed == 0


def test_an_end_that_changes_its_key_is_followed_and_gets_the_same_as_before() -> None:
    call = secure()
    assert call.both_ways()
    ours = call.caller.theirs
    fresh = crypto(CM, 201)
    asks_again(call, call.caller, fresh.line)
    late = call.packet(ssrc=1)
    assert call.crosses(call.caller, late)  # it was on its way
    call.caller.key = fresh
    assert call.caller.theirs == ours
    assert call.both_ways()
    old = OwnSrtp(CM, CALLERS.own.master).protect(call.packet(ssrc=1))
    assert call.arrives(call.caller, old) == []


def test_an_end_may_change_the_suite() -> None:
    call = secure()
    assert call.both_ways()
    call.caller.key = crypto(GCM, 201)
    asks_again(call, call.caller, call.caller.key.line)
    assert call.both_ways()
    assert call.side("a").srtp == GCM


def test_a_new_ssrc_in_the_call_is_taken() -> None:
    call = secure()
    assert call.both_ways()
    assert call.crosses(call.caller, rtp(40_000, 1, 8, ssrc=77))
    assert call.crosses(call.callee, rtp(50_000, 1, 8, ssrc=78))


def test_where_both_agree_protection_may_begin_in_the_middle_of_a_call() -> None:
    border = MediaBorder(zones(OPTIONAL, PLAIN))
    call = connect(border, caller=None, callee=None)
    assert call.both_ways()
    call.caller.key = CALLERS
    asks_again(call, call.caller, CALLERS.line)
    assert call.both_ways()
    assert call.side("a").srtp == CM


# --- keys stay where they are ---------------------------------------------------------------------


def test_no_key_is_logged_journaled_noted_traced_or_printed() -> None:
    """Canaries: every key of both ends, and every key that the border gave out."""
    call = secure()
    assert call.both_ways()
    forged = OwnSrtp(CM, bytes(30)).protect(rtp(1, 160, 8))
    call.arrives(call.caller, forged)
    border, session = call.border, call.border.programs()[-1].session
    live = json.dumps(border.core.call(session, border.now), default=repr)
    assert '"trace"' in live
    hang_up(call.caller.end, call.callee.end)
    assert border.over()
    canaries = {each.key for each in cryptos(border.texts(CALLER) + border.texts(CALLEE))}
    canaries |= {CALLERS.key, CALLEES.key}
    assert len(canaries) > 6
    shown = [
        live,
        json.dumps(border.records),
        json.dumps(border.core.call(session, border.now), default=repr),
        repr(border.notes),
        repr(border.commands),
        border.relay.log.getvalue(),
        repr(border.relay.relay.drops),
    ]
    raw = b"".join(encode_command(1, command) for command in border.programs())
    assert any(key.encode() in raw for key in canaries)  # so the search can find
    for text in shown:
        assert not [key for key in canaries if key in text or key[:12] in text]
        assert not re.search(r"inline:[^\[]", text)


def test_another_target_learns_nothing_of_what_the_last_one_was_told() -> None:
    text = zones(PLAIN, REQUIRED).replace(
        '[{ uri: "sip:10.20.0.11" }]',
        '[{ uri: "sip:10.20.0.11" }, { uri: "sip:10.20.0.12", priority: 2 }]',
    )
    border = MediaBorder(text)
    request, callee = offering(border, sdp(ALICE))
    first = {each.key for each in cryptos(request.body)}
    callee.answers(request, 503)
    second = replace(CALLEE, remote=("10.20.0.12", 5060))
    again = {each.key for each in cryptos(border.request(second, "INVITE").body)}
    assert first
    assert again
    assert not first & again


def test_keys_that_are_translated_on_the_way_are_protected_too() -> None:
    """M7 in between: each packet goes by way of the core, and is opened and protected there."""
    text = zones(REQUIRED, PLAIN).replace(
        "zones:\n",
        "media_profiles: { tones: { dtmf: inband }, events: { dtmf: rfc4733 } }\nzones:\n",
        1,
    )
    text = text.replace("trust: untrusted,", "trust: untrusted, media: events,")
    text = text.replace("trust: trusted,", "trust: trusted, media: tones,")
    call = connect(MediaBorder(text), caller=CALLERS, callee=None, offer="RTP/SAVP")
    assert call.both_ways()
    flows = call.border.relay.engine.flows.values()
    assert all(flow.up for flow in flows)
    assert call.arrives(call.caller, call.packet(ssrc=1)) == []  # in clear: not of this end
    assert call.side("a").auth_failed == 1
