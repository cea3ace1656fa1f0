"""Streams that are not RTP: fax (T.38 annex D), floor control (RFC 8856), and the unknown (M9)."""

import pytest

from media.sdp.allowlist import Rules
from media.sdp.anchor import BadAnswer, Origin, anchored, answered
from media.sdp.datagrams import Carried, attributes, carried, formats
from media.sdp.media_description import Media
from media.sdp.session import Session, parse
from tests.support.descriptions import sdp

EVERY: frozenset[Carried] = frozenset({"t38", "bfcp", "unknown"})
OURS = Origin(7, 3, "192.0.2.1")
FAX = (
    "m=image 4000 udptl t38",
    "a=T38FaxVersion:0",
    "a=T38MaxBitRate:14400",
    "a=T38FaxFillBitRemoval",
    "a=T38FaxTranscodingMMR:0",
    "a=T38FaxRateManagement:transferredTCF",
    "a=T38FaxMaxBuffer:2000",
    "a=T38FaxMaxDatagram:400",
    "a=T38FaxUdpEC:t38UDPRedundancy",
)
FLOOR = (
    "m=application 4002 UDP/BFCP *",
    "a=floorctrl:c-s",
    "a=confid:1",
    "a=userid:28",
    "a=floorid:1 mstrm:10 11",
    "a=floorid:2 mstrm:12",
    "a=bfcpver:1 2",
)


def line(*lines: str) -> Media:
    (media,) = parse(sdp(*lines)).media
    return media


def through(*lines: str, carry: frozenset[Carried] = EVERY) -> list[str]:
    """What an offer of these lines is to the other side, from its first m-line on."""
    session = anchored(parse(sdp(*lines)), OURS, {0: 30000, 1: 30002}, rules=Rules(datagrams=carry))
    return session.encode().decode().split("\r\n")[5:-1]


def test_a_fax_crosses_with_all_that_it_says_of_itself() -> None:
    assert through(*FAX) == ["m=image 30000 udptl t38", *FAX[1:], "a=sendrecv"]


def test_floor_control_crosses_with_all_of_its_floors() -> None:
    assert through(*FLOOR) == ["m=application 30000 UDP/BFCP *", *FLOOR[1:], "a=sendrecv"]


def test_the_unknown_crosses_without_its_attributes() -> None:
    game = ("m=application 4000 udp wb-1", "a=orient:portrait", "a=at:10.0.0.7")
    assert through(*game) == ["m=application 30000 udp wb-1", "a=sendrecv"]


@pytest.mark.parametrize("name", sorted(EVERY))
def test_what_is_not_allowed_is_refused(name: Carried) -> None:
    lines = {"t38": FAX, "bfcp": FLOOR, "unknown": ("m=application 4000 udp wb",)}[name]
    (head,) = through(*lines, carry=EVERY - {name})
    assert head.split(" ")[1] == "0"


@pytest.mark.parametrize(
    "head",
    [
        "m=message 4000 TCP/MSRP *",
        "m=application 4000 TCP/BFCP *",
        "m=application 4000 TCP/TLS/BFCP *",
        "m=image 4000 tcp t38",
        "m=application 4000 UDP/DTLS/SCTP webrtc-datachannel",
        "m=image 4000 udptl g3",
        "m=audio 4000 udptl t38",
        "m=audio 4000 UDP/BFCP *",
    ],
)
def test_what_the_relay_cannot_carry_is_refused_whatever_is_allowed(head: str) -> None:
    assert formats(line(head), EVERY) == ()


@pytest.mark.parametrize(
    "attribute",
    [
        "a=T38MaxBitRate:many",
        "a=T38FaxVersion:0 10.0.0.7",
        "a=T38VendorInfo:inside.example",
        "a=T38FaxUdpEC:pbx.internal",
        "a=floorid:1 mstrm:inside",
        "a=confid:12345678901",
        "a=x-inside:1",
        "a=candidate:1 1 UDP 1 10.0.0.7 4000 typ host",
    ],
)
def test_an_attribute_with_anything_else_in_it_stays(attribute: str) -> None:
    assert attributes(line(FAX[0], attribute), EVERY) == []
    assert attributes(line(FLOOR[0], attribute), EVERY) == []


def test_an_attribute_that_comes_twice_crosses_once() -> None:
    twice = line(FAX[0], "a=T38MaxBitRate:9600", "a=T38MaxBitRate:14400")
    assert attributes(twice, EVERY) == ["a=T38MaxBitRate:9600"]


def test_a_line_over_rtp_is_not_of_these() -> None:
    assert carried(line("m=audio 4000 RTP/AVP 0"), EVERY) is None
    assert formats(line("m=audio 4000 RTP/AVP 0"), EVERY) == ()


def offer_and_answer(offer: tuple[str, ...], answer: tuple[str, ...]) -> Session:
    ports = {0: 30000}
    sent = anchored(parse(sdp(*offer)), OURS, ports)
    return answered(sent, parse(sdp(*answer)), OURS, ports)


def test_an_answered_fax_comes_back_as_our_own() -> None:
    slower = (FAX[0].replace("4000", "6000"), "a=T38MaxBitRate:9600")
    answer = offer_and_answer(FAX, slower)
    assert answer.media[0].line == "m=image 30000 udptl t38"
    assert answer.media[0].lines == ("a=T38MaxBitRate:9600", "a=sendrecv")


def test_a_fax_may_be_refused_in_an_answer() -> None:
    offer = (*FAX, "m=audio 4002 RTP/AVP 0")
    ports = {0: 30000, 1: 30002}
    sent = anchored(parse(sdp(*offer)), OURS, ports)
    refusal = parse(sdp("m=image 0 udptl t38", "m=audio 6002 RTP/AVP 0"))
    ours = answered(sent, refusal, OURS, ports)
    assert [media.line for media in ours.media] == [
        "m=image 0 udptl t38",
        "m=audio 30002 RTP/AVP 0",
    ]


def test_an_answer_with_a_format_that_was_not_offered_leaves_nothing() -> None:
    with pytest.raises(BadAnswer):
        offer_and_answer(FAX, ("m=image 6000 udptl g3",))
