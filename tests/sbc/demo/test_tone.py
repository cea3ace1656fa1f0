import pytest

from sbc.demo.tone import FRAME, decode, encode, share_of_tone, tone_frame


@pytest.mark.parametrize(
    ("sample", "code"),
    [(0, 0xD5), (-1, 0x55), (32767, 0xAA), (-32768, 0x2A), (8, 0xD5), (-8, 0x55), (16, 0xD4)],
)
def test_known_points_of_the_a_law_curve(sample: int, code: int) -> None:
    assert encode(sample) == code


def test_every_code_comes_back_from_its_own_sample() -> None:
    assert [encode(decode(code)) for code in range(256)] == list(range(256))


def test_a_decoded_sample_is_close_to_the_one_that_was_encoded() -> None:
    for sample in range(-32768, 32768, 37):
        assert abs(decode(encode(sample)) - sample) <= max(16, abs(sample) / 16)


def test_a_frame_of_the_tone_is_20_ms_of_it() -> None:
    frame = tone_frame()
    assert len(frame) == FRAME
    assert share_of_tone(frame) > 0.99


@pytest.mark.parametrize("other", [200.0, 800.0, 1000.0])
def test_another_tone_is_told_from_it(other: float) -> None:
    assert share_of_tone(tone_frame(other)) < 0.01


def test_silence_has_no_tone() -> None:
    assert share_of_tone(bytes([0xD5]) * FRAME) < 0.5
    assert share_of_tone(b"") == 0.0
