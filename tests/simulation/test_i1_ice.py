"""Calls in which one side, or both, or none uses ICE, and RTCP has a port of its own on one side
alone; through both cores, with real checks and packets (I1, I2, I3, M6)."""

import pytest

from stun_turn.message import Class, parse
from stun_turn.registry import Attribute
from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import hang_up
from tests.support.ice_call import (
    ALICE,
    BOB,
    MAPPED,
    IceCall,
    ice_lines,
    sdp,
    value,
    zones,
)
from tests.support.messages import invite
from tests.support.rtcp_packets import chunk, description, sender_report

MARKS = (b"ice", b"candidate", b"mux", b"a=rtcp")
RTCP = sender_report(3) + description(chunk(3, (1, b"alice@host")))


def browser_and_phone() -> IceCall:
    """ICE outside, where the peer sits behind a NAT; a plain phone inside."""
    return IceCall(zones(), ice_lines(ALICE), [])


def nominated(call: IceCall) -> IceCall:
    call.alice.checks(MAPPED, nominates=True)
    return call


# --- I3: each side by itself ----------------------------------------------------------------------


def test_ice_never_crosses_and_the_other_zone_has_a_plain_line_of_its_own_interface() -> None:
    call = browser_and_phone()

    assert not any(mark in call.bob.told for mark in MARKS)
    assert b"c=IN IP4 10.20.0.5\r\n" in call.bob.told
    assert value(call.alice.told, "candidate").split()[4] == "203.0.113.10"
    assert b"a=ice-lite\r\n" in call.alice.told
    assert b"10.20." not in call.alice.told


def test_a_call_without_ice_in_it_says_nothing_of_it() -> None:
    call = IceCall(zones("accept", "accept"), [], [])

    assert not any(mark in call.bob.told + call.alice.told for mark in MARKS)
    assert call.alice.speaks() == [(call.bob.local, BOB)]


@pytest.mark.parametrize("outside", ["none", "accept", "offer"])
def test_whatever_a_zone_offers_a_phone_that_knows_no_ice_has_its_call(outside: str) -> None:
    call = IceCall(zones(outside, "offer"), [], [])

    assert (b"a=ice-ufrag:" in call.bob.told) is True
    assert call.alice.speaks() == [(call.bob.local, BOB)]
    assert call.bob.speaks() == [(call.alice.local, ALICE)]


def test_where_ice_is_required_a_call_without_it_is_refused() -> None:
    border = Border(zones("require"))
    border.receive(invite(body=sdp(ALICE)), CALLER)

    border.response(CALLER, 488)
    assert border.heard(CALLEE) == []
    assert border.over()


# --- I1: lite, on our own ports -------------------------------------------------------------------


def test_a_peer_behind_a_nat_is_found_by_its_checks_and_both_hear_each_other() -> None:
    call = nominated(browser_and_phone())

    assert call.alice.speaks(MAPPED) == [(call.bob.local, BOB)]
    assert call.bob.speaks() == [(call.alice.local, MAPPED)]
    assert call.side("a").ice == "connected"
    hang_up(call.alice.end, call.bob.end)


def test_before_its_check_nobody_is_heard_and_nothing_is_sent_to_what_it_named() -> None:
    call = browser_and_phone()

    assert call.alice.speaks() == []
    assert call.bob.speaks() == []
    assert call.side("a").rejected == 1


def test_nobody_else_gets_in_whatever_it_sends() -> None:
    call = nominated(browser_and_phone())
    assert call.alice.speaks(("198.51.100.7", 61_001)) == []
    stranger = ("203.0.113.66", 61_000)
    assert call.alice.speaks(stranger) == []
    assert call.arrives(call.alice.local, b"\x00\x01\x00\x00" + bytes(16), stranger) == []
    assert call.bob.speaks() == [(call.alice.local, MAPPED)]


# --- I2: restarts, consent, the full agent --------------------------------------------------------


