"""Random lines of ICE, RTCP-mux and BUNDLE in the offer of one side: nothing raises, nothing of
them reaches the other side, and our answer can be read and keeps to the rules (I3)."""

import re
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import CodecPolicy, Latching, MediaProfile
from media.control import Opened, StreamPorts
from media.sdp.bundle import NONE, accepted
from media.sdp.connectivity import Reach
from media.sdp.describe import describe
from media.sdp.fragment import added, parse
from media.sdp.session import BadSdp, Session
from media.sdp.session import parse as parse_sdp
from sbc.b2bua.media import MediaPlan, NotAcceptable
from sbc.b2bua.media_side import MediaSide
from tests.support.descriptions import sdp

SECRET = "sesamsesamsesamsesamsesam"
ADDRESS = "198.51.100.77"
TEXT = st.text("abc019+/ .:-", max_size=12)
CANDIDATE = st.builds(
    "a=candidate:{} {} {} {} {} {} typ {}".format,
    st.sampled_from(["1", "x/+", "", "a b"]),
    st.integers(-1, 4),
    st.sampled_from(["udp", "UDP", "tcp", ""]),
    st.integers(-1, 2**33),
    st.sampled_from([ADDRESS, "::1", "fe80::1%a", "x.local", "0.0.0.0", ""]),
    st.integers(-1, 70_000),
    st.sampled_from(["host", "srflx", "relay raddr 10.0.0.1 rport 9", "odd", ""]),
)
LINE = st.one_of(
    CANDIDATE,
    st.builds("a=ice-ufrag:{}".format, st.sampled_from(["Peer", "x", ""]) | TEXT),
    st.builds("a=ice-pwd:{}".format, st.sampled_from([SECRET, "short", ""]) | TEXT),
    st.sampled_from(["a=rtcp-mux", "a=rtcp-mux-only", "a=bundle-only", "a=end-of-candidates"]),
    st.sampled_from(["a=ice-lite", "a=ice-options:trickle", "a=ice-mismatch", "a=rtcp:9"]),
    st.builds("a=mid:{}".format, st.sampled_from(["0", "1", "0 1"]) | TEXT),
)
MEDIA = st.builds(
    lambda kind, port, number, lines: [f"m={kind} {port} RTP/AVP {number}", *lines],
    st.sampled_from(["audio", "video"]),
    st.sampled_from([0, 9, 4000, 4002]),
    st.sampled_from([0, 8, 34]),
    st.lists(LINE, max_size=8),
)
GROUP = st.builds(
    "a=group:BUNDLE {}".format, st.sampled_from(["0", "1", "0 1", "1 0", "0 0", ""]) | TEXT
)
OFFER = st.builds(
    lambda media, groups, ip: "\r\n".join(
        [*sdp(*[line for each in media for line in each], ip=ip).decode().split("\r\n")[:5]]
        + groups
        + [line for each in media for line in each]
        + [""]
    ).encode(),
    st.lists(MEDIA, min_size=1, max_size=4),
    st.lists(GROUP | LINE, max_size=3),
    st.sampled_from(["192.0.2.1", "0.0.0.0"]),
)


def side(interface: str, ip: str, ice: str) -> MediaSide:
    latching, profile = Latching(mode="none"), MediaProfile()
    reach = Reach(ice, "accept")  # type: ignore[arg-type]
    return MediaSide(interface, ip, CodecPolicy(), latching, None, profile, reach=reach)


def planned(ice: str) -> MediaPlan:
    numbers = count(1)
    plan = MediaPlan(
        "call",
        side("wan", "203.0.113.10", ice),
        side("lan", "10.20.0.5", "none"),
        (11, 22),
        lambda size: bytes([next(numbers) & 255]) * size,
    )
    ports = (StreamPorts(at, 30_000 + 2 * at, 40_000 + 2 * at) for at in range(4))
    plan.opened(Opened("call", tuple(ports)))
    return plan


def answer_to(offer: Session) -> Session:
    lines = [f"m={line.kind} 6000 RTP/AVP {line.formats[0]}" for line in offer.media]
    return parse_sdp(sdp(*lines, ip="10.20.0.11"))


@settings(max_examples=200)
@given(OFFER, st.sampled_from(["accept", "offer", "require", "none"]))
def test_whatever_is_offered_the_other_side_sees_none_of_it(body: bytes, ice: str) -> None:
    try:
        offer = parse_sdp(body)
    except BadSdp:
        return
    plan = planned(ice)
    try:
        plan.lacking(offer, "a", None)
        ours = plan.offer(offer, "a")
        back = plan.answer(answer_to(offer), "b", "branch")
        program = plan.program(answered=True)
    except (NotAcceptable, BadSdp):
        return

    seen = ours.encode().decode()
    assert not re.search(r"ice-|candidate|mux|bundle|BUNDLE|mid:|sesam|198\.51\.100\.77", seen)
    answer = parse_sdp(back.encode())
    assert SECRET not in back.encode().decode()
    assert ADDRESS not in back.encode().decode()
    for stream in program.streams:
        carrier = stream.a.bundle
        if carrier is not None:
            assert carrier < stream.index
            assert answer.media[carrier].port == answer.media[stream.index].port
    group = [line for line in answer.lines if line.startswith("a=group")]
    assert len(group) <= 1


@given(st.binary(max_size=300) | st.lists(LINE, max_size=8).map(lambda x: "\r\n".join(x).encode()))
def test_a_fragment_is_read_or_refused(body: bytes) -> None:
    session = parse_sdp(sdp("m=audio 9 RTP/AVP 0", "a=ice-ufrag:Peer", f"a=ice-pwd:{SECRET}"))
    try:
        parts = parse(body)
    except BadSdp:
        return
    added(describe(session), session, parts)
    assert accepted(session, session) == NONE
