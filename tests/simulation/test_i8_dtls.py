"""I8: DTLS-SRTP beside plain RTP and SDES: both roles, their stability, and whose certificate it
is."""

import re
from dataclasses import dataclass, field

import pytest

from media.control import Dtls, HandshakeFailed
from media.dtls import Association, State
from media.identity import Identity
from media.sdp.sdes import key_bytes
from tests.support.border import CALLEE, CALLER
from tests.support.ends import End, called, calling, hang_up
from tests.support.messages import invite
from tests.support.own_srtp import OwnSrtp
from tests.support.rtcp_packets import receiver_report
from tests.support.rtp_streams import rtp
from tests.support.secure_call import (
    ALICE,
    BOB,
    CM,
    MALLORY,
    MediaBorder,
    crypto,
    cryptos,
    sdp,
    zones,
)
from tests.support.secure_call import port as port_in
from tests.support.secure_call import profile as profile_in
from tests.support.shaking import OURS, THEIRS

REQUIRED = "mode: required, keying: [dtls]"
SDES = "mode: required, sdes_over_plain: allow"
BOTH = f"mode: optional, keying: [dtls, sdes], sdes_over_plain: allow, suites: [{CM}]"
UDP_TLS = "UDP/TLS/RTP/SAVP"


def value(body: bytes, name: str) -> str:
    found = re.search(rf"a={name}:(.*)\r\n".encode(), body)
    return found[1].decode() if found else ""


def lines(setup: str, identity: Identity = THEIRS, *more: str) -> tuple[str, ...]:
    return f"a=fingerprint:{identity.fingerprint}", f"a=setup:{setup}", *more


@dataclass
class DtlsEnd:
    """An end that speaks DTLS on the port of its media, and on the next one for RTCP."""

    border: MediaBorder
    interface: str
    at: tuple[str, int]
    told: bytes
    """The border's last description."""
    identity: Identity = THEIRS
    shakes: dict[int, Association] = field(default_factory=dict)

    def shake(self, *, active: bool, components: tuple[int, ...] = (1, 2)) -> None:
        """What the border has to send comes here, and what is said in return goes there."""
        plan = Dtls(active, (value(self.told, "fingerprint"),))
        for component in components:
            self.shakes[component] = end = Association(self.identity, plan, 0.0)
            self.pump(component, end.begin(0.0))

    def pump(self, component: int, said: list[bytes]) -> None:
        world = self.border.relay
        world.now = self.border.now
        world.engine.taken_out()
        local = self.interface, port_in(self.told) + component - 1
        source = self.at[0], self.at[1] + component - 1
        while True:
            for each in said:
                world.engine.arrive(local, each, source, world.now)
            world.shell.timeout(world.now)
            heard = [
                each.data
                for each in world.engine.taken_out()
                if each.local == local and each.to == source
            ]
            said = [out for each in heard for out in self.shakes[component].feed(each, 0.0)]
            if not said:
                return

    def own(self, component: int = 1) -> OwnSrtp:
        keys = self.shakes[component].keys
        assert keys is not None
        return OwnSrtp(keys.suite, key_bytes(keys.ours.text))

    def borders(self, component: int = 1) -> OwnSrtp:
        keys = self.shakes[component].keys
        assert keys is not None
        return OwnSrtp(keys.suite, key_bytes(keys.theirs[0].text))

    def sends(self, data: bytes, component: int = 1) -> list[bytes]:
        local = self.interface, port_in(self.told) + component - 1
        source = self.at[0], self.at[1] + component - 1
        return [each.data for each in self.border.relay.arrive(local, data, source)]


@dataclass
class Up:
    border: MediaBorder
    caller: End
    callee: End
    alice: DtlsEnd
    bob: DtlsEnd


def up(
    outside: str,
    inside: str,
    offer: str,
    answer: str,
    identity: Identity = THEIRS,
) -> Up:
    border = MediaBorder(zones(outside, inside), identities=True)
    border.receive(invite(body=offer), CALLER)
    request = border.request(CALLEE, "INVITE")
    bob = called(border, request)
    bob.answers(request, 200, body=answer)
    ok = border.response(CALLER, 200)
    alice = calling(border, ok)
    alice.ack()
    bob.got("ACK")
    return Up(
        border,
        alice,
        bob,
        DtlsEnd(border, "wan", ALICE, ok.body, identity),
        DtlsEnd(border, "lan", BOB, request.body, identity),
    )


def to_plain(setup: str, identity: Identity = THEIRS) -> Up:
    """A caller with DTLS, a callee without."""
    offer = sdp(ALICE, *lines(setup, identity), protocol=UDP_TLS)
    return up(REQUIRED, "mode: none", offer, sdp(BOB), identity)


