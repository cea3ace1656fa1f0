"""Each side agrees on its own ways: ICE and RTCP-mux of one never show on the other (I3, M6)."""

from dataclasses import replace
from itertools import count

import pytest

from config.model import CodecPolicy, IceMode, Latching, MediaProfile, MuxMode
from media.control import Opened, SidePlan, StreamPorts
from media.sdp.anchor import BadAnswer
from media.sdp.connectivity import Reach
from media.sdp.keying import IN_CLEAR, Ways
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


# --- profiles (M6) --------------------------------------------------------------------------------

BROWSER = (
    "m=audio 4000 UDP/TLS/RTP/SAVPF 111 8",
    "a=rtpmap:111 opus/48000/2",
    "a=rtcp-fb:111 nack",
    "a=rtcp-rsize",
    "a=rtcp-mux",
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
    "a=setup:actpass",
)


def browser_calls(video: bool = False, b: Ways = IN_CLEAR) -> tuple[MediaPlan, str]:
    numbers = count(1)
    plan = MediaPlan(
        "call",
        replace(side("wan", "203.0.113.10", A_IP, "accept", "accept"), ways=Ways(False, ("dtls",))),
        replace(side("lan", "10.20.0.5", B_IP, "none", "none"), ways=b),
        (11, 22),
        lambda size: bytes([next(numbers)]) * size,
    )
    ports = (StreamPorts(0, 30000, 40000), StreamPorts(1, 30002, 40002))
    plan.opened(Opened("call", ports, "sha-256 " + ":".join(["CD"] * 32)))
    lines = [*BROWSER]
    if video:
        lines += [line.replace("audio 4000", "video 4002") for line in BROWSER]
        lines = [
            line.replace("opus/48000/2", "VP8/90000") if i > 7 else line
            for i, line in enumerate(lines)
        ]
    return plan, text(plan.offer(parse(sdp(*lines, ip=A_IP)), "a"))


def test_sound_of_a_browser_reaches_a_phone_under_the_plain_profile() -> None:
    plan, ours = browser_calls()
    back = text(plan.answer(answering(), "b", "branch"))

    assert "m=audio 40000 RTP/AVP 111 8\r\n" in ours
    assert "rtcp" not in ours
    assert "m=audio 30000 UDP/TLS/RTP/SAVPF 8\r\n" in back


def test_its_pictures_keep_their_feedback_and_reduced_size() -> None:
    _, ours = browser_calls(video=True)

    audio, video = ours.split("m=")[1:]
    assert audio.startswith("audio 40000 RTP/AVP ")
    assert video.startswith("video 40002 RTP/AVPF ")
    assert "a=rtcp-fb:111 nack\r\n" in video
    assert "a=rtcp-rsize\r\n" in video


def test_towards_a_side_with_sdes_it_is_the_secure_profile_without_feedback() -> None:
    _, ours = browser_calls(b=Ways(False, ("sdes",), ("AES_CM_128_HMAC_SHA1_80",)))

    assert "m=audio 40000 RTP/SAVP 111 8\r\n" in ours


def test_reduced_size_goes_back_only_if_both_ends_have_it() -> None:
    feedback = AUDIO.replace("AVP", "AVPF")
    for answer, expected in (((), False), (("a=rtcp-rsize",), True)):
        plan = planned("none", "none")
        ours = text(plan.offer(parse(sdp(feedback, "a=rtcp-rsize", ip=A_IP)), "a"))
        reply = parse(sdp("m=audio 6000 RTP/AVPF 8", *answer, ip=B_IP))
        back = text(plan.answer(reply, "b", "branch"))

        assert "a=rtcp-rsize" in ours
        assert ("a=rtcp-rsize" in back) is expected


# --- one port for several m-lines -----------------------------------------------------------------


def bundled_call() -> tuple[MediaPlan, str]:
    plan = planned("accept", "none")
    plan.opened(Opened("call", (StreamPorts(1, 30002, 40002),)))
    lines = [
        *(AUDIO, "a=mid:0", MUX, *ICE),
        *("m=video 4000 RTP/AVP 96", "a=rtpmap:96 VP8/90000", "a=mid:1", MUX, *ICE),
    ]
    body = sdp(*lines, ip=A_IP).replace(b"t=0 0\r\n", b"t=0 0\r\na=group:BUNDLE 0 1\r\n")
    plan.offer(parse(body), "a")
    reply = sdp(
        "m=audio 6000 RTP/AVP 8", "m=video 6002 RTP/AVP 96", "a=rtpmap:96 VP8/90000", ip=B_IP
    )
    return plan, text(plan.answer(parse(reply), "b", "branch"))


def test_a_bundle_of_one_side_shares_a_port_there_and_has_two_on_the_other() -> None:
    plan, back = bundled_call()
    audio, video = plan.program(answered=True).streams

    assert "a=group:BUNDLE 0 1\r\n" in back
    assert "m=video 30000 RTP/AVP 96\r\n" in back
    assert (audio.a.bundle, video.a.bundle) == (None, 0)
    assert audio.a.ice is not None
    assert video.a.ice is None
    assert (audio.b.bundle, video.b.bundle) == (None, None)


def test_a_peer_that_goes_on_in_another_call_keeps_its_bundle_there() -> None:
    plan, _ = bundled_call()
    other = planned("accept", "none")
    other.opened(Opened("other", (StreamPorts(1, 30004, 40004),)))
    other.goes_on("a", plan, "a")
    target = sdp(
        "m=audio 6000 RTP/AVP 8", "m=video 6002 RTP/AVP 96", "a=rtpmap:96 VP8/90000", ip=B_IP
    )

    ours = text(other.offer(parse(target), "b"))

    assert "a=group:BUNDLE 0 1\r\n" in ours


def test_a_later_offer_of_ours_keeps_the_bundle() -> None:
    plan, _ = bundled_call()
    again = sdp(
        "m=audio 6000 RTP/AVP 8",
        "a=sendonly",
        "m=video 6002 RTP/AVP 96",
        "a=rtpmap:96 VP8/90000",
        ip=B_IP,
    )

    ours = text(plan.offer(parse(again), "b", "branch"))

    assert "a=group:BUNDLE 0 1\r\n" in ours
    assert "m=video 30000 " in ours
    assert "a=mid:1\r\n" in ours
