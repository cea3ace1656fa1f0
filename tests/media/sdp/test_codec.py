"""RFC 8866 §6.6 and §6.15, RFC 3551 §6."""

import pytest

from media.sdp.codec import STATIC, Codec, codecs_of, is_real, parse_codec

OPUS = Codec(96, "opus", 48000, 2)


def test_a_static_payload_type_needs_no_rtpmap() -> None:
    assert codecs_of(("0", "18"), ()) == (Codec(0, "PCMU", 8000), Codec(18, "G729", 8000))


def test_a_static_payload_type_may_have_parameters() -> None:
    assert codecs_of(("18",), ("a=fmtp:18 annexb=no",)) == (
        Codec(18, "G729", 8000, 1, "annexb=no"),
    )


def test_an_rtpmap_wins_over_the_table() -> None:
    assert codecs_of(("4",), ("a=rtpmap:4 iLBC/8000",)) == (Codec(4, "iLBC", 8000),)


def test_codecs_stand_in_the_order_of_the_m_line_not_of_their_rtpmaps() -> None:
    lines = ("a=rtpmap:97 iLBC/8000", "a=rtpmap:96 opus/48000/2", "a=fmtp:96 stereo=1")
    codecs = codecs_of(("96", "97"), lines)
    assert [(codec.name, codec.channels, codec.fmtp) for codec in codecs] == [
        ("opus", 2, "stereo=1"),
        ("iLBC", 1, None),
    ]


def test_a_number_with_no_meaning_is_no_codec() -> None:
    assert codecs_of(("96", "19", "0"), ()) == (STATIC[0],)


def test_a_number_counts_once() -> None:
    assert codecs_of(("0", "8", "0"), ()) == (STATIC[0], STATIC[8])


def test_the_first_of_two_rtpmaps_counts() -> None:
    lines = ("a=rtpmap:96 opus/48000/2", "a=rtpmap:96 iLBC/8000")
    assert codecs_of(("96",), lines) == (OPUS,)


def test_the_parameters_of_several_lines_are_one_list() -> None:
    lines = ("a=rtpmap:96 opus/48000/2", "a=fmtp:96 stereo=1", "a=fmtp:96 cbr=1")
    assert codecs_of(("96",), lines)[0].fmtp == "stereo=1;cbr=1"


@pytest.mark.parametrize(
    "encoding",
    [
        "",
        "opus",
        "opus/",
        "opus/0",
        "opus/048000",
        "opus/+48000",
        "opus/48_000",
        "opus/٤٨٠٠٠",
        "opus/48000/0",
        "opus/48000/2/2",
        "/48000",
        "op us/48000",
        "10.0.0.7/8000",
        "pbx.internal/8000",
        "x" * 41 + "/8000",
        "opus/4800000000",
    ],
)
def test_a_malformed_rtpmap_makes_no_codec(encoding: str) -> None:
    assert parse_codec("96", encoding, None) is None


@pytest.mark.parametrize("number", ["128", "-1", "+9", "096", "9_6", "٩٦", ""])
def test_a_payload_type_is_a_plain_number_of_seven_bits(number: str) -> None:
    assert parse_codec(number, "opus/48000/2", None) is None


def test_codecs_are_the_same_whatever_their_number_and_case() -> None:
    assert Codec(97, "ILBC", 8000).key == Codec(99, "iLBC", 8000, fmtp="mode=20").key
    assert Codec(97, "opus", 48000, 2).key != Codec(97, "opus", 48000).key


@pytest.mark.parametrize("name", ["telephone-event", "CN", "red", "RTX", "ulpfec"])
def test_a_companion_carries_no_stream_alone(name: str) -> None:
    assert not is_real(Codec(100, name, 8000))


def test_a_codec_carries_a_stream_alone() -> None:
    assert is_real(OPUS)
