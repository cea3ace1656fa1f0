"""The order of lines is the one that rtpengine 13.1 and later write."""

import pytest

from media.sdp.allowlist import Rules
from media.sdp.anchor import anchored, answered
from media.sdp.face import Face, Faces
from media.sdp.origin import Origin
from media.sdp.passing import Passing
from media.sdp.session import Session, parse

OURS = "203.0.113.1"
ORIGIN = Origin(7, 8, OURS)

OFFER = """v=0
o=alice 1 2 IN IP4 192.0.2.1
s=a call
e=alice@example.com
c=IN IP4 192.0.2.1
b=CT:100
t=0 0
a=group:BUNDLE one
a=tool:phone
a=ice-lite
a=sendonly
m=audio 4000 RTP/AVP 96 0 99
a=x-first:192.0.2.1
a=rtcp-mux
a=rtcp:4009
a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:secret
a=ptime:20
a=extmap:1 urn:x
a=fmtp:96 useinbandfec=1
a=rtpmap:96 opus/48000/2
a=rtcp-fb:96 nack
a=rtcp-fb:* ccm fir
a=label:3
a=mid:one
b=AS:50
i=speech
a=x-last
m=image 4002 udptl t38
a=T38FaxVersion:0
m=video 0 RTP/AVP 97
"""


def parsed(text: str) -> Session:
    return parse(text.replace("\n", "\r\n").encode())


def passed(text: str, passing: Passing | None = None, *lines: str) -> list[str]:
    rules = Rules(passing=passing or Passing())
    session = anchored(
        parsed(text), ORIGIN, {0: 5000, 1: 5002}, rules=rules, faces=Faces((Face(None, lines),))
    )
    return session.encode().decode().split("\r\n")[:-1]


def test_all_but_the_transport_passes_in_one_order() -> None:
    assert passed(OFFER, None, "a=rtcp:5001", "a=ptime:20") == [
        "v=0",
        "o=- 7 8 IN IP4 203.0.113.1",
        "s=a call",
        "e=alice@example.com",
        "b=CT:100",
        "t=0 0",
        "a=tool:phone",
        "m=audio 5000 RTP/AVP 96 0 99",
        "i=speech",
        "c=IN IP4 203.0.113.1",
        "b=AS:50",
        "a=mid:one",
        "a=label:3",
        "a=rtpmap:96 opus/48000/2",
        "a=fmtp:96 useinbandfec=1",
        "a=rtcp-fb:96 nack",
        "a=rtpmap:0 PCMU/8000",
        "a=extmap:1 urn:x",
        "a=x-first:192.0.2.1",
        "a=rtcp-fb:* ccm fir",
        "a=x-last",
        "a=sendonly",
        "a=rtcp:5001",
        "a=ptime:20",
        "m=image 5002 udptl t38",
        "c=IN IP4 203.0.113.1",
        "a=T38FaxVersion:0",
        "a=sendonly",
        "m=video 0 RTP/AVP 97",
        "c=IN IP4 0.0.0.0",
    ]


HELD = """v=0
o=- 1 1 IN IP4 192.0.2.1
s=-
c=IN IP4 0.0.0.0
t=0 0
m=audio 4000 RTP/AVP 0
"""


@pytest.mark.parametrize(
    ("passing", "connection"),
    [(Passing(), "0.0.0.0"), (Passing(zero_address=True), OURS)],
)
def test_a_hold_by_address_keeps_it_unless_asked(passing: Passing, connection: str) -> None:
    lines = passed(HELD, passing)
    assert f"c=IN IP4 {connection}" in lines
    assert lines[-1] == "a=sendonly"


def test_the_direction_may_stay_as_written() -> None:
    assert "a=sendrecv" not in passed(HELD, Passing(own_direction=True))
    kept = passed(HELD + "a=inactive\n", Passing(own_direction=True))
    assert kept[-1] == "a=inactive"


def test_an_answer_carries_the_mid_of_the_offer_and_may_refuse_all() -> None:
    offer = parsed(HELD.replace("0.0.0.0", "192.0.2.1") + "a=mid:x\n")
    answer = parsed(HELD.replace("0.0.0.0", "192.0.2.2") + "a=recvonly\n")
    rules = Rules(passing=Passing())
    ours = answered(offer, answer, ORIGIN, {0: 5000}, rules=rules)
    assert ours.media[0].lines[1:3] == ("a=mid:x", "a=rtpmap:0 PCMU/8000")
    refused = parsed(HELD.replace("4000", "0"))
    assert answered(offer, refused, ORIGIN, {0: 5000}, rules=rules).media[0].port == 0
