"""What both sides described, and what the relay is told of it."""

import pytest

from config.model import CodecPolicy, Latching, RtpTimeout
from media.control import Opened, StreamPorts
from media.sdp.anchor import BadAnswer
from media.sdp.session import Session, parse
from sbc.b2bua.media import MediaPlan, MediaSide, NotAcceptable
from tests.support.messages import ANSWER, OFFER

VIDEO = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"


def side(interface: str, shown: str, codecs: CodecPolicy | None = None) -> MediaSide:
    return MediaSide(
        interface,
        shown,
        codecs or CodecPolicy(),
        Latching(mode="ranked"),
        RtpTimeout(),
        "192.0.2.1",
    )


def plan(a: CodecPolicy | None = None, b: CodecPolicy | None = None) -> MediaPlan:
    made = MediaPlan("s", side("wan", "203.0.113.10", a), side("lan", "10.20.0.5", b), (1, 2))
    made.opened(Opened("s", (StreamPorts(0, 20000, 30000), StreamPorts(1, 20002, 30002))))
    return made


def sdp(text: str) -> Session:
    return parse(text.encode())


def agreed(media: MediaPlan, offer: str = OFFER, answer: str = ANSWER) -> Session:
    media.offer(sdp(offer), "a", "bob")
    return media.answer(sdp(answer), "b", "bob")


def test_an_offer_names_our_address_and_port_on_the_other_side() -> None:
    ours = plan().offer(sdp(OFFER), "a")
    assert (ours.media[0].port, ours.connection_ip) == (30000, "10.20.0.5")
    assert b"192.0.2.1" not in ours.encode()


def test_its_answer_names_those_of_the_side_that_offered() -> None:
    ours = agreed(plan())
    assert (ours.media[0].port, ours.connection_ip) == (20000, "203.0.113.10")


def test_an_answer_to_nothing_is_refused() -> None:
    with pytest.raises(BadAnswer):
        plan().answer(sdp(ANSWER), "b", "bob")


def test_only_streams_without_ports_are_asked_for() -> None:
    fresh = MediaPlan("s", side("wan", "203.0.113.10"), side("lan", "10.20.0.5"), (1, 2))
    assert [each.index for each in fresh.lacking(sdp(OFFER + VIDEO), "a", None)] == [0, 1]
    assert plan().lacking(sdp(OFFER + VIDEO), "a", None) == ()


def test_an_offer_with_nothing_that_both_sides_allow_is_not_acceptable() -> None:
    narrow = plan(CodecPolicy(allow=("opus",)), CodecPolicy(allow=("pcma",)))
    with pytest.raises(NotAcceptable):
        narrow.lacking(sdp(OFFER), "a", None)


def test_an_m_line_may_be_refused_but_never_taken_away() -> None:
    media = plan()
    agreed(media, OFFER + VIDEO, ANSWER + VIDEO)
    with pytest.raises(NotAcceptable):
        media.lacking(sdp(OFFER), "a", "bob")


def test_the_relay_is_told_where_each_end_wants_its_media() -> None:
    media = plan()
    agreed(media)
    (stream,) = media.program(answered=True).streams
    assert (stream.a.rtp, stream.b.rtp) == (("192.0.2.1", 4000), ("10.20.0.11", 6000))
    assert (stream.a.latching, stream.a.signalling_ip) == ("ranked", "192.0.2.1")
    assert [codec.name for codec in stream.b.codecs] == ["PCMA", "telephone-event"]


def test_a_refused_stream_gives_its_ports_back_once_the_call_is_answered() -> None:
    media = plan()
    agreed(media, OFFER + VIDEO, ANSWER + VIDEO.replace("4002", "0"))
    assert [stream.index for stream in media.program(answered=False).streams] == [0]
    closed = {stream.index: stream.closed for stream in media.program(answered=True).streams}
    assert closed == {0: False, 1: True}
    assert [stream.index for stream in media.program(answered=True).streams] == [0]


def test_a_latch_may_move_with_each_new_description_and_with_no_repeated_one() -> None:
    media = plan()
    agreed(media)
    before = media.program(answered=True).streams[0].a.epoch
    media.answer(sdp(ANSWER), "b", "bob", again=True)
    assert media.program(answered=True).streams[0].a.epoch == before
    agreed(media)
    assert media.program(answered=True).streams[0].a.epoch == before + 1


def test_the_version_rises_only_with_another_content() -> None:
    media = plan()
    first = media.offer(sdp(OFFER), "a").origin.version
    assert media.offer(sdp(OFFER), "a").origin.version == first
    assert media.offer(sdp(OFFER + "a=sendonly\r\n"), "a").origin.version == first + 1


def test_a_branch_that_wins_takes_up_what_it_said_before() -> None:
    media = plan()
    media.offer(sdp(OFFER), "a")
    mine = media.answer(sdp(ANSWER), "b", "bob")
    media.answer(sdp(ANSWER.replace("6000", "7000")), "b", "carol")
    assert media.program(answered=False).streams[0].b.rtp == ("10.20.0.11", 7000)
    resumed = media.resume("bob")
    assert resumed is not None
    assert resumed.encode() == mine.encode()
    assert media.program(answered=False).streams[0].b.rtp == ("10.20.0.11", 6000)
    assert media.resume("dave") is None


def test_what_the_relay_has_lost_is_forgotten() -> None:
    media = plan()
    before = media.open
    media.forget()
    assert (before, media.open) == (True, False)
    assert media.program(answered=True).streams == ()


def test_nothing_is_described_before_the_first_answer() -> None:
    media = plan()
    media.offer(sdp(OFFER), "a", "bob")
    assert not media.described
    media.answer(sdp(ANSWER), "b", "bob")
    assert media.described


def test_an_ipv6_end_has_the_longer_prefix() -> None:
    media = plan()
    agreed(media, OFFER.replace("IP4 192.0.2.1", "IP6 2001:db8::1"))
    (stream,) = media.program(answered=True).streams
    assert (stream.a.prefix, stream.b.prefix) == (64, 24)
