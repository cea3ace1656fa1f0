"""How one side is protected: SDES, DTLS and plain RTP, offered, taken, and kept (C1, C2, I8)."""

from itertools import count

import pytest

from config.model import Srtp
from media.control import Dtls, Sdes, SrtpKey
from media.sdp.face import PLAIN, UNCHANGED, Face, Said
from media.sdp.keying import IN_CLEAR, Keying, Ways, answered_faces, offered_faces, ways_of
from media.sdp.sdes import new_key, read
from media.sdp.session import Session, parse
from tests.support.descriptions import sdp

CM_80, CM_32, GCM = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM"
THEIRS = new_key(bytes(range(30)))
THEIRS_GCM = new_key(bytes(range(28)))
KEYED = f"1 {CM_80} inline:{THEIRS}"
PRINT = "sha-256 " + ":".join(["AB"] * 32)
OPTIONAL = Ways(True, ("sdes",), (CM_80, GCM))
REQUIRED = Ways(False, ("sdes",), (CM_80, GCM))
DTLS = Ways(False, ("dtls",), ())
BOTH = Ways(True, ("dtls", "sdes"), (CM_80,))
TLS_ID, TLS_ID_2 = "abc3de65cddef001be82", "0123456789abcdefghij"


def keying(ways: Ways) -> Keying:
    """Its random bytes can be told apart."""
    numbers = count(1)
    made = Keying(ways, lambda size: next(numbers).to_bytes(1, "big") * size)
    made.fingerprint = "sha-256 OURS"
    return made


def keys_of(face: Face) -> list[str]:
    return [line.partition("inline:")[2] for line in face.lines]


def sdes(face: Face) -> list[str]:
    """Tag and suite of each line."""
    return [line.removeprefix("a=crypto:").partition(" inline")[0] for line in face.lines]


def said(*crypto: str, protocol: str = "RTP/SAVP") -> Said:
    return Said(protocol, crypto)


def by_dtls(setup: str | None, *, tls_id: str | None = None, fingerprint: str = PRINT) -> Said:
    return Said("UDP/TLS/RTP/SAVP", (), (fingerprint,), setup, tls_id)


# --- what the configuration lets a side use -------------------------------------------------------


def test_a_side_without_srtp_is_in_clear() -> None:
    assert ways_of(Srtp(), secure_signalling=True) is IN_CLEAR


def test_optional_leaves_plain_rtp_and_required_does_not() -> None:
    optional, required = Srtp(mode="optional"), Srtp(mode="required", keying=("dtls", "sdes"))
    assert ways_of(optional, secure_signalling=True) == Ways(True, ("sdes",), optional.suites)
    assert ways_of(required, secure_signalling=True).clear is False
    assert ways_of(required, secure_signalling=True).keying == ("dtls", "sdes")


@pytest.mark.parametrize(
    ("rule", "keying_"),
    [("reject", ("dtls",)), ("warn", ("dtls", "sdes")), ("allow", ("dtls", "sdes"))],
)
def test_keys_stand_in_clear_signalling_only_where_the_rule_lets_them(
    rule: str, keying_: tuple[str, ...]
) -> None:
    """(C2)"""
    srtp = Srtp.model_validate(
        {"mode": "required", "keying": ["dtls", "sdes"], "sdes_over_plain": rule}
    )
    assert ways_of(srtp, secure_signalling=False).keying == keying_


# --- our offers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ways", "like", "protocol"),
    [
        (IN_CLEAR, "RTP/SAVPF", "RTP/AVPF"),
        (OPTIONAL, "RTP/SAVP", "RTP/AVP"),
        (REQUIRED, "RTP/AVP", "RTP/SAVP"),
        (REQUIRED, "UDP/TLS/RTP/SAVPF", "RTP/SAVPF"),
        (DTLS, "RTP/AVPF", "UDP/TLS/RTP/SAVPF"),
        (BOTH, "UDP/TLS/RTP/SAVP", "RTP/AVP"),
        (Ways(False, ("dtls", "sdes"), (CM_80,)), "RTP/AVP", "UDP/TLS/RTP/SAVP"),
        (Ways(False, ("sdes", "dtls"), (CM_80,)), "RTP/AVP", "RTP/SAVP"),
    ],
)
def test_an_offer_has_the_profile_of_its_own_side(ways: Ways, like: str, protocol: str) -> None:
    assert keying(ways).offer(0, like).protocol == protocol


