"""SRTP of one side, held against the RFCs' own vectors and against a second writing of them."""

from base64 import b64encode
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.control import Sdes, SrtpKey
from media.sdp.sdes import SUITES, new_key
from media.srtp import LONGEST, MOST_SSRCS, Protection, check
from tests.support.own_srtp import OwnSrtp
from tests.support.rtcp_packets import receiver_report
from tests.support.rtp_streams import rtp

CM, GCM = "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"
PACKET = rtp(1, 160, payload=b"sound")
REPORT = receiver_report(1)


def secret(suite: str, first: int) -> bytes:
    return bytes((first + each) & 255 for each in range(SUITES[suite].size))


def key(suite: str, first: int, mki: str = "") -> SrtpKey:
    return SrtpKey(b64encode(secret(suite, first)).decode(), mki)


def keys(suite: str, theirs: int = 1, ours: int = 2) -> Sdes:
    return Sdes(suite, (key(suite, theirs),), key(suite, ours))


def side(sdes: Sdes) -> Protection:
    made = Protection(Counter())
    made.use(sdes)
    return made


def far(suite: str, first: int = 1) -> OwnSrtp:
    """The end that sends under its key."""
    return OwnSrtp(suite, secret(suite, first))


def changed(packet: bytes, at: int) -> bytes:
    place = at % len(packet)
    return packet[:place] + bytes((packet[place] ^ 1,)) + packet[place + 1 :]


# --- vectors --------------------------------------------------------------------------------------


def test_the_keys_of_rfc_3711_b_3_are_derived() -> None:
    master = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6")
    own = OwnSrtp(CM, master)
    assert own.derive(0, 16).hex().upper() == "C61E7A93744F39EE10734AFE3FF7A087"
    assert own.derive(2, 14).hex().upper() == "30CBBC08863D8C85D49DB34A9AE1"
    assert own.derive(1, 20).hex().upper() == "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"


def test_the_keys_of_rfc_6188_7_2_are_derived() -> None:
    master = bytes.fromhex(
        "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6"
        "3b04803de51ee7c96423ab5b78d2"
    )
    own = OwnSrtp("AES_256_CM_HMAC_SHA1_80", master)
    assert own.derive(0, 32).hex() == (
        "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4"
    )
    assert own.derive(2, 14).hex() == "fa31791685ca444a9e07c6c64e93"


@pytest.mark.parametrize("suite", SUITES)
def test_both_writings_make_the_same_packets(suite: str) -> None:
    ours = side(keys(suite))
    assert ours.protect(PACKET) == far(suite, 2).protect(PACKET)
    assert ours.protect_rtcp(REPORT) == far(suite, 2).protect_rtcp(REPORT)


@pytest.mark.parametrize("suite", SUITES)
def test_what_the_other_writing_protected_is_opened(suite: str) -> None:
    ours = side(keys(suite))
    assert ours.unprotect(far(suite).protect(PACKET)) == PACKET
    assert ours.unprotect_rtcp(far(suite).protect_rtcp(REPORT)) == REPORT


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", SUITES)
@given(at=st.integers(0, 1000))
def test_one_changed_bit_is_a_forgery(suite: str, at: int) -> None:
    ours = side(keys(suite))
    assert ours.unprotect(changed(far(suite).protect(PACKET), at)) is None
    assert ours.unprotect_rtcp(changed(far(suite).protect_rtcp(REPORT), at)) is None


def test_a_forged_packet_is_counted_by_its_cause() -> None:
    drops: Counter[str] = Counter()
    ours = Protection(drops)
    ours.use(keys(CM))
    assert ours.unprotect(far(CM, 9).protect(PACKET)) is None
    assert ours.unprotect(PACKET + bytes(10)) is None
    assert (ours.auth_failed, ours.replayed, drops) == (2, 0, {"srtp_auth_fail": 2})


