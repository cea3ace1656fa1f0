"""SRTP, ICE and RTCP-mux as the flags of NG ask for them, on a relay's core (C1, I2, M6)."""

from typing import Any

import pytest

from media.control import Query, SessionReport
from media.ng import facing
from media.ng.facing import SUITES
from media.ng.keys import normalised
from media.ng.wishes import wishes_of
from media.sdp.face import Said
from tests.support.ng import CALLED, CALLER, NgWorld, lines, sdp
from tests.support.rtcp_packets import receiver_report
from tests.support.rtp_streams import rtp
from tests.support.secure_call import crypto, cryptos

ICE = ("a=ice-ufrag:abcd", "a=ice-pwd:" + "x" * 24)


def attributes(reply: dict[str, Any], *names: str) -> list[str]:
    return [line for line in lines(reply) if line[2:].partition(":")[0] in names]


def offered(*attributes_: str, protocol: str = "RTP/AVP", **keys: Any) -> tuple[NgWorld, Any]:
    world = NgWorld()
    return world, world.offer(sdp(CALLER, *attributes_, protocol=protocol), **keys)


# --- SRTP ---------------------------------------------------------------------------------------


def test_towards_savp_all_suites_are_offered_the_best_first() -> None:
    _, offer = offered(transport_protocol="RTP/SAVP")
    found = cryptos(offer["sdp"])
    assert [each.suite for each in found] == list(SUITES)
    assert [each.tag for each in found] == [1, 2, 3, 4, 5, 6]
    assert "m=audio 0" not in offer["sdp"]


@pytest.mark.parametrize(
    ("words", "suites"),
    [
        (["no-AEAD_AES_256_GCM", "no-AEAD_AES_128_GCM"], SUITES[2:]),
        (["only-AES_CM_128_HMAC_SHA1_80"], (SUITES[4],)),
        (
            ["order:AES_CM_128_HMAC_SHA1_32;AES_CM_128_HMAC_SHA1_80"],
            (SUITES[5], SUITES[4], *SUITES[:4]),
        ),
        (["off"], ()),
    ],
)
def test_suites_are_chosen_by_sdes(words: list[str], suites: tuple[str, ...]) -> None:
    message: dict[str, Any] = {"SDES": words, "DTLS": "off"}
    wishes = wishes_of(normalised(message))
    assert facing.ways_toward("RTP/SAVP", wishes).suites == suites


def test_without_any_way_to_agree_on_keys_the_line_is_refused() -> None:
    _, offer = offered(transport_protocol="RTP/SAVP", SDES=["off"], DTLS="off")
    assert "m=audio 0 RTP/AVP" in offer["sdp"]


@pytest.mark.parametrize("suite", SUITES)
def test_clear_and_srtp_are_translated_both_ways(suite: str) -> None:
    world, offer = offered(transport_protocol="RTP/SAVP")
    ours = next(each for each in cryptos(offer["sdp"]) if each.suite == suite)
    theirs = crypto(suite, 7, ours.tag)
    answer = world.answer(sdp(CALLED, theirs.line, protocol="RTP/SAVP"))
    assert "RTP/AVP" in answer["sdp"]
    assert not attributes(answer, "crypto")
    near, far = ports(answer), ports(offer)
    plain = rtp(1, 160, 8)
    (there,) = world.arrive(near, plain, CALLER)
    assert there.data == ours.own.protect(plain, 0)
    (back,) = world.arrive(far, theirs.own.protect(plain, 0), CALLED)
    assert back.data == plain
    assert not world.arrive(far, plain, CALLED)


def test_keys_of_one_side_are_never_told_to_the_other() -> None:
    theirs = crypto("AES_CM_128_HMAC_SHA1_80", 9)
    _, offer = offered(theirs.line, protocol="RTP/SAVP")
    assert theirs.key not in offer["sdp"]
    assert len(cryptos(offer["sdp"])) == 6


def test_opportunistic_srtp_is_offered_and_accepted_only_where_asked() -> None:
    _, plain = offered()
    assert not attributes(plain, "crypto")
    _, best_effort = offered(OSRTP=["offer"])
    assert "RTP/AVP" in best_effort["sdp"]
    assert len(cryptos(best_effort["sdp"])) == 6
    said = Said("RTP/AVP")
    assert facing.ways_from(said, wishes_of(normalised({"OSRTP": ["accept"]}))).keying
    assert not facing.ways_from(said, wishes_of(normalised({}))).keying


# --- DTLS -----------------------------------------------------------------------------------------

PRINT = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)


def test_webrtc_is_offered_all_that_a_browser_wants() -> None:
    _, offer = offered(flags=["WebRTC"])
    names = [line[2:].partition(":")[0] for line in lines(offer) if line.startswith("a=")]
    assert "UDP/TLS/RTP/SAVPF" in offer["sdp"]
    assert {"mid", "rtcp-mux", "fingerprint", "setup", "ice-ufrag", "candidate"} <= set(names)
    assert "a=setup:actpass" in lines(offer)
    assert not {"crypto", "rtcp"} & set(names)