# --- both roles, both directions ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offered", "answered", "active"),
    [("active", "passive", True), ("actpass", "passive", True), ("passive", "active", False)],
)
def test_a_caller_with_dtls_meets_plain_rtp(offered: str, answered: str, active: bool) -> None:
    call = to_plain(offered)
    assert profile_in(call.alice.told) == UDP_TLS
    assert value(call.alice.told, "setup") == answered
    assert value(call.alice.told, "fingerprint") == OURS.fingerprint
    assert profile_in(call.bob.told) == "RTP/AVP"
    assert b"fingerprint" not in call.bob.told
    call.alice.shake(active=active)
    for number in (1, 2, 3):
        packet = rtp(number, 160, 8)
        assert call.alice.sends(call.alice.own().protect(packet)) == [packet]
        assert call.bob.sends(packet) == [call.alice.borders().protect(packet)]
    hang_up(call.caller, call.callee)
    assert call.border.over()


@pytest.mark.parametrize(("answered", "active"), [("active", True), ("passive", False)])
def test_a_callee_with_dtls_meets_plain_rtp(answered: str, active: bool) -> None:
    answer = sdp(BOB, *lines(answered), protocol=UDP_TLS)
    call = up("mode: none", REQUIRED, sdp(ALICE), answer)
    assert (profile_in(call.bob.told), value(call.bob.told, "setup")) == (UDP_TLS, "actpass")
    call.bob.shake(active=active)
    packet = rtp(1, 160, 8)
    assert call.bob.sends(call.bob.own().protect(packet)) == [packet]
    assert call.alice.sends(packet) == [call.bob.borders().protect(packet)]


def test_dtls_meets_sdes() -> None:
    key = crypto(CM, 1)
    offer = sdp(ALICE, *lines("actpass"), protocol=UDP_TLS)
    call = up(REQUIRED, SDES, offer, sdp(BOB, key.line, protocol="RTP/SAVP"))
    call.alice.shake(active=True)
    packet = rtp(1, 160, 8)
    ours = next(each for each in cryptos(call.bob.told) if each.suite == CM)
    assert call.alice.sends(call.alice.own().protect(packet)) == [ours.own.protect(packet)]
    assert call.bob.sends(key.own.protect(packet)) == [call.alice.borders().protect(packet)]


def test_rtcp_on_its_own_port_has_a_handshake_of_its_own() -> None:
    call = to_plain("actpass")
    call.alice.shake(active=True)
    report = receiver_report(1)
    assert call.alice.sends(call.alice.own(2).protect_rtcp(report), 2) == [report]
    assert call.alice.sends(call.alice.own(1).protect_rtcp(report), 2) == []
    assert call.bob.sends(report, 2) == [call.alice.borders(2).protect_rtcp(report)]


def test_what_is_optional_is_offered_beside_the_rest_and_taken_as_it_is_answered() -> None:
    """RFC 8643: fingerprint and keys in one plain offer."""
    answer = sdp(BOB, *lines("active"))
    call = up("mode: none", BOTH, sdp(ALICE), answer)
    assert profile_in(call.bob.told) == "RTP/AVP"
    assert [each.suite for each in cryptos(call.bob.told)] == [CM]
    call.bob.shake(active=True)
    packet = rtp(1, 160, 8)
    assert call.bob.sends(call.bob.own().protect(packet)) == [packet]
    plain = up("mode: none", BOTH, sdp(ALICE), sdp(BOB))
    assert plain.bob.sends(packet) == [packet]


# --- before, without and against the handshake ----------------------------------------------------


def test_nothing_passes_before_the_handshake_is_over() -> None:
    call = to_plain("actpass")
    packet = rtp(1, 160, 8)
    assert call.alice.sends(packet) == []
    assert call.bob.sends(packet) == []
    call.alice.shake(active=True)
    assert call.alice.sends(packet) == []
    assert call.border.relay.relay.drops["srtp_no_keys"] == 2


@pytest.mark.parametrize("active", [True, False])
def test_a_certificate_that_is_not_the_described_one_ends_the_call(active: bool) -> None:
    offer = sdp(ALICE, *lines("active" if active else "passive", OURS), protocol=UDP_TLS)
    call = up(REQUIRED, "mode: none", offer, sdp(BOB), THEIRS)  # who answers is another one
    call.alice.shake(active=active, components=(1,))
    events = call.border.tell()
    assert any(isinstance(each, HandshakeFailed) and each.why == "fingerprint" for each in events)
    call.caller.answers(call.caller.got("BYE"), 200)
    call.callee.answers(call.callee.got("BYE"), 200)
    assert call.border.over()
    cause = call.border.records[0]["cause"]
    assert cause == {
        "sip": 488,
        "q850": 65,
        "text": "The certificate of a DTLS handshake is not the one described",
    }
    (note,) = call.border.noted("dtls_failed")
    assert dict(note.labels)["why"] == "fingerprint"