@pytest.mark.parametrize("suite", [CM, GCM])
def test_a_packet_is_taken_once(suite: str) -> None:
    drops: Counter[str] = Counter()
    ours = Protection(drops)
    ours.use(keys(suite))
    for number in (500, 1, 499):
        assert (ours.unprotect(far(suite).protect(rtp(number, 0))) is None) is (number == 1)
    assert ours.unprotect(far(suite).protect(rtp(500, 0))) is None
    assert ours.unprotect_rtcp(far(suite).protect_rtcp(REPORT, index=7)) == REPORT
    assert ours.unprotect_rtcp(far(suite).protect_rtcp(REPORT, index=7)) is None
    assert (ours.auth_failed, ours.replayed, drops) == (0, 3, {"srtp_replayed": 3})


def test_a_packet_of_ours_is_never_protected_twice() -> None:
    """The same index would repeat the key stream (§9.1)."""
    drops: Counter[str] = Counter()
    ours = Protection(drops)
    ours.use(keys(CM))
    assert ours.protect(PACKET) is not None
    assert ours.protect(changed(PACKET, -1)) is None
    assert drops == {"srtp_not_sent": 1}


def test_without_keys_nothing_passes() -> None:
    """It may be that the handshake is not over (RFC 5763 §6.7.1)."""
    drops: Counter[str] = Counter()
    ours = Protection(drops)
    assert ours.suite is None
    assert ours.unprotect(PACKET) is ours.unprotect_rtcp(REPORT) is None
    assert ours.protect(PACKET) is ours.protect_rtcp(REPORT) is None
    assert drops == {"srtp_no_keys": 4}


@given(st.binary(max_size=400))
def test_whatever_comes_is_refused(data: bytes) -> None:
    ours = side(keys(CM))
    assert ours.unprotect(data) is None
    assert ours.unprotect_rtcp(data) is None


@given(st.binary(max_size=100))
def test_whatever_was_authentic_is_still_looked_at(body: bytes) -> None:
    """Padding that does not fit, an extension that is cut: the end itself may be hostile."""
    broken = b"\xb0\x00\x00\x01" + bytes(8) + body
    drops: Counter[str] = Counter()
    ours, theirs = Protection(drops), side(keys(CM, ours=1))
    ours.use(keys(CM))
    wire = theirs.protect(broken)
    assert wire is None or ours.unprotect(wire) in (None, broken)


def test_a_long_packet_passes_and_one_that_no_datagram_could_hold_does_not() -> None:
    ours = side(keys(GCM))
    long = rtp(1, 0, payload=bytes(9000))
    assert ours.protect(long) == far(GCM, 2).protect(long)
    assert ours.protect(bytes(LONGEST + 1)) is None


def test_who_sends_under_ever_new_ssrcs_is_stopped() -> None:
    """Each has a context that is never forgotten: memory of ours, in the hands of an end."""
    ours = side(keys(CM))
    sent = [ours.protect(rtp(1, 0, ssrc=ssrc)) for ssrc in range(1, MOST_SSRCS + 3)]
    assert sent.count(None) == 2
    assert ours.protect(rtp(2, 0, ssrc=1)) is not None
    heard = [ours.unprotect(far(CM).protect(rtp(1, 0, ssrc=each))) for each in range(1, 300)]
    assert heard.count(None) == 299 - MOST_SSRCS


# --- roll-over, rekeying --------------------------------------------------------------------------


@pytest.mark.parametrize("suite", [CM, GCM, "AES_256_CM_HMAC_SHA1_80"])
def test_the_roll_over_is_counted_and_outlives_a_plan_with_the_same_keys(suite: str) -> None:
    """(C1) As in a re-INVITE."""
    ours = side(keys(suite))
    for number in (65_534, 65_535):
        ours.protect(rtp(number, 0))
        ours.unprotect(far(suite).protect(rtp(number, 0)))
    ours.use(keys(suite))
    assert ours.protect(rtp(0, 0)) == far(suite, 2).protect(rtp(0, 0), roc=1)
    assert ours.unprotect(far(suite).protect(rtp(0, 0), roc=1)) == rtp(0, 0)


def test_their_new_key_leaves_ours_where_it_was() -> None:
    ours = side(keys(CM))
    for number in (65_535, 0):
        ours.protect(rtp(number, 0))
    ours.use(keys(CM, theirs=5))
    assert ours.unprotect(far(CM, 5).protect(PACKET)) == PACKET
    assert ours.protect(PACKET) == far(CM, 2).protect(PACKET, roc=1)


