"""Payload types that differ between the legs (C6)."""

from media.sdp.codec import Codec
from media.sdp.numbering import crossing_numbers, in_numbers_of, renumbered

OPUS = Codec(96, "opus", 48000, 2)
EVENT = Codec(101, "telephone-event", 8000, 1, "0-15")
BASE = Codec(97, "H264", 90000, 1, "profile-level-id=42e01f;packetization-mode=0")
WHOLE = Codec(98, "H264", 90000, 1, "profile-level-id=42e01f;packetization-mode=1")
PCMU = Codec(0, "PCMU", 8000)


def at(codec: Codec, number: int, fmtp: str | None = None) -> Codec:
    return Codec(number, codec.name, codec.rate, codec.channels, fmtp or codec.fmtp)


def test_the_same_numbers_need_nothing() -> None:
    assert in_numbers_of((OPUS, PCMU, EVENT), (OPUS, EVENT)) == {}


def test_a_codec_is_found_by_its_name_and_clock() -> None:
    assert in_numbers_of((OPUS, EVENT), (at(OPUS, 111), at(EVENT, 126))) == {111: 96, 126: 101}


def test_of_two_with_one_name_the_number_decides_then_the_parameters() -> None:
    assert in_numbers_of((BASE, WHOLE), (at(WHOLE, 97, BASE.fmtp), at(BASE, 120))) == {120: 98}
    swapped = (at(WHOLE, 120), at(BASE, 121))
    assert in_numbers_of((BASE, WHOLE), swapped) == {120: 98, 121: 97}


def test_a_codec_that_was_not_offered_keeps_its_number() -> None:
    assert in_numbers_of((OPUS,), (PCMU, at(OPUS, 111))) == {111: 96}


def test_every_line_of_a_format_follows_its_number() -> None:
    lines = ["a=rtpmap:111 opus/48000/2", "a=fmtp:111 useinbandfec=1", "a=rtcp-fb:111 nack"]
    assert renumbered(lines, {111: 96}) == [
        "a=rtpmap:96 opus/48000/2",
        "a=fmtp:96 useinbandfec=1",
        "a=rtcp-fb:96 nack",
    ]


def test_formats_that_name_others_follow_too() -> None:
    numbers = {97: 120, 99: 121, 111: 96, 112: 97}
    assert renumbered(["a=fmtp:99 apt=97;rtx-time=97"], numbers) == [
        "a=fmtp:121 apt=120;rtx-time=97"
    ]
    assert renumbered(["a=fmtp:112 111/111"], numbers) == ["a=fmtp:97 96/96"]


def test_other_lines_stay_as_they_are() -> None:
    lines = ["a=ptime:111", "a=sendrecv", "b=AS:111", "a=fmtp:0 x=111"]
    assert renumbered(lines, {111: 96}) == lines


# --- what the relay does with it ------------------------------------------------------------------


def test_where_everybody_says_the_same_nothing_is_changed() -> None:
    assert crossing_numbers(((PCMU, EVENT), (Codec(8, "PCMA", 8000), PCMU, EVENT)), (PCMU,)) == ()


def test_what_was_told_to_the_sender_is_put_under_the_number_that_is_asked_for() -> None:
    told, said, asked = (OPUS, EVENT), (OPUS, EVENT), (at(OPUS, 111), at(EVENT, 126))
    assert crossing_numbers((told, said), asked) == ((96, 111), (101, 126))


def test_who_sends_under_its_own_number_is_understood() -> None:
    told, said, asked = (OPUS,), (at(OPUS, 111),), (OPUS,)
    assert crossing_numbers((told, said), asked) == ((111, 96),)


def test_where_both_could_be_meant_the_sender_has_done_as_it_was_told() -> None:
    told = (at(OPUS, 96), at(EVENT, 111))
    said = (at(OPUS, 111), at(EVENT, 126))
    assert crossing_numbers((told, said), told) == ((126, 111),)