def test_a_stranger_can_begin_no_handshake() -> None:
    call = to_plain("actpass")
    world = call.border.relay
    hello = Association(THEIRS, Dtls(True, (OURS.fingerprint,)), 0.0).begin(0.0)
    local = "wan", port_in(call.alice.told)
    assert world.arrive(local, hello[0], MALLORY) == []
    call.alice.shake(active=True)
    assert call.alice.shakes[1].state is State.DONE


@pytest.mark.parametrize(
    "offered",
    [
        ("a=setup:actpass",),
        lines("holdconn"),
        ("a=fingerprint:sha-1 " + ":".join(["AB"] * 20), "a=setup:active"),
        ("a=fingerprint:sha-256 nothing", "a=setup:active"),
    ],
)
def test_an_offer_that_names_no_good_certificate_is_a_488(offered: tuple[str, ...]) -> None:
    border = MediaBorder(zones(REQUIRED), identities=True)
    border.receive(invite(body=sdp(ALICE, *offered, protocol=UDP_TLS)), CALLER)
    border.response(CALLER, 488)
    assert border.heard(CALLEE) == []


# --- changes --------------------------------------------------------------------------------------


def test_a_reinvite_keeps_roles_keys_and_what_we_say_of_ourselves() -> None:
    """RFC 8842 §5.3: who has begun stays so, whoever offers (rtpengine's issue 2156)."""
    call = to_plain("passive")
    call.alice.shake(active=False)
    assert value(call.alice.told, "setup") == "active"
    for number, setup in enumerate(("actpass", "passive", "actpass"), 2):
        body = sdp(ALICE, *lines(setup), protocol=UDP_TLS, session=number)
        call.caller.ask("INVITE", body=body)
        call.callee.answers(call.callee.got("INVITE"), 200, body=sdp(BOB))
        told = call.caller.heard(200).body
        call.caller.ack()
        call.callee.got("ACK")
        assert value(told, "setup") == "active"
        assert value(told, "fingerprint") == OURS.fingerprint
        packet = rtp(number, 160, 8)
        assert call.alice.sends(call.alice.own().protect(packet)) == [packet]
        assert call.bob.sends(packet) == [call.alice.borders().protect(packet)]
    call.callee.ask("INVITE", body=sdp(BOB, session=9))
    request = call.caller.got("INVITE")
    assert value(request.body, "setup") == "actpass"
    call.caller.answers(request, 200, body=sdp(ALICE, *lines("passive"), protocol=UDP_TLS))
    call.callee.heard(200)
    call.callee.ack()
    packet = rtp(50, 160, 8)
    assert call.alice.sends(call.alice.own().protect(packet)) == [packet]


def test_a_new_tls_id_asks_for_new_keys_and_the_old_ones_last_until_then() -> None:
    ids = "a=tls-id:abc3de65cddef001be82", "a=tls-id:0123456789abcdefghij"
    offer = sdp(ALICE, *lines("actpass", THEIRS, ids[0]), protocol=UDP_TLS)
    call = up(REQUIRED, "mode: none", offer, sdp(BOB))
    first = value(call.alice.told, "tls-id")
    call.alice.shake(active=True)
    old = call.alice.own()
    body = sdp(ALICE, *lines("active", THEIRS, ids[1]), protocol=UDP_TLS, session=2)
    call.caller.ask("INVITE", body=body)
    call.callee.answers(call.callee.got("INVITE"), 200, body=sdp(BOB))
    call.alice.told = call.caller.heard(200).body
    call.caller.ack()
    assert first != value(call.alice.told, "tls-id") != ""
    packet = rtp(1, 160, 8)
    assert call.alice.sends(old.protect(packet)) == [packet]
    call.alice.shake(active=True)
    assert call.alice.own() != old
    packet = rtp(2, 160, 8)
    assert call.alice.sends(call.alice.own().protect(packet)) == [packet]
    assert call.alice.sends(old.protect(rtp(3, 160, 8))) == []


def test_no_key_of_a_handshake_is_told_to_anybody() -> None:
    call = to_plain("actpass")
    call.alice.shake(active=True)
    packet = rtp(1, 160, 8)
    assert call.alice.sends(call.alice.own().protect(packet)) == [packet]
    keys = call.alice.shakes[1].keys
    assert keys is not None
    shown = repr((call.border.commands, call.border.notes, call.border.relay.told))
    shown += repr(call.border.relay.report(call.border.programs()[-1].session))
    shown += call.border.texts(CALLER) + call.border.texts(CALLEE)
    assert keys.ours.text not in shown
    assert keys.theirs[0].text not in shown
