import pytest

from media.ng.describing import Toward, answer_for, fitted, offer_for, wanted
from media.ng.keys import normalised
from media.ng.wishes import Wishes, wishes_of
from media.sdp.anchor import BadAnswer
from media.sdp.describe import describe
from media.sdp.session import Session, parse
from tests.support.ng import CALLED, CALLER, PRIVATE, end, sdp


def answered(answer: Session, offer: Session, to: Toward, wishes: Wishes | None = None) -> Session:
    to.end.views = describe(offer)
    return answer_for(answer, describe(answer), end(), offer, to, Wishes(), wishes or Wishes())


def toward(*ports: int) -> Toward:
    return Toward(end(), PRIVATE, dict(enumerate(ports)))


def flags(*words: str) -> Wishes:
    return wishes_of(normalised({"flags": list(words)}))


def offered(body: str, wishes: Wishes, *ports: int) -> list[str]:
    session = offer_for(
        parse(body.encode()),
        describe(parse(body.encode())),
        end(),
        toward(*(ports or (30000,))),
        wishes,
    )
    return session.encode().decode().split("\r\n")[:-1]


@pytest.mark.parametrize(
    ("wishes", "line"),
    [
        (flags(), "a=rtcp:30001"),
        (flags("full-rtcp-attribute"), f"a=rtcp:30001 IN IP4 {PRIVATE}"),
        (flags("no-rtcp-attribute"), "a=sendrecv"),
        (flags("original-sendrecv", "no-rtcp-attribute"), "a=rtpmap:8 PCMA/8000"),
    ],
)
def test_the_last_line_of_a_plain_stream(wishes: Wishes, line: str) -> None:
    assert offered(sdp(CALLER, formats="8"), wishes)[-1] == line


def test_a_protocol_is_changed_for_the_receiver_and_restored_for_the_offerer() -> None:
    offer = parse(sdp(CALLER).encode())
    wishes = wishes_of(normalised({"transport-protocol": "RTP/AVPF"}))
    assert "m=audio 30000 RTP/AVPF 8 101" in offered(sdp(CALLER), wishes)
    answer = parse(sdp(CALLED, protocol="RTP/AVPF").encode())
    assert answered(answer, offer, toward(30002)).media[0].protocol == "RTP/AVP"
    assert answered(answer, offer, toward(30002), wishes).media[0].protocol == "RTP/AVPF"


def test_mids_are_made_where_asked_and_none_is_there() -> None:
    two = sdp(CALLER, "m=video 4002 RTP/AVP 97", "a=mid:v", "a=rtpmap:97 VP8/90000")
    lines = offered(two, flags("generate-mid"), 30000, 30002)
    assert [line for line in lines if "mid" in line] == ["a=mid:1", "a=mid:v"]


def test_what_the_relay_cannot_carry_is_refused_and_needs_no_ports() -> None:
    body = sdp(CALLER, "m=image 4002 udptl t38", "m=message 4004 TCP/MSRP *", "m=audio 0 RTP/AVP 0")
    session = parse(body.encode())
    assert wanted(session, describe(session), Wishes()) == [
        (0, "audio"),
        (1, "image"),
    ]
    lines = offered(body, Wishes(), 30000, 30002)
    assert "m=message 0 TCP/MSRP *" in lines
    assert "m=image 30002 udptl t38" in lines


def test_an_answer_has_as_many_lines_as_the_offer() -> None:
    offer = parse(sdp(CALLER, "m=video 4002 RTP/AVP 97").encode())

    def ours(answer: Session) -> Session:
        return answered(fitted(answer, offer), offer, toward(30000, 30002))

    short = ours(parse(sdp(CALLED).encode()))
    assert [line.port for line in short.media] == [30000, 0]
    long = sdp(CALLED, *["m=video 0 RTP/AVP 97"] * 3)
    assert len(ours(parse(long.encode())).media) == 2


def test_an_answer_of_another_kind_is_refused() -> None:
    offer = parse(sdp(CALLER).encode())
    answer = parse(sdp(CALLED).replace("m=audio", "m=video").encode())
    with pytest.raises(BadAnswer):
        answered(answer, offer, toward(30000))


def test_an_answer_has_only_codecs_of_the_offer_and_its_packet_time() -> None:
    offer = parse(sdp(CALLER, "a=ptime:30", formats="8").encode())
    answer = parse(sdp(CALLED, formats="0 8").encode())
    line = answered(answer, offer, toward(30000)).media[0]
    assert line.formats == ("8",)
    assert "a=rtpmap:0 PCMU/8000" not in line.lines
    assert line.lines[-1] == "a=ptime:30"
