"""Each side agrees on its own ways: ICE and RTCP-mux of one never show on the other (I3, M6)."""

from itertools import count

import pytest

from config.model import CodecPolicy, IceMode, Latching, MediaProfile, MuxMode
from media.control import Opened, SidePlan, StreamPorts
from media.sdp.anchor import BadAnswer
from media.sdp.connectivity import Reach
from media.sdp.session import Session, parse
from sbc.b2bua.media import MediaPlan, NotAcceptable
from sbc.b2bua.media_side import MediaSide
from tests.support.descriptions import sdp

A_IP, B_IP = "192.0.2.1", "10.20.0.11"
PWD = "0123456789abcdef0123456789"
AUDIO = "m=audio 4000 RTP/AVP 8 0"
ICE = (
    "a=ice-ufrag:Peer",
    f"a=ice-pwd:{PWD}",
    "a=candidate:1 1 udp 2130706431 192.0.2.1 4000 typ host",
    "a=candidate:1 2 udp 2130706430 192.0.2.1 4001 typ host",
    "a=candidate:2 1 udp 1694498815 198.51.100.77 61000 typ srflx raddr 192.0.2.1 rport 4000",
    "a=end-of-candidates",
)
B_ICE = (*ICE[:2], "a=candidate:1 1 udp 2130706431 10.20.0.11 6000 typ host")
MUX = "a=rtcp-mux"


def side(interface: str, shown: str, peer: str, ice: IceMode, mux: MuxMode) -> MediaSide:
    return MediaSide(
        interface,
        shown,
        CodecPolicy(),
        Latching(mode="none"),
        peer,
        MediaProfile(),
        reach=Reach(ice, mux),
    )


def planned(a: IceMode = "accept", b: IceMode = "none", mux: MuxMode = "accept") -> MediaPlan:
    numbers = count(1)
    plan = MediaPlan(
        "call",
        side("wan", "203.0.113.10", A_IP, a, mux),
        side("lan", "10.20.0.5", B_IP, b, mux),
        (11, 22),
        lambda size: bytes([next(numbers)]) * size,
    )
    plan.opened(Opened("call", (StreamPorts(0, 30000, 40000),)))
    return plan


def offered(*lines: str) -> Session:
    return parse(sdp(AUDIO, *lines, ip=A_IP))


def answering(*lines: str) -> Session:
    return parse(sdp("m=audio 6000 RTP/AVP 8", *lines, ip=B_IP))


def text(session: Session) -> str:
    return session.encode().decode()


def agreed(plan: MediaPlan) -> tuple[SidePlan, SidePlan]:
    (stream,) = plan.program(answered=True).streams
    return stream.a, stream.b


def test_a_zone_without_ice_gets_a_plain_line_from_its_own_interface() -> None:
    plan = planned("accept", "none")

    ours = text(plan.offer(offered(*ICE, MUX), "a"))

    assert "m=audio 40000 RTP/AVP 8 0\r\n" in ours
    assert "c=IN IP4 10.20.0.5\r\n" in ours
    for mark in ("ice", "candidate", "mux", "rtcp", "198.51.100.77", "192.0.2.1"):
        assert mark not in ours


def test_and_the_side_with_ice_gets_candidates_of_ours_alone() -> None:
    plan = planned("accept", "none")
    plan.offer(offered(*ICE, MUX), "a")

    ours = text(plan.answer(answering(), "b", "branch"))

    assert "a=ice-lite\r\n" in ours
    assert "a=candidate:1 1 udp 2130706431 203.0.113.10 30000 typ host\r\n" in ours
    assert "a=rtcp-mux\r\n" in ours
    assert "10.20.0" not in ours
    a, b = agreed(plan)
    assert a.ice is not None
    assert (a.ice.peer_ufrag, a.ice.peer_pwd, a.mux) == ("Peer", PWD, True)
    assert (b.ice, b.mux, b.rtcp) == (None, False, (B_IP, 6001))


def test_a_phone_without_ice_is_offered_it_and_may_decline() -> None:
    plan = planned("none", "offer")

    ours = text(plan.offer(offered(), "a"))
    back = text(plan.answer(answering(), "b", "branch"))

    assert "a=candidate:1 1 udp 2130706431 10.20.0.5 40000 typ host\r\n" in ours
    assert "a=ice-lite" not in ours
    assert "ice" not in back
    assert agreed(plan)[1].ice is None


def test_both_sides_may_have_ice_each_with_its_own_credentials() -> None:
    plan = planned("accept", "offer")
    ours = text(plan.offer(offered(*ICE, MUX), "a"))
    back = text(plan.answer(answering(*B_ICE, MUX), "b", "branch"))

    assert "Peer" not in ours + back
    assert PWD not in ours + back
    a, b = agreed(plan)
    assert a.ice is not None
    assert b.ice is not None
    assert (a.ice.lite, a.ice.controlling) == (True, False)
    assert (b.ice.lite, b.ice.controlling) == (False, True)
    assert a.ice.pwd != b.ice.pwd
    assert f"a=ice-pwd:{b.ice.pwd}" in ours


def test_mux_on_one_leg_and_not_on_the_other() -> None:
    plan = planned("none", "none")
    plan.offer(offered(MUX), "a")

    back = text(plan.answer(answering(), "b", "branch"))

    assert "a=rtcp-mux\r\n" in back
    a, b = agreed(plan)
    assert (a.mux, a.rtcp) == (True, (A_IP, 4000))
    assert (b.mux, b.rtcp) == (False, (B_IP, 6001))


def test_a_restart_of_one_side_is_none_of_the_other() -> None:
    plan = planned("accept", "offer")
    plan.offer(offered(*ICE, MUX), "a")
    plan.answer(answering(*B_ICE, MUX), "b", "branch")
    before = agreed(plan)
    restarted = [line.replace("Peer", "Again") for line in ICE]
    plan.offer(offered(*restarted, MUX), "a", "branch")
    plan.answer(answering(*B_ICE, MUX), "b", "branch")

    after = agreed(plan)

    assert before[0].ice is not None
    assert after[0].ice is not None
    assert after[0].ice.peer_ufrag == "Again"
    assert after[0].ice.pwd != before[0].ice.pwd
    assert after[1].ice == before[1].ice


def test_where_ice_is_required_an_offer_without_it_is_not_acceptable() -> None:
    plan = planned("require", "none")

    with pytest.raises(NotAcceptable):
        plan.lacking(offered(), "a", None)
    assert plan.lacking(offered(*ICE), "a", None) == ()


def test_where_ice_is_required_an_answer_without_it_is_a_bad_one() -> None:
    plan = planned("none", "require")
    plan.offer(offered(), "a")

    with pytest.raises(BadAnswer):
        plan.answer(answering(), "b", "branch")


def test_a_description_that_names_no_address_yet_is_no_hold() -> None:
    plan = planned("accept", "none")
    trickling = parse(
        sdp("m=audio 9 RTP/AVP 8", *ICE[:2], "a=ice-options:trickle", "a=rtcp-mux", ip="0.0.0.0")
    )

    ours = text(plan.offer(trickling, "a"))
    plan.answer(answering(), "b", "branch")

    assert "a=sendrecv" in ours
    a, _ = agreed(plan)
    assert a.receives
    assert a.rtp is None
    assert a.ice is not None
