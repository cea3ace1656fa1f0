"""A-law for µ-law in descriptions, where nothing else is left."""

import pytest

from config.model import CodecPolicy
from media.sdp.laws import PCMA, PCMU, back, for_peer
from media.sdp.session import Session, parse
from tests.support.descriptions import sdp

ONLY_A = CodecPolicy(allow=("pcma", "telephone-event"))
ONLY_U = CodecPolicy(allow=("pcmu", "telephone-event"))
DTMF = ("a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15")


def session(*lines: str) -> Session:
    return parse(sdp(*lines))


def test_an_offer_of_the_one_law_goes_on_in_the_other() -> None:
    offer = session("m=audio 4000 RTP/AVP 0 18 101", "a=rtpmap:0 PCMU/8000", *DTMF, "a=sendonly")
    swap = for_peer(offer, ONLY_U, ONLY_A)
    (line,) = swap.session.media
    assert swap.laws == {0: PCMU}
    assert line.line == "m=audio 4000 RTP/AVP 8 101"
    assert line.lines == ("a=rtpmap:8 PCMA/8000", *DTMF, "a=sendonly")


def test_and_its_answer_comes_back_in_the_first() -> None:
    answer = session("m=audio 6000 RTP/AVP 8 101", *DTMF)
    (line,) = back(answer, {0: PCMU}).media
    assert line.line == "m=audio 6000 RTP/AVP 0 101"
    assert PCMA.key not in {codec.key for codec in line.codecs}


@pytest.mark.parametrize(
    ("formats", "own", "other"),
    [
        ("0 8", ONLY_U, CodecPolicy(allow=("pcmu", "pcma"))),
        ("0 9", CodecPolicy(allow=("pcmu", "g722")), CodecPolicy(allow=("pcma", "g722"))),
        ("18", ONLY_U, ONLY_A),
        ("0", ONLY_U, CodecPolicy(allow=("g722",))),
        ("8", ONLY_U, ONLY_A),
        ("0", CodecPolicy(), CodecPolicy()),
    ],
)
def test_where_something_is_left_or_nothing_would_be_no_law_changes(
    formats: str, own: CodecPolicy, other: CodecPolicy
) -> None:
    offer = session(f"m=audio 4000 RTP/AVP {formats}")
    swap = for_peer(offer, own, other)
    assert swap.session is offer
    assert swap.laws == {}


def test_other_lines_stay_as_they_are() -> None:
    offer = session("m=video 4002 RTP/AVP 34", "m=audio 4000 RTP/AVP 0", "m=audio 0 RTP/AVP 0")
    swap = for_peer(offer, ONLY_U, ONLY_A)
    assert set(swap.laws) == {1}
    assert swap.session.media[0] is offer.media[0]
    assert swap.session.media[2] is offer.media[2]


def test_a_refused_line_in_the_answer_stays_refused() -> None:
    (line,) = back(session("m=audio 0 RTP/AVP 8"), {0: PCMU}).media
    assert line.refused
