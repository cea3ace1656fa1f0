"""What m-lines say of their transport stays on its side; ours is written, the peer's is read."""

import pytest

from media.sdp.anchor import Origin, anchored, answered, wanted_streams
from media.sdp.describe import describe
from media.sdp.face import PLAIN, Face, Faces, IceSaid, Said, said
from media.sdp.session import parse
from tests.support.descriptions import CHROME, sdp

OURS = Origin(7, 3, "192.0.2.1")
PORTS = {0: 30000, 1: 30002}
PLAIN_LINE = "m=audio 4000 RTP/AVP 0"
KEYED = ("m=audio 4000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0")
SECURE = Face("RTP/SAVP", ("a=crypto:1 OUR_OWN",))


def text(*lines: str, faces: Faces) -> list[str]:
    return anchored(parse(sdp(*lines)), OURS, PORTS, faces=faces).encode().decode().split("\r\n")


def test_our_line_wears_its_face_behind_all_that_crosses() -> None:
    ours = text(PLAIN_LINE, "a=ptime:20", faces=Faces((SECURE,), ("a=ice-lite",)))
    assert ours[4:] == [
        "t=0 0",
        "a=ice-lite",
        "m=audio 30000 RTP/SAVP 0",
        "a=ptime:20",
        "a=sendrecv",
        "a=crypto:1 OUR_OWN",
        "",
    ]


def test_what_the_peer_says_of_its_transport_does_not_cross() -> None:
    ours = text(*KEYED, faces=Faces((Face("RTP/AVP"),)))
    assert ours[5:] == ["m=audio 30000 RTP/AVP 0", "a=sendrecv", ""]


def test_a_line_without_a_face_is_refused_in_its_place() -> None:
    offer = parse(sdp(PLAIN_LINE, "m=video 4002 RTP/AVP 31"))
    faces = Faces((None,))
    assert wanted_streams(offer, faces=faces) == [(1, "video")]
    assert [line.port for line in anchored(offer, OURS, PORTS, faces=faces).media] == [0, 30002]


def test_where_nothing_is_said_only_plain_rtp_is_taken() -> None:
    assert wanted_streams(parse(sdp(*KEYED))) == []
    assert Faces().of(3) is PLAIN


def test_an_answer_speaks_the_protocol_of_the_offer_it_answers() -> None:
    sent = anchored(parse(sdp(*KEYED)), OURS, PORTS, faces=Faces((Face("RTP/AVP"),)))
    answer = parse(sdp(PLAIN_LINE))
    ours = answered(sent, answer, OURS, PORTS, faces=Faces((SECURE,)))
    assert ours.media[0].line == "m=audio 30000 RTP/SAVP 0"


def test_a_refused_line_keeps_the_protocol_too() -> None:
    offer = parse(sdp(PLAIN_LINE))
    refused = anchored(offer, OURS, {}, faces=Faces((SECURE,))).media[0]
    assert refused.line == "m=audio 0 RTP/SAVP 0"
    assert refused.lines == ()


def test_more_lines_can_be_added_to_a_face() -> None:
    assert PLAIN.also("a=rtcp-mux").also("a=mid:0").lines == ("a=rtcp-mux", "a=mid:0")


def test_a_key_is_not_shown_with_its_face() -> None:
    assert "OUR_OWN" not in repr(Faces((SECURE,)))


def test_a_peers_line_is_read_with_all_it_says() -> None:
    session = parse(
        sdp(
            PLAIN_LINE,
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0",
            "a=fingerprint:sha-256 AB:CD",
            "a=setup:actpass",
            "a=tls-id:abc3de65cddef001be82",
            "a=ice-ufrag:8hhY",
            "a=ice-pwd:asd88fgpdd777uzjYhagZg",
            "a=ice-options:trickle ice2",
            "a=candidate:1 1 UDP 1 10.0.0.7 4000 typ host",
            "a=end-of-candidates",
            "a=rtcp-mux",
        )
    )
    assert describe(session)[0].transport == Said(
        "RTP/AVP",
        ("1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0",),
        ("sha-256 AB:CD",),
        "actpass",
        "abc3de65cddef001be82",
        IceSaid(
            "8hhY",
            "asd88fgpdd777uzjYhagZg",
            options=("trickle", "ice2"),
            candidates=("1 1 UDP 1 10.0.0.7 4000 typ host",),
            end_of_candidates=True,
        ),
        True,
    )


def test_keys_are_not_shown_with_what_was_read() -> None:
    said_ = describe(parse(sdp(*KEYED, "a=ice-ufrag:8hhY", "a=ice-pwd:asd88fgpdd777uzjYhagZg")))[0]
    assert "c2VjcmV0" not in repr(said_)
    assert "asd88" not in repr(said_)


@pytest.mark.parametrize("protocol", ["RTP/AVP", "RTP/AVPF", "UDP/TLS/RTP/SAVPF"])
def test_a_line_that_says_nothing_has_its_protocol_only(protocol: str) -> None:
    line = parse(sdp(f"m=audio 4000 {protocol} 0")).media[0]
    assert said(line) == Said(protocol)


def test_what_stands_for_the_whole_session_holds_where_the_line_says_nothing() -> None:
    marks = ("a=ice-lite", "a=ice-ufrag:8hhY", "a=ice-pwd:asd88", "a=fingerprint:sha-1 AB")
    whole, own = parse(
        sdp(PLAIN_LINE, "m=video 4002 RTP/AVP 31", "a=fingerprint:sha-256 CD", "a=setup:active")
    ).media
    first, second = said(whole, marks), said(own, marks)
    assert first.fingerprints == ("sha-1 AB",)
    assert second.fingerprints == ("sha-256 CD",)
    assert (first.setup, second.setup) == (None, "active")
    assert first.ice == second.ice == IceSaid("8hhY", "asd88", lite=True)


def test_half_of_ice_is_none_of_it() -> None:
    line = parse(sdp(PLAIN_LINE, "a=ice-ufrag:8hhY", "a=candidate:1 1 UDP 1 10.0.0.7 9 typ host"))
    assert said(line.media[0]).ice is None


def test_a_browsers_offer_is_read() -> None:
    said_ = describe(parse(CHROME))[0].transport
    assert said_.protocol == "UDP/TLS/RTP/SAVPF"
    assert said_.setup == "actpass"
    assert said_.mux
    assert said_.ice is not None
