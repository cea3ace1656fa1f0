"""The protection of one side: plain, by SDES, by DTLS; one handshake for each port (I8)."""

from collections import Counter
from math import inf
from typing import Any

import pytest

from media.control import Dtls, Sdes, SidePlan, SrtpKey
from media.dtls import Association, State
from media.ice.checklist import Outgoing
from media.sdp.sdes import new_key
from media.security import Security
from tests.support.rtp_streams import rtp
from tests.support.shaking import OURS, THEIRS, association
from tests.support.side_plans import side_plan

PEER, STRANGER = ("192.0.2.7", 4000), ("192.0.2.66", 4000)
SDES = Sdes(
    "AES_CM_128_HMAC_SHA1_80", (SrtpKey(new_key(bytes(30))),), SrtpKey(new_key(bytes(range(30))))
)
PASSIVE, ACTIVE = Dtls(False, (THEIRS.fingerprint,)), Dtls(True, (THEIRS.fingerprint,))


class Side:
    """With a peer at the other end of each component."""

    def __init__(self) -> None:
        self.now = 100.0
        self.drops: Counter[str] = Counter()
        self.security = Security(OURS)

    def plan(self, **changes: Any) -> SidePlan:
        return side_plan(PEER, **changes)

    def agree(self, **changes: Any) -> None:
        self.security.agree(self.plan(**changes), self.drops, self.now)

    def look(self, at: Any = PEER) -> list[Outgoing]:
        return [*self.security.look(lambda _: at, self.now)]

    def shake(self, peer: Association, component: int, first: list[bytes]) -> None:
        """`first` comes from the peer."""
        said = first
        while said:
            out = [
                each
                for data in said
                for each in self.security.receive(component, data, PEER, self.now)
            ]
            assert {(each.component, each.to) for each in out} <= {(component, PEER)}
            said = [back for each in out for back in peer.feed(each.data, self.now)]


def peer(*, active: bool) -> Association:
    return association(THEIRS, OURS, active=active)


def test_a_plain_side_has_no_protection_and_nothing_to_do() -> None:
    side = Side()
    side.agree()
    assert side.security.rtp is side.security.rtcp is None
    assert (side.security.shakes, side.security.due) == (False, inf)
    assert side.security.receive(1, b"\x16", PEER, 1.0) == []


def test_keys_of_sdes_hold_for_both_and_outlive_the_same_plan() -> None:
    side = Side()
    side.agree(sdes=SDES)
    before = side.security.rtp
    assert before is not None
    assert before is side.security.rtcp
    side.agree(sdes=SDES)
    assert side.security.rtp is before
    side.agree()
    assert side.security.rtp is None


def test_the_passive_side_waits_and_has_keys_when_the_peer_has_begun() -> None:
    side, alice = Side(), peer(active=True)
    side.agree(dtls=PASSIVE, mux=True)
    assert (side.security.shakes, side.security.due) == (True, inf)
    assert side.security.rtp is side.security.rtcp
    assert side.security.rtp is not None
    assert side.security.rtp.protect(rtp(1, 160)) is None
    side.shake(alice, 1, alice.begin(0.0))
    assert side.security.rtp.suite == "AEAD_AES_128_GCM"
    assert side.security.rtp.protect(rtp(1, 160)) is not None
    assert side.security.failed() is None


def test_the_active_side_begins_when_it_knows_where() -> None:
    side, bob = Side(), peer(active=False)
    side.agree(dtls=ACTIVE, mux=True)
    assert side.security.due == 100.0
    assert side.look(None) == []
    assert side.security.due == pytest.approx(100.2)
    side.now = 100.2
    (hello,) = side.look()
    assert (hello.component, hello.to) == (1, PEER)
    side.shake(bob, 1, bob.feed(hello.data, 0.0))
    assert bob.state is State.DONE
    assert side.security.rtp is not None
    assert side.security.rtp.suite is not None


def test_without_mux_each_port_has_a_handshake_of_its_own() -> None:
    side, first, second = Side(), peer(active=True), peer(active=True)
    side.agree(dtls=PASSIVE)
    assert side.security.rtp is not None
    assert side.security.rtcp is not None
    side.shake(first, 1, first.begin(0.0))
    assert (side.security.rtp.suite is None, side.security.rtcp.suite is None) == (False, True)
    side.shake(second, 2, second.begin(0.0))
    assert side.security.rtcp.suite is not None
    assert first.keys != second.keys