def test_what_is_no_rtp_is_left_alone() -> None:
    assert keying(REQUIRED).offer(0, "udptl") is PLAIN
    assert keying(REQUIRED).answer(0, Said("udptl")) is PLAIN
    assert keying(REQUIRED).takes(0, Said("udptl"), offering=True)


def test_an_offer_of_sdes_has_a_key_for_each_suite_in_the_wanted_order() -> None:
    face = keying(REQUIRED).offer(0, "RTP/AVP")
    assert sdes(face) == [f"1 {CM_80}", f"2 {GCM}"]
    assert len(set(keys_of(face))) == 2
    assert all(read(line.removeprefix("a=crypto:")) for line in face.lines)


def test_an_optional_offer_is_plain_rtp_with_all_that_there_is_beside_it() -> None:
    """(C1) OSRTP: RFC 8643 §3.1."""
    face = keying(BOTH).offer(0, "RTP/AVP")
    assert [line.partition(":")[0] for line in face.lines] == [
        "a=fingerprint",
        "a=setup",
        "a=tls-id",
        "a=crypto",
    ]


def test_the_same_stream_is_offered_the_same_again_and_another_one_is_not() -> None:
    side = keying(BOTH)
    assert side.offer(0, "RTP/AVP") == side.offer(0, "RTP/AVP")
    assert not set(side.offer(0, "RTP/AVP").lines[2:]) & set(side.offer(1, "RTP/AVP").lines[2:])


def test_another_peer_in_the_same_place_gets_other_keys() -> None:
    side = keying(REQUIRED)
    before = keys_of(side.offer(0, "RTP/AVP"))
    assert not set(before) & set(keys_of(side.again(REQUIRED).offer(0, "RTP/AVP")))
    assert side.again(REQUIRED).fingerprint == side.fingerprint


# --- what we take ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ways", "offered", "taken"),
    [
        (IN_CLEAR, Said(), True),
        (IN_CLEAR, said(KEYED, protocol="RTP/AVP"), True),
        (IN_CLEAR, said(KEYED), False),
        (IN_CLEAR, by_dtls("actpass"), False),
        (OPTIONAL, Said(), True),
        (OPTIONAL, said(KEYED, protocol="RTP/AVP"), True),
        (OPTIONAL, said(KEYED), True),
        (OPTIONAL, said(), False),
        (OPTIONAL, said(f"1 {CM_32} inline:{THEIRS}"), False),
        (OPTIONAL, by_dtls("actpass"), False),
        (REQUIRED, Said(), False),
        (REQUIRED, said(KEYED, protocol="RTP/AVP"), True),
        (REQUIRED, said(KEYED, protocol="RTP/SAVPF"), True),
        (REQUIRED, said(f"1 {CM_80} inline:short"), False),
        (REQUIRED, said(f"1 {CM_80} inline:{THEIRS} UNENCRYPTED_SRTP"), False),
        (Ways(False, (), ()), said(KEYED), False),
        (DTLS, by_dtls("actpass"), True),
        (DTLS, by_dtls("holdconn"), False),
        (DTLS, by_dtls("active", fingerprint="sha-1 " + ":".join(["AB"] * 20)), False),
        (DTLS, by_dtls("active", fingerprint="sha-256 AB:C"), False),
        (DTLS, said(KEYED), False),
        (BOTH, Said("RTP/AVP", (), (PRINT,), "actpass"), True),
    ],
)
def test_an_offer_is_taken_or_not(ways: Ways, offered: Said, taken: bool) -> None:
    side = keying(ways)
    assert side.takes(0, offered, offering=True) is taken
    assert side.answer(0, offered).refused is not taken


def test_the_first_line_of_an_offer_that_we_know_is_answered_under_its_tag() -> None:
    lines = (
        f"4 {CM_32} inline:{THEIRS}",
        f"5 {GCM} inline:{THEIRS_GCM}",
        f"6 {CM_80} inline:{THEIRS}",
    )
    side = keying(REQUIRED)
    face = side.answer(0, said(*lines))
    assert (face.protocol, sdes(face)) == ("RTP/SAVP", [f"5 {GCM}"])
    ours = keys_of(face)[0]
    assert side.agreed(0, said(*lines), offered=True) == (
        Sdes(GCM, (SrtpKey(THEIRS_GCM),), SrtpKey(ours)),
        None,
    )


