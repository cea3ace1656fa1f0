"""DTLS for SRTP, both roles by the same code joined back to back (RFC 5763, RFC 5764; I8)."""

from collections import Counter
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.control import Dtls
from media.dtls import GIVEN_UP_AFTER, MOST_DATAGRAMS, MTU, Association, State, is_dtls, packed
from media.sdp.sdes import SUITES, key_bytes
from media.srtp import Protection, check
from tests.support.rtp_streams import rtp
from tests.support.shaking import OURS, THEIRS, association, shake


def both() -> tuple[Association, Association]:
    active, passive = association(active=True), association(THEIRS, OURS, active=False)
    shake(active, passive, active.begin(0.0))
    return active, passive


def test_both_ends_have_the_keys_of_each_other() -> None:
    active, passive = both()
    assert active.state is passive.state is State.DONE
    assert active.keys is not None
    assert passive.keys is not None
    assert active.keys.suite == passive.keys.suite == "AEAD_AES_128_GCM"
    assert active.keys.ours == passive.keys.theirs[0]
    assert active.keys.theirs[0] == passive.keys.ours
    assert active.keys.ours != passive.keys.ours
    assert len(key_bytes(active.keys.ours.text)) == SUITES["AEAD_AES_128_GCM"].size


def test_the_keys_carry_packets() -> None:
    active, passive = both()
    one, other = Protection(Counter()), Protection(Counter())
    for protection, end in ((one, active), (other, passive)):
        assert end.keys is not None
        check(end.keys)
        protection.use(end.keys)
    wire = one.protect(rtp(1, 160))
    assert wire is not None
    assert other.unprotect(wire) == rtp(1, 160)


def test_each_handshake_makes_new_keys() -> None:
    first, second = both()[0].keys, both()[0].keys
    assert first is not None
    assert second is not None
    assert first.ours != second.ours


def test_no_datagram_is_larger_than_the_path() -> None:
    active, passive = association(active=True), association(THEIRS, OURS, active=False)
    sizes = shake(active, passive, active.begin(0.0))
    assert 4 <= len(sizes) <= 6
    assert max(sizes) <= MTU


def test_the_passive_one_says_nothing_first() -> None:
    assert association(active=False).begin(0.0) == []


@pytest.mark.parametrize("active", [True, False])
def test_a_certificate_that_is_not_the_described_one_makes_no_keys(active: bool) -> None:
    wrong = Association(OURS, Dtls(active, (OURS.fingerprint,)), 0.0)
    right = association(THEIRS, OURS, active=not active)
    one, other = (wrong, right) if active else (right, wrong)
    shake(one, other, one.begin(0.0))
    assert (wrong.state, wrong.failure, wrong.keys) == (State.FAILED, "fingerprint", None)
    assert wrong.feed(b"\x16\xfe\xfd" + bytes(20), 1.0) == []


def test_one_of_several_fingerprints_is_enough() -> None:
    plan = Dtls(True, ("sha-1 AB", OURS.fingerprint, THEIRS.fingerprint))
    one, other = Association(OURS, plan, 0.0), association(THEIRS, OURS, active=False)
    shake(one, other, one.begin(0.0))
    assert one.state is State.DONE


def test_two_that_both_begin_come_to_nothing() -> None:
    one, other = association(active=True), association(THEIRS, OURS, active=True)
    other.begin(0.0)
    shake(one, other, one.begin(0.0))
    assert State.DONE not in (one.state, other.state)


def test_a_late_repetition_of_the_peers_last_flight_is_answered() -> None:
    """Our own last flight was lost (RFC 6347 §4.2.4): OpenSSL answers, and the keys stay."""
    active, passive = association(active=True), association(THEIRS, OURS, active=False)
    hello = active.begin(0.0)
    answer = [out for each in hello for out in passive.feed(each, 0.0)]
    last = [out for each in answer for out in active.feed(each, 0.0)]
    finished = [out for each in last for out in passive.feed(each, 0.0)]
    assert finished
    keys = passive.keys
    for each in last:
        passive.feed(each, 1.0)
    assert passive.keys is keys
    assert passive.state is State.DONE


def test_it_is_looked_at_as_openssls_timer_wants_and_given_up_in_the_end() -> None:
    active = association(active=True, now=100.0)
    assert active.due == 100.0 + GIVEN_UP_AFTER
    active.begin(100.0)
    assert 100.0 < active.due <= 101.01
    assert active.tick(100.0) == []
    for _ in range(5):  # its own clock has not moved: nothing is repeated, and nothing spins
        before = active.due
        assert active.tick(before) == []
        assert active.due >= before + 0.05
    assert active.tick(100.0 + GIVEN_UP_AFTER) == []
    assert (active.state, active.failure, active.due) == (State.FAILED, "timeout", inf)


def test_a_finished_one_wants_no_look() -> None:
    active, passive = both()
    assert active.due == passive.due == inf
    assert active.tick(1e9) == []


@pytest.mark.parametrize("active", [True, False])
@given(garbage=st.lists(st.binary(max_size=80), max_size=5), kind=st.integers(20, 63))
def test_whatever_comes_neither_raises_nor_makes_keys(
    active: bool, garbage: list[bytes], kind: int
) -> None:
    end = association(active=active)
    end.begin(0.0)
    for each in garbage:
        end.feed(each, 0.0)
        end.feed(bytes((kind, 0xFE, 0xFD)) + each, 0.0)
    assert end.keys is None


@given(at=st.integers(0, 2000), which=st.integers(0, 3))
def test_a_damaged_handshake_makes_no_wrong_keys(at: int, which: int) -> None:
    """Of four flights one has a flipped bit: either it makes no keys, or both the same."""
    active, passive = association(active=True), association(THEIRS, OURS, active=False)
    said, ends = active.begin(0.0), (passive, active)
    for turn in range(4):
        if turn == which and said:
            first = bytearray(said[0])
            first[at % len(first)] ^= 1
            said[0] = bytes(first)
        said = [out for each in said for out in ends[turn % 2].feed(each, 0.0)]
    if active.keys is not None and passive.keys is not None:
        assert active.keys.ours == passive.keys.theirs[0]


def test_a_handshake_takes_in_so_much_and_no_more() -> None:
    passive = association(THEIRS, OURS, active=False)
    for _ in range(MOST_DATAGRAMS):
        passive.feed(b"\x16\xfe\xfd" + bytes(10) + b"\x00\x01\x00", 0.0)
    active = association(active=True)
    shake(active, passive, active.begin(0.0))
    assert passive.state is State.SHAKING


@pytest.mark.parametrize(
    ("first", "dtls"), [(19, False), (20, True), (63, True), (64, False), (0, False), (128, False)]
)
def test_the_first_byte_tells_dtls_from_the_rest(first: int, dtls: bool) -> None:
    assert is_dtls(bytes((first, 0))) is dtls
    assert not is_dtls(b"")


def record(size: int) -> bytes:
    return bytes(11) + size.to_bytes(2, "big") + bytes(size)


def test_records_are_never_cut_and_fill_datagrams() -> None:
    flight = [record(500), record(500), record(600), record(100), record(1300), record(5)]
    assert [len(each) for each in packed(b"".join(flight))] == [1026, 726, 1313, 18]
    assert b"".join(packed(b"".join(flight))) == b"".join(flight)
    assert packed(b"") == []