def test_the_same_plan_again_shakes_no_hands() -> None:
    side, alice = Side(), peer(active=True)
    side.agree(dtls=PASSIVE, mux=True)
    side.shake(alice, 1, alice.begin(0.0))
    protection = side.security.rtp
    side.agree(dtls=PASSIVE, mux=True, epoch=2)
    assert side.security.rtp is protection
    assert protection is not None
    assert protection.suite is not None


def test_a_new_association_keeps_the_old_keys_until_it_has_new_ones() -> None:
    side, alice, again = Side(), peer(active=True), peer(active=True)
    side.agree(dtls=PASSIVE, mux=True)
    side.shake(alice, 1, alice.begin(0.0))
    protection = side.security.rtp
    assert protection is not None
    before = protection.protect(rtp(1, 160))
    side.agree(dtls=Dtls(False, (THEIRS.fingerprint,), "another"), mux=True)
    assert protection is not None
    assert protection.protect(rtp(2, 160)) is not None
    side.now += 1
    side.shake(again, 1, again.begin(0.0))
    assert side.security.rtp is protection
    assert before != protection.protect(rtp(1, 160)) is not None


def test_a_wrong_certificate_is_told_once() -> None:
    side, mallory = Side(), association(OURS, OURS, active=True)
    side.agree(dtls=PASSIVE, mux=True)
    side.shake(mallory, 1, mallory.begin(0.0))
    assert side.security.failed() == "fingerprint"
    assert side.security.failed() is None
    assert side.security.rtp is not None
    assert side.security.rtp.suite is None
    assert side.security.receive(1, b"\x16\xfe\xfd", PEER, side.now) == []
    assert side.security.due == inf


def test_a_forged_alert_costs_a_try_and_three_are_too_many() -> None:
    """A fatal handshake_failure in clear: nobody can tell who sent it."""
    alert = b"\x15\xfe\xfd" + bytes(7) + b"\x09\x00\x02\x02\x28"
    side = Side()
    side.agree(dtls=PASSIVE, mux=True)
    for tries in range(3):
        assert side.security.failed() is None, tries
        hello = peer(active=True).begin(0.0)
        side.security.receive(1, hello[0], PEER, side.now)
        side.security.receive(1, alert, PEER, side.now)
    assert side.security.failed() == "handshake"


def test_a_handshake_that_has_begun_is_its_peers_until_that_is_silent() -> None:
    side, alice, other = Side(), peer(active=True), peer(active=True)
    side.agree(dtls=PASSIVE, mux=True)
    hello, strange = alice.begin(0.0)[0], other.begin(0.0)[0]
    assert side.security.receive(1, hello, PEER, 100.0) != []
    assert side.security.receive(1, strange, STRANGER, 102.9) == []
    side.security.receive(1, strange, STRANGER, 103.0)
    assert side.security.receive(1, hello, PEER, 103.1) == []


def test_a_peer_that_never_answers_is_asked_again_and_again() -> None:
    side = Side()
    side.agree(dtls=ACTIVE, mux=True)
    hellos = []
    for _ in range(2000):
        side.now = side.security.due
        assert side.now < inf
        hellos += side.look()
        if side.now > 200.0:
            break
    assert 3 <= len(hellos) <= 8
    assert side.security.failed() is None


def test_a_finished_handshake_is_put_away_after_a_while() -> None:
    side, alice = Side(), peer(active=True)
    side.agree(dtls=PASSIVE, mux=True)
    side.shake(alice, 1, alice.begin(0.0))
    assert side.security.due == 160.0
    side.now = 160.0
    assert side.look() == []
    assert side.security.due == inf
    assert side.security.receive(1, b"\x16\xfe\xfd", PEER, 161.0) == []


def test_without_a_certificate_there_is_no_handshake() -> None:
    bare = Security(None)
    bare.agree(side_plan(PEER, dtls=PASSIVE), Counter(), 1.0)
    assert not bare.shakes