def test_an_answer_names_a_line_of_ours_by_its_tag() -> None:
    side = keying(REQUIRED)
    ours = keys_of(side.offer(0, "RTP/AVP"))
    answer = said(f"2 {GCM} inline:{THEIRS_GCM}")
    assert side.takes(0, answer, offering=False)
    assert side.agreed(0, answer, offered=False)[0] == Sdes(
        GCM, (SrtpKey(THEIRS_GCM),), SrtpKey(ours[1])
    )
    assert not side.takes(0, said(f"1 {GCM} inline:{THEIRS_GCM}"), offering=False)
    assert not side.takes(0, said(f"2 {CM_80} inline:{THEIRS}"), offering=False)


def test_a_required_side_may_not_answer_in_clear_and_an_optional_one_may() -> None:
    assert not keying(REQUIRED).takes(0, Said(), offering=False)
    assert keying(OPTIONAL).takes(0, Said(), offering=False)
    assert keying(OPTIONAL).agreed(0, Said(), offered=False) == (None, None)


def test_our_key_stays_when_theirs_changes() -> None:
    side = keying(REQUIRED)
    first, _ = side.agreed(0, said(KEYED), offered=True)
    again, _ = side.agreed(0, said(KEYED), offered=True)
    rekeyed, _ = side.agreed(0, said(f"9 {CM_80} inline:{new_key(bytes(30))}"), offered=True)
    assert first == again
    assert first is not None
    assert rekeyed is not None
    assert rekeyed.ours == first.ours
    assert rekeyed.theirs != first.theirs


# --- DTLS -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setup", "ours", "active"),
    [
        ("actpass", "a=setup:passive", False),
        ("active", "a=setup:passive", False),
        ("passive", "a=setup:active", True),
        (None, "a=setup:passive", False),
    ],
)
def test_an_offer_of_dtls_is_answered_with_the_other_role(
    setup: str | None, ours: str, active: bool
) -> None:
    """(I8)"""
    side = keying(DTLS)
    face = side.answer(0, by_dtls(setup))
    assert face.lines == ("a=fingerprint:sha-256 OURS", ours)
    assert side.agreed(0, by_dtls(setup), offered=True) == (None, Dtls(active, (PRINT,)))


@pytest.mark.parametrize(("setup", "active"), [("active", False), ("passive", True), (None, True)])
def test_an_answer_of_dtls_says_who_begins(setup: str | None, active: bool) -> None:
    side = keying(DTLS)
    assert side.offer(0, "RTP/AVP").lines[:2] == ("a=fingerprint:sha-256 OURS", "a=setup:actpass")
    assert side.takes(0, by_dtls(setup), offering=False)
    assert side.agreed(0, by_dtls(setup), offered=False)[1] == Dtls(active, (PRINT,))


def test_an_answer_may_not_leave_it_open_who_begins() -> None:
    assert not keying(DTLS).takes(0, by_dtls("actpass"), offering=False)


def test_who_has_begun_stays_so_through_reinvites_of_both() -> None:
    """(I8) RFC 8842 §5.3; rtpengine's issue 2156."""
    side = keying(DTLS)
    side.offer(0, "RTP/AVP")
    begun = side.agreed(0, by_dtls("passive"), offered=False)
    for _ in range(2):
        assert side.answer(0, by_dtls("actpass")).lines[1] == "a=setup:active"
        assert side.agreed(0, by_dtls("actpass"), offered=True) == begun
    assert side.answer(1, by_dtls("actpass")).lines[1] == "a=setup:passive"


def test_a_tls_id_is_said_to_who_has_one_and_changes_with_theirs() -> None:
    side = keying(DTLS)

    def ours(tls_id: str | None) -> tuple[str, ...]:
        return side.answer(0, by_dtls("active", tls_id=tls_id)).lines[2:]

    assert ours(None) == ours("too short") == ()
    first = ours(TLS_ID)
    assert first == ours(TLS_ID) != ()
    assert ours(TLS_ID_2) != first
    _, dtls = side.agreed(0, by_dtls("active", tls_id=TLS_ID_2), offered=True)
    assert dtls is not None
    assert dtls.association == TLS_ID_2


