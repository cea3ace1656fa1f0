"""The offer that the border makes itself, for a called side that wants one."""

import pytest

from config.model import CodecPolicy
from media.sdp.anchor import Origin, anchored, wanted_streams
from sbc.b2bua.inserted_offer import inserted_offer

ADDRESSES = [("203.0.113.10", 4), ("2001:db8::10", 6)]


@pytest.mark.parametrize(("ip", "version"), ADDRESSES)
def test_it_names_our_own_address_in_its_own_family(ip: str, version: int) -> None:
    offer = inserted_offer(ip)
    assert offer.connection_ip == ip
    assert (offer.origin.address, offer.origin.ip_version) == (ip, version)


def test_it_is_one_audio_stream_both_ways_with_what_most_peers_speak() -> None:
    (line,) = inserted_offer("203.0.113.10").media
    assert (line.kind, line.protocol, line.sends, line.receives) == ("audio", "RTP/AVP", True, True)
    assert [(each.payload_type, each.name, each.rate, each.channels) for each in line.codecs] == [
        (8, "PCMA", 8000, 1),
        (0, "PCMU", 8000, 1),
        (9, "G722", 8000, 1),
        (18, "G729", 8000, 1),
        (96, "opus", 48000, 2),
        (101, "telephone-event", 8000, 1),
    ]
    assert line.codecs[-1].fmtp == "0-15"


@pytest.mark.parametrize(("ip", "version"), ADDRESSES)
def test_it_is_anchored_and_cut_down_like_any_other(ip: str, version: int) -> None:
    offer, policy = inserted_offer(ip), CodecPolicy(allow=("PCMU",))
    assert wanted_streams(offer, policy) == [(0, "audio")]
    ours = anchored(offer, Origin(7, 1, ip), {0: 30000}, policy)
    assert ours.encode().decode() == (
        f"v=0\r\no=- 7 1 IN IP{version} {ip}\r\ns=-\r\nc=IN IP{version} {ip}\r\nt=0 0\r\n"
        "m=audio 30000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
    )
