"""Telephone-events for peers that press keys in different forms (M7)."""

import pytest

from media.sdp.keys import Form, answered, differ, meet, offered
from media.sdp.session import Session, parse
from tests.support.descriptions import sdp

SOUND = ("m=audio 4000 RTP/AVP 8 0", "a=sendrecv")
EVENTS = (
    "m=audio 4000 RTP/AVP 8 101",
    "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-16",
    "a=ptime:20",
    "a=sendrecv",
)
OPUS = ("m=audio 4000 RTP/AVP 101 8", "a=rtpmap:101 opus/48000/2", "a=sendonly")


def session(*lines: str) -> Session:
    return parse(sdp(*lines))


def lines(result: Session) -> list[str]:
    (media,) = result.media
    return [media.line, *media.lines]


def test_the_border_stands_between_two_that_have_a_form() -> None:
    forms: tuple[Form, ...] = ("pass", "rfc4733", "info", "inband")
    met = {(one, other) for one in forms for other in forms if meet(one, other)}
    assert len(met) == 7
    assert ("rfc4733", "rfc4733") in met  # their clocks may differ
    assert not any("pass" in pair for pair in met)
    assert not {("info", "info"), ("inband", "inband")} & met


def test_who_takes_events_is_offered_them() -> None:
    assert lines(offered(session(*SOUND), "rfc4733")) == [
        "m=audio 4000 RTP/AVP 8 0 101",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=sendrecv",
    ]


def test_for_each_clock_and_under_numbers_that_are_free() -> None:
    assert lines(offered(session(*OPUS), "rfc4733")) == [
        "m=audio 4000 RTP/AVP 101 8 96 97",
        "a=rtpmap:101 opus/48000/2",
        "a=rtpmap:96 telephone-event/48000",
        "a=fmtp:96 0-15",
        "a=rtpmap:97 telephone-event/8000",
        "a=fmtp:97 0-15",
        "a=sendonly",
    ]


def test_an_offer_that_has_them_stays_as_it_is() -> None:
    assert lines(offered(session(*EVENTS), "rfc4733")) == list(EVENTS)


@pytest.mark.parametrize("form", ["info", "inband"])
def test_who_takes_none_is_offered_none(form: Form) -> None:
    assert lines(offered(session(*EVENTS), form)) == [
        "m=audio 4000 RTP/AVP 8",
        "a=ptime:20",
        "a=sendrecv",
    ]


def test_who_offered_events_is_answered_with_its_own() -> None:
    ours = session("m=audio 5000 RTP/AVP 8", "a=sendrecv")
    assert lines(answered(ours, session(*EVENTS), "rfc4733")) == [
        "m=audio 5000 RTP/AVP 8 101",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-16",
        "a=sendrecv",
    ]


def test_of_two_clocks_with_that_of_the_codec() -> None:
    offer = session(
        "m=audio 4000 RTP/AVP 96 8 100 101",
        "a=rtpmap:96 opus/48000/2",
        "a=rtpmap:100 telephone-event/48000",
        "a=rtpmap:101 telephone-event/8000",
    )
    pcma = answered(session("m=audio 5000 RTP/AVP 8"), offer, "rfc4733")
    opus = answered(
        session("m=audio 5000 RTP/AVP 96", "a=rtpmap:96 opus/48000/2"), offer, "rfc4733"
    )
    assert pcma.media[0].formats == ("8", "101")
    assert opus.media[0].formats == ("96", "100")


def test_who_offered_none_is_answered_with_none() -> None:
    assert answered(session(*EVENTS), session(*SOUND), "rfc4733").media[0].formats == ("8",)
    assert answered(session(*EVENTS), session(*EVENTS), "info").media[0].formats == ("8",)


@pytest.mark.parametrize(
    "line",
    ["m=audio 0 RTP/AVP 8", "m=video 4000 RTP/AVP 34", "m=image 4000 udptl t38"],
)
def test_other_lines_are_left_alone(line: str) -> None:
    assert offered(session(line), "rfc4733").media[0].formats == session(line).media[0].formats


def test_clocks_differ_where_none_is_common() -> None:
    wide = session("m=audio 1 RTP/AVP 100", "a=rtpmap:100 telephone-event/48000").media[0].codecs
    usual = session(*EVENTS).media[0].codecs
    assert differ(wide, usual)
    assert not differ(usual, usual)
    assert not differ((*wide, *usual), usual)
    assert not differ((), usual)