def test_the_old_key_is_good_until_the_first_packet_under_the_new_one() -> None:
    ours = side(keys(CM))
    ours.use(keys(CM, theirs=5))
    assert ours.unprotect(far(CM, 1).protect(rtp(1, 0))) == rtp(1, 0)
    assert ours.unprotect(far(CM, 5).protect(rtp(2, 0))) == rtp(2, 0)
    assert ours.unprotect(far(CM, 1).protect(rtp(3, 0))) is None


def test_a_key_of_ours_that_comes_back_goes_on_where_it_was() -> None:
    """A cipher that began anew would repeat its key stream."""
    ours = side(keys(CM))
    ours.protect(PACKET)
    ours.use(keys(GCM))
    ours.use(keys(CM))
    assert ours.suite == CM
    assert ours.protect(PACKET) is None
    assert ours.protect(rtp(2, 0)) == far(CM, 2).protect(rtp(2, 0))


def test_a_new_ssrc_begins_its_own_count() -> None:
    ours = side(keys(CM))
    for number in (65_535, 0):
        ours.unprotect(far(CM).protect(rtp(number, 0), roc=int(number == 0)))
    other = rtp(9, 0, ssrc=77)
    assert ours.unprotect(far(CM).protect(other)) == other


def test_of_many_keys_few_are_kept() -> None:
    ours = side(keys(CM))
    for first in range(3, 60):
        ours.use(keys(CM, theirs=first, ours=first + 100))
    assert ours.unprotect(far(CM, 59).protect(PACKET)) == PACKET


# --- MKI ------------------------------------------------------------------------------------------


def with_mki(packet: bytes, mki: bytes, before: int) -> bytes:
    at = len(packet) - before
    return packet[:at] + mki + packet[at:]


@pytest.mark.parametrize(("suite", "tag", "rtcp_tag"), [(CM, 10, 10), (GCM, 0, 0)])
def test_the_mki_says_which_key_it_is(suite: str, tag: int, rtcp_tag: int) -> None:
    two = Sdes(suite, (key(suite, 1, "0001"), key(suite, 5, "0002")), key(suite, 2))
    ours = side(two)
    for number, (first, mki) in enumerate(((1, b"\0\1"), (5, b"\0\2")), 1):
        packet = far(suite, first).protect(rtp(number, 0))
        assert ours.unprotect(with_mki(packet, mki, tag)) == rtp(number, 0)
        report = far(suite, first).protect_rtcp(REPORT, number)
        assert ours.unprotect_rtcp(with_mki(report, mki, rtcp_tag)) == REPORT
    for wrong in (b"\0\3", b"", b"\0"):
        packet = far(suite, 1).protect(rtp(9, 0))
        assert ours.unprotect(with_mki(packet, wrong, tag)) is None
    assert ours.unprotect(b"\x80\x00\x00") is None


# --- plans ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "plan",
    [
        Sdes("F8_128_HMAC_SHA1_80", (key(CM, 1),), key(CM, 2)),
        Sdes(CM, (), key(CM, 2)),
        Sdes(CM, (SrtpKey(new_key(bytes(28))),), key(CM, 2)),
        Sdes(CM, (key(CM, 1),), SrtpKey("not base64 at all")),
        Sdes(CM, (key(CM, 1, "xy"),), key(CM, 2)),
        Sdes(CM, (key(CM, 1), key(CM, 3)), key(CM, 2)),
        Sdes(CM, (key(CM, 1, "01"), key(CM, 3, "0203")), key(CM, 2)),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_without_a_word_of_its_keys(plan: Sdes) -> None:
    with pytest.raises(ValueError, match=r"key|suite|hexadecimal") as refused:
        check(plan)
    assert not any(each.text in str(refused.value) for each in (*plan.theirs, plan.ours))


def test_a_plan_does_not_show_its_keys() -> None:
    plan = keys(CM)
    check(plan)
    assert plan.ours.text not in repr(plan)
    assert plan.theirs[0].text not in repr(plan)
