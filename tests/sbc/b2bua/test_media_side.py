"""What the relay is told of one side, from what its peer said; whole calls are in test_media.py."""

import pytest

from config.model import CodecPolicy, Latching, MediaProfile
from media.control import CodecClock, SidePlan
from media.sdp.codec import Codec
from media.sdp.describe import SideView, describe
from media.sdp.keying import IN_CLEAR, Keying, Ways
from media.sdp.sdes import new_key
from media.sdp.session import parse
from sbc.b2bua.media_side import PLAIN_TRANSPORT, Agreed, MediaSide, Transport, side_plan
from tests.support.descriptions import sdp

KEY = new_key(bytes(30))
KEYED = f"m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"
REQUIRED = Ways(False, ("sdes",), ("AES_CM_128_HMAC_SHA1_80",))
LATCHING = Latching(mode="subnet", prefix=28, prefix6=56)


PROFILE = MediaProfile()


def view(*lines: str, ip: str = "192.0.2.1") -> SideView:
    body = sdp(*lines, ip=ip)
    return describe(parse(body.replace(b"IP4", b"IP6") if ":" in ip else body))[0]


def planned(
    seen: SideView | None,
    ways: Ways = IN_CLEAR,
    told: tuple[Codec, ...] = (),
    profile: MediaProfile = PROFILE,
) -> SidePlan:
    facts = MediaSide("wan", "203.0.113.10", CodecPolicy(), LATCHING, "192.0.2.9", profile, ways)
    transport = PLAIN_TRANSPORT
    if seen is not None:
        sdes, dtls = Keying(ways, bytes).agreed(seen.index, seen.transport, offered=True)
        transport = Transport(sdes, dtls)
    agreed = Agreed(transport, told, ((8, 96),))
    return side_plan(facts, seen, agreed, epoch=3)


@pytest.mark.parametrize(("ip", "prefix"), [("192.0.2.1", 28), ("2001:db8::7", 56)])
def test_addresses_come_from_the_peer_and_latching_from_the_configuration(
    ip: str, prefix: int
) -> None:
    plan = planned(view("m=audio 4000 RTP/AVP 0\r\na=sendonly", ip=ip))
    assert (plan.rtp, plan.rtcp) == ((ip, 4000), (ip, 4001))
    assert (plan.sends, plan.receives) == (True, False)
    assert (plan.latching, plan.window, plan.prefix) == ("subnet", 3.0, prefix)
    assert (plan.signalling_ip, plan.epoch, plan.numbers) == ("192.0.2.9", 3, ((8, 96),))


def test_an_end_may_send_under_its_own_numbers_and_those_that_it_was_told() -> None:
    plan = planned(view("m=audio 4000 RTP/AVP 0"), told=(Codec(96, "opus", 48000),))
    assert plan.codecs == (CodecClock(0, "PCMU", 8000), CodecClock(96, "opus", 48000))


def test_a_stream_that_has_ended_wants_nothing() -> None:
    plan = planned(None)
    assert (plan.rtp, plan.rtcp, plan.sends, plan.receives) == (None, None, False, False)
    assert plan.codecs == ()


def test_keys_are_agreed_on_only_where_the_side_may_use_them() -> None:
    assert planned(view(KEYED)).sdes is None
    sdes = planned(view(KEYED), REQUIRED).sdes
    assert sdes is not None
    assert sdes.theirs[0].text == KEY


def test_a_side_may_send_so_many_times_what_its_codecs_need() -> None:
    """(M8)"""
    strict = MediaProfile(police=3.0)
    seen = view("m=audio 4000 RTP/AVP 18\r\na=rtpmap:18 G729/8000")
    assert planned(seen, profile=strict).most_bytes == pytest.approx(3 * (11_800 + 9_600) / 8)
    told = (Codec(0, "PCMU", 8000),)
    assert planned(seen, told=told, profile=strict).most_bytes == pytest.approx(3 * 73_600 / 8)
    video = view("m=video 4000 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\nb=AS:512")
    assert planned(video, profile=strict).most_bytes == 3 * 64_000
    assert planned(view("m=video 4000 RTP/AVP 97\r\na=rtpmap:97 H264/90000")).most_bytes is None
    assert planned(None, profile=strict).most_bytes is None
    assert planned(seen).most_bytes is None


def test_extended_reports_go_to_a_side_unless_its_profile_hides_them() -> None:
    """(Q7)"""
    seen = view("m=audio 4000 RTP/AVP 0")
    assert planned(seen).extended_reports
    assert not planned(seen, profile=MediaProfile(rtcp_xr="hide")).extended_reports