def test_the_tls_id_that_we_offered_is_that_of_what_the_answer_agreed_on() -> None:
    side = keying(DTLS)
    offered = side.offer(0, "RTP/AVP").lines[2]
    side.agreed(0, by_dtls("active", tls_id=TLS_ID), offered=False)
    assert side.answer(0, by_dtls("active", tls_id=TLS_ID)).lines[2] == offered
    assert side.offer(0, "RTP/AVP").lines[2] == offered


def test_of_both_ways_the_preferred_one_is_taken() -> None:
    side = keying(BOTH)
    either = Said("RTP/AVP", (KEYED,), (PRINT,), "actpass")
    assert side.agreed(0, either, offered=True)[1] is not None
    assert keying(OPTIONAL).agreed(0, either, offered=True)[0] is not None


# --- whole descriptions ---------------------------------------------------------------------------


def offer(*lines: str) -> Session:
    return parse(sdp(*lines))


PLAIN_LINE = "m=audio 4000 RTP/AVP 0"
KEYED_LINE = (f"m=audio 4000 RTP/SAVP 0\r\na=crypto:{KEYED}",)


def test_two_sides_in_clear_are_left_as_they_are() -> None:
    a, b = keying(IN_CLEAR), keying(IN_CLEAR)
    assert offered_faces(offer(PLAIN_LINE), a, b) is UNCHANGED
    assert answered_faces(offer(PLAIN_LINE), offer(PLAIN_LINE), a, b) is UNCHANGED


def test_an_offer_in_clear_is_keyed_anew_for_the_other_side() -> None:
    faces = offered_faces(offer(PLAIN_LINE), keying(IN_CLEAR), keying(REQUIRED))
    (face,) = faces.media
    assert face is not None
    assert (face.protocol, sdes(face)) == ("RTP/SAVP", [f"1 {CM_80}", f"2 {GCM}"])


def test_an_offer_that_one_side_may_not_make_or_the_other_not_get_has_no_face() -> None:
    nowhere = Ways(False, (), ())
    for offer_, by, to in [
        (offer(PLAIN_LINE), REQUIRED, IN_CLEAR),
        (offer(*KEYED_LINE), IN_CLEAR, REQUIRED),
        (offer(PLAIN_LINE), IN_CLEAR, nowhere),
    ]:
        assert offered_faces(offer_, keying(by), keying(to)).media == (None,)


def test_an_answer_wears_the_profile_of_the_offer_it_is_for() -> None:
    faces = answered_faces(
        offer(*KEYED_LINE), offer(PLAIN_LINE), keying(IN_CLEAR), keying(REQUIRED)
    )
    (face,) = faces.media
    assert face is not None
    assert (face.protocol, sdes(face), face.refused) == ("RTP/SAVP", [f"1 {CM_80}"], False)


def test_an_answer_that_does_not_do_is_refused_in_the_profile_of_the_offer() -> None:
    faces = answered_faces(
        offer(*KEYED_LINE), offer(PLAIN_LINE), keying(REQUIRED), keying(REQUIRED)
    )
    assert faces.media == (Face("RTP/SAVP", refused=True),)


def test_a_handshake_is_passed_on_only_where_both_sides_let_it() -> None:
    """RFC 7879"""
    passing = ways_of(Srtp(mode="pass"), secure_signalling=False)
    assert (passing.clear, passing.keying, passing.passes) == (True, (), True)
    made = offer(f"m=audio 4000 UDP/TLS/RTP/SAVP 0\r\na=fingerprint:{PRINT}\r\na=setup:actpass")
    (face,) = offered_faces(made, keying(passing), keying(passing)).media
    assert face == Face("UDP/TLS/RTP/SAVP", (f"a=fingerprint:{PRINT}", "a=setup:actpass"))
    for by, to in ((passing, IN_CLEAR), (IN_CLEAR, passing), (passing, REQUIRED)):
        assert offered_faces(made, keying(by), keying(to)).media == (None,)
