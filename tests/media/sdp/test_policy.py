"""C3 of the feature list: what a codec policy takes away, and what has to go with it."""

from config.model import CodecPolicy
from media.sdp.codec import Codec
from media.sdp.policy import EVERY_CODEC, apply_codecs, both

OPUS = Codec(96, "opus", 48000, 2)
PCMU = Codec(0, "PCMU", 8000)
PCMA = Codec(8, "PCMA", 8000)
G722 = Codec(9, "G722", 8000)
DTMF_8 = Codec(101, "telephone-event", 8000, fmtp="0-15")
DTMF_48 = Codec(100, "telephone-event", 48000, fmtp="0-15")
NOISE = Codec(13, "CN", 8000)
AUDIO = (OPUS, PCMU, PCMA, DTMF_48, DTMF_8, NOISE)

VP8 = Codec(97, "VP8", 90000)
H264 = Codec(102, "H264", 90000)
VP8_AGAIN = Codec(98, "rtx", 90000, fmtp="apt=97")
H264_AGAIN = Codec(103, "rtx", 90000, fmtp="rtx-time=3000; apt=102")
VIDEO = (VP8, VP8_AGAIN, H264, H264_AGAIN)


def allowing(*names: str) -> CodecPolicy:
    return CodecPolicy(allow=names)


def test_an_empty_policy_changes_nothing() -> None:
    assert apply_codecs(AUDIO, EVERY_CODEC) == AUDIO


def test_names_are_compared_without_case() -> None:
    assert apply_codecs(AUDIO, allowing("pcma", "Pcmu")) == (PCMU, PCMA)


def test_the_ordered_come_first_and_the_others_keep_their_order() -> None:
    policy = CodecPolicy(order=("pcma", "OPUS"))
    assert apply_codecs((PCMU, OPUS, G722, PCMA), policy) == (PCMA, OPUS, PCMU, G722)


def test_a_name_twice_in_the_order_counts_where_it_stands_first() -> None:
    policy = CodecPolicy(order=("pcma", "pcmu", "pcma"))
    assert apply_codecs((PCMU, PCMA), policy) == (PCMA, PCMU)


def test_an_answer_keeps_the_order_of_the_answerer() -> None:
    policy = CodecPolicy(order=("pcma",))
    assert apply_codecs((PCMU, PCMA), policy, reorder=False) == (PCMU, PCMA)


def test_telephone_event_and_noise_go_with_the_last_codec_of_their_clock() -> None:
    policy = allowing("opus", "telephone-event", "cn")
    assert apply_codecs(AUDIO, policy) == (OPUS, DTMF_48)


def test_telephone_event_goes_if_the_policy_does_not_name_it() -> None:
    assert apply_codecs((PCMU, DTMF_8), allowing("pcmu")) == (PCMU,)


def test_nothing_is_left_when_no_real_codec_is() -> None:
    assert apply_codecs(AUDIO, allowing("g729", "telephone-event")) == ()


def test_telephone_events_may_have_a_line_of_their_own() -> None:
    assert apply_codecs((DTMF_8,), EVERY_CODEC) == (DTMF_8,)
    assert apply_codecs((DTMF_8,), allowing("pcmu")) == ()


def test_rtx_goes_with_what_it_repeats() -> None:
    assert apply_codecs(VIDEO, allowing("h264", "rtx")) == (H264, H264_AGAIN)


def test_rtx_which_names_nothing_goes() -> None:
    rtx = Codec(98, "rtx", 90000)
    assert apply_codecs((VP8, rtx), EVERY_CODEC) == (VP8,)


def test_red_goes_with_any_codec_that_it_carries() -> None:
    red = Codec(63, "red", 48000, 2, fmtp="96/96")
    assert apply_codecs((OPUS, red), EVERY_CODEC) == (OPUS, red)
    mixed = Codec(63, "red", 8000, fmtp="0/8")
    assert apply_codecs((PCMU, PCMA, mixed), allowing("pcmu", "red")) == (PCMU,)


def test_red_without_a_list_stays_with_its_clock() -> None:
    red = Codec(116, "red", 90000)
    assert apply_codecs((VP8, red), EVERY_CODEC) == (VP8, red)


def test_red_with_a_list_that_is_none_goes() -> None:
    red = Codec(116, "red", 90000, fmtp="ninety-seven")
    assert apply_codecs((VP8, red), EVERY_CODEC) == (VP8,)


def test_rtx_of_a_red_that_went_goes_too() -> None:
    red = Codec(116, "red", 90000, fmtp="102")
    red_again = Codec(117, "rtx", 90000, fmtp="apt=116")
    assert apply_codecs((VP8, H264, red, red_again), allowing("vp8", "red", "rtx")) == (VP8,)


def test_two_policies_at_once_allow_what_both_do() -> None:
    policy = both(
        allowing("opus", "pcma", "PCMU"), CodecPolicy(allow=("pcmu", "g729"), order=("pcmu",))
    )
    assert apply_codecs(AUDIO, policy) == (PCMU,)


def test_a_policy_for_everything_gives_way_to_the_other() -> None:
    assert both(EVERY_CODEC, allowing("pcma")) == allowing("pcma")
    assert both(allowing("pcma"), EVERY_CODEC) == allowing("pcma")


def test_policies_with_nothing_in_common_allow_nothing() -> None:
    assert apply_codecs(AUDIO, both(allowing("opus"), allowing("pcma"))) == ()


def test_the_order_is_that_of_the_second_policy_if_it_has_one() -> None:
    first, second = CodecPolicy(order=("opus",)), CodecPolicy(order=("pcma",))
    assert both(first, second).order == ("pcma",)
    assert both(first, EVERY_CODEC).order == ("opus",)
