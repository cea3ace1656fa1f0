"""Z5 of the feature list and RFC 3264 §8: one session id, and a version that rises."""

from media.sdp.anchor import anchored
from media.sdp.origin import Origin, OriginTrack, content
from media.sdp.session import parse
from tests.support.descriptions import BARESIP, sdp

AUDIO = "m=audio 4000 RTP/AVP 0"


def versions(track: OriginTrack, *bodies: bytes) -> list[int]:
    return [track.stamp(parse(body)).origin.version for body in bodies]


def test_an_origin_tells_nothing_but_our_own_numbers() -> None:
    assert Origin(7, 3, "192.0.2.1").line == "o=- 7 3 IN IP4 192.0.2.1"
    assert Origin(7, 3, "2001:db8::1").line == "o=- 7 3 IN IP6 2001:db8::1"


def test_the_version_rises_only_when_the_content_changed() -> None:
    held = sdp(AUDIO, "a=sendonly")
    bodies = (sdp(AUDIO), sdp(AUDIO), held, held, sdp(AUDIO))
    assert versions(OriginTrack(7, "192.0.2.1", version=10), *bodies) == [10, 10, 11, 11, 12]


def test_the_peers_own_version_is_no_change() -> None:
    again = sdp(AUDIO).replace(b"2353687637", b"2353687638")
    assert versions(OriginTrack(7, "192.0.2.1"), sdp(AUDIO), again) == [0, 0]


def test_every_part_of_a_description_counts() -> None:
    bodies = (
        sdp(AUDIO),
        sdp(AUDIO, ip="10.0.0.8"),
        sdp("m=audio 4002 RTP/AVP 0", ip="10.0.0.8"),
        sdp("m=audio 4002 RTP/AVP 0", "a=ptime:20", ip="10.0.0.8"),
    )
    assert versions(OriginTrack(7, "192.0.2.1"), *bodies) == [0, 1, 2, 3]


def test_a_stamped_description_differs_in_nothing_but_its_origin() -> None:
    session = parse(BARESIP)
    stamped = OriginTrack(7, "192.0.2.1").stamp(session)
    assert stamped.encode() == BARESIP.replace(
        b"o=- 3912345678 1923456789 IN IP4 10.0.0.7", b"o=- 7 0 IN IP4 192.0.2.1"
    )
    assert content(stamped) == content(session)
    assert stamped.connection_ip == session.connection_ip


def test_the_session_id_stays_for_the_life_of_a_leg() -> None:
    track = OriginTrack(7, "192.0.2.1")
    first = track.stamp(anchored(parse(sdp(AUDIO)), track.origin, {0: 30000}))
    second = track.stamp(anchored(parse(BARESIP), track.origin, {0: 30000}))
    assert first.origin.session_id == second.origin.session_id == 7
    assert (first.origin.version, second.origin.version) == (0, 1)