def test_a_browser_is_answered_with_dtls_and_the_phone_hears_nothing_of_it() -> None:
    world, offer = offered(
        *(PRINT, "a=setup:actpass", "a=rtcp-mux", *ICE),
        **{"protocol": "UDP/TLS/RTP/SAVPF", "transport_protocol": "RTP/AVP", "ICE": "remove"},
        rtcp_mux=["demux"],
    )
    assert not attributes(offer, "fingerprint", "setup", "ice-ufrag", "rtcp-mux", "crypto")
    assert "RTP/AVP 8" in offer["sdp"]
    answer = world.answer(rtcp_mux=["accept"])
    assert "UDP/TLS/RTP/SAVPF" in answer["sdp"]
    assert attributes(answer, "setup") == ["a=setup:passive"]
    assert len(attributes(answer, "fingerprint")) == 1
    assert attributes(answer, "rtcp-mux")


def test_before_the_handshake_nothing_crosses() -> None:
    world, offer = offered(transport_protocol="UDP/TLS/RTP/SAVPF")
    answer = world.answer(sdp(CALLED, PRINT, "a=setup:active", protocol="UDP/TLS/RTP/SAVPF"))
    assert "RTP/AVP" in answer["sdp"]
    assert not world.arrive(ports(offer), rtp(0, 0, 8), CALLED)
    assert not world.arrive(ports(answer), rtp(0, 0, 8), CALLER)


def test_keys_that_are_in_use_stay_until_a_new_offer_is_answered() -> None:
    world, offer = offered(transport_protocol="RTP/SAVP")
    theirs = crypto(SUITES[4], 7, 5)
    answer = world.answer(sdp(CALLED, theirs.line, protocol="RTP/SAVP"))
    again = world.offer(to_tag="b", transport_protocol="RTP/SAVP")
    assert cryptos(again["sdp"]) == cryptos(offer["sdp"])
    (back,) = world.arrive(ports(offer), theirs.own.protect(rtp(1, 160, 8), 0), CALLED)
    assert (back.data, back.local[1]) == (rtp(1, 160, 8), ports(answer))


# --- RTCP-mux -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "words", "goes_on"),
    [
        (False, [], False),
        (False, ["offer"], True),
        (False, ["require"], True),
        (True, [], True),
        (True, ["accept"], True),
        (True, ["demux"], False),
    ],
)
def test_mux_is_offered_on(theirs: bool, words: list[str], goes_on: bool) -> None:
    _, offer = offered(*["a=rtcp-mux"] * theirs, rtcp_mux=words)
    assert bool(attributes(offer, "rtcp-mux")) is goes_on
    port = ports(offer)
    rtcp = f"a=rtcp:{port if 'require' in words else port + 1}"
    assert attributes(offer, "rtcp") == [rtcp]


@pytest.mark.parametrize(
    ("words", "answered", "accepted"),
    [
        ([], False, False),
        ([], True, True),
        (["accept"], False, True),
        (["demux"], False, True),
        (["reject"], True, False),
    ],
)
def test_mux_is_accepted(words: list[str], answered: bool, accepted: bool) -> None:
    world, _ = offered("a=rtcp-mux", rtcp_mux=words)
    answer = world.answer(sdp(CALLED, *["a=rtcp-mux"] * answered))
    assert bool(attributes(answer, "rtcp-mux")) is accepted
    near = ports(answer)
    assert attributes(answer, "rtcp") == [f"a=rtcp:{near if accepted else near + 1}"]


def test_rtcp_goes_from_one_port_to_two() -> None:
    world, offer = offered("a=rtcp-mux", rtcp_mux=["demux"])
    near, far = ports(world.answer()), ports(offer)
    world.arrive(near, rtp(0, 0, 8), CALLER)
    (sent,) = world.arrive(near, receiver_report(7), CALLER)
    assert (sent.local, sent.to) == (("pub/IP4", far + 1), (CALLED[0], CALLED[1] + 1))


# --- ICE ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "word", "goes_on"),
    [
        (False, None, False),
        (True, None, True),
        (True, "remove", False),
        (False, "force", True),
        (True, "force", True),
        (False, "optional", False),
    ],
)
def test_ice_is_offered_on(theirs: bool, word: str | None, goes_on: bool) -> None:
    _, offer = offered(*ICE * theirs, **({"ICE": word} if word else {}))
    assert bool(attributes(offer, "ice-ufrag", "ice-pwd", "candidate")) is goes_on
    assert "abcd" not in offer["sdp"]


def test_lines_have_the_order_of_rtpengine() -> None:
    _, offer = offered("a=ptime:20", ICE="force", rtcp_mux=["offer"], transport_protocol="RTP/SAVP")
    names = [line[2:].partition(":")[0] for line in lines(offer) if line.startswith("a=")]
    last = names[names.index("sendrecv") :]
    assert list(dict.fromkeys(last)) == [
        *("sendrecv", "rtcp", "rtcp-mux", "crypto", "ptime", "ice-ufrag", "ice-pwd"),
        *("candidate", "end-of-candidates"),
    ]


def test_an_offerer_with_ice_is_answered_with_ice_unless_it_shall_not() -> None:
    for word, answered in ((None, True), ("remove", False)):
        keys = {"ICE": word} if word else {}
        world, _ = offered(*ICE, **keys)
        answer = world.answer(**keys)
        assert bool(attributes(answer, "ice-ufrag")) is answered
        (talk,) = world.core.calls.of("c")
        report = world.ask_relay(Query(talk.session), world.now)
        assert isinstance(report, SessionReport)


def ports(reply: dict[str, Any]) -> int:
    line = next(line for line in lines(reply) if line.startswith("m=audio"))
    return int(line.split()[1])