def test_a_restart_by_re_invite_keeps_the_call_and_its_media() -> None:
    call = nominated(browser_and_phone())
    before = call.alice.credentials

    call.asks_again(ice_lines(ALICE, "Again"), [])

    call.alice.ufrag = "Again"
    after = call.alice.credentials
    assert (after.peer_ufrag, after.peer_pwd) != (before.peer_ufrag, before.peer_pwd)
    assert call.bob.speaks() == [(call.alice.local, MAPPED)]
    assert call.alice.speaks(MAPPED) == [(call.bob.local, BOB)]
    elsewhere = ("192.0.2.99", 50_000)
    call.wait(6.0)
    call.alice.checks(elsewhere, nominates=True)
    assert call.bob.speaks() == [(call.alice.local, elsewhere)]


def test_a_re_invite_with_the_same_credentials_restarts_nothing() -> None:
    call = nominated(browser_and_phone())
    before = call.alice.credentials

    call.asks_again([*ice_lines(ALICE), "a=sendonly"], ["a=recvonly"])
    call.asks_again(ice_lines(ALICE), [], version=3)

    assert call.alice.credentials == before
    assert call.side("a").ice == "connected"
    assert call.bob.speaks() == [(call.alice.local, MAPPED)]


def test_media_ends_thirty_seconds_after_the_last_consent_and_not_before() -> None:
    call = nominated(browser_and_phone())
    for _ in range(10):
        for asked in call.wait(6.0):
            if asked.to == MAPPED and parse(asked.data).kind is Class.REQUEST:
                call.alice.answers(asked)
    assert call.bob.speaks() == [(call.alice.local, MAPPED)]

    call.wait(31.0)

    assert call.bob.speaks() == []
    assert call.side("a").ice == "expired"


def test_towards_a_lite_peer_we_check_nominate_and_send() -> None:
    call = IceCall(zones(), ice_lines(ALICE, lite=True), [])
    assert b"a=ice-lite" not in call.alice.told

    for _ in range(3):
        for asked in call.wait(0.06):
            call.alice.answers(asked)

    assert call.side("a").ice == "connected"
    assert call.bob.speaks() == [(call.alice.local, ALICE)]


def test_where_we_offer_we_control_and_the_peer_is_told_which_pair() -> None:
    call = IceCall(zones("none", "offer"), [], ice_lines(BOB))
    sent = []
    for _ in range(3):
        for asked in call.wait(0.06):
            sent.append(parse(asked.data))
            call.bob.answers(asked)

    assert all(each.has(Attribute.ICE_CONTROLLING) for each in sent)
    assert any(each.has(Attribute.USE_CANDIDATE) for each in sent)
    assert call.side("b").ice == "connected"
    assert call.alice.speaks() == [(call.bob.local, BOB)]


# --- M6: RTCP on the port of RTP, on one side -----------------------------------------------------


def test_rtcp_of_a_side_with_mux_reaches_the_rtcp_port_of_the_other_and_back() -> None:
    call = nominated(browser_and_phone())
    interface, port = call.bob.local

    (out,) = call.arrives(call.alice.local, RTCP, MAPPED)
    (back,) = call.arrives((interface, port + 1), RTCP, (BOB[0], BOB[1] + 1))

    assert (out.local, out.to) == ((interface, port + 1), (BOB[0], BOB[1] + 1))
    assert (back.local, back.to) == (call.alice.local, MAPPED)
    assert out.data.startswith(sender_report(3))  # its source and its counts
    assert b"alice@host" not in out.data


@pytest.mark.parametrize("mux", [True, False])
def test_a_peer_without_ice_has_mux_if_it_offers_it(mux: bool) -> None:
    call = IceCall(zones("none"), ["a=rtcp-mux"] if mux else [], [])
    interface, port = call.bob.local
    call.alice.speaks()

    (back,) = call.arrives((interface, port + 1), RTCP, (BOB[0], BOB[1] + 1))

    assert (b"a=rtcp-mux\r\n" in call.alice.told) is mux
    assert back.to == (ALICE if mux else (ALICE[0], ALICE[1] + 1))


def test_a_zone_that_wants_no_mux_refuses_it() -> None:
    call = IceCall(zones("none", mux="none"), ["a=rtcp-mux"], [])

    assert b"mux" not in call.alice.told
