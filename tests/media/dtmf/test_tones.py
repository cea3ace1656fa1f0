"""Keys as tones (Q.23, Q.24): found in everything that a line does to them, and in nothing else."""

from math import pi, sin
from random import Random

import pytest

from media.dtmf.g711 import decode, encode
from media.dtmf.tones import TONES, ToneReader, tone

PACKET = 160


def read(samples: list[int]) -> list[tuple[str, int]]:
    reader = ToneReader()
    found: list[tuple[str, int]] = []
    for at in range(0, len(samples), PACKET):
        found += reader.samples(samples[at : at + PACKET]).ended
    return [*found, *reader.end()]


def silence(milliseconds: int) -> list[int]:
    return [0] * (8 * milliseconds)


def sounding(key: str, milliseconds: int) -> list[int]:
    return tone(key, 0, 8 * milliseconds)


@pytest.mark.parametrize("key", TONES)
def test_every_key_is_found_through_g711_with_its_length(key: str) -> None:
    line = encode(silence(50) + sounding(key, 100) + silence(60), "PCMU")
    ((found, length),) = read(decode(line, "PCMU"))
    assert found == key
    assert abs(length - 100) <= 26  # two blocks


def test_a_row_of_keys_is_that_row() -> None:
    samples = [each for key in TONES for each in sounding(key, 80) + silence(60)]
    assert "".join(key for key, _ in read(samples)) == "".join(TONES)


def test_the_shortest_key_of_the_standard_counts() -> None:
    for shift in range(0, 100, 9):
        samples = [0] * shift + sounding("5", 40) + silence(60)
        assert [key for key, _ in read(samples)] == ["5"]


def test_a_click_does_not() -> None:
    assert read(silence(50) + sounding("5", 15) + silence(60)) == []


def test_the_same_key_twice_is_two_keys() -> None:
    samples = 2 * (sounding("5", 60) + silence(50))
    assert [key for key, _ in read(samples)] == ["5", "5"]


def test_a_short_hole_in_a_key_makes_no_second_one() -> None:
    samples = sounding("5", 60) + silence(12) + sounding("5", 60) + silence(60)
    assert [key for key, _ in read(samples)] == ["5"]


@pytest.mark.parametrize("factor", [3.0, 1.0, 0.1])
def test_loud_and_faint_keys_are_found(factor: float) -> None:
    loud = [max(-32768, min(32767, round(factor * each))) for each in sounding("9", 80)]
    assert [key for key, _ in read(loud + silence(60))] == ["9"]


def test_a_key_in_noise_is_found() -> None:
    random = Random(7)
    samples = [each + round(random.gauss(0, 500)) for each in sounding("3", 80) + silence(60)]
    assert [key for key, _ in read(samples)] == ["3"]


def test_a_key_a_little_off_pitch_is_found() -> None:
    """Q.24 table A-1: 1.5 per cent."""
    row, column = (1.015 * hertz for hertz in TONES["6"])
    samples = [
        round(8000 * (sin(2 * pi * row * at / 8000) + sin(2 * pi * column * at / 8000)))
        for at in range(640)
    ]
    assert [key for key, _ in read(samples + silence(60))] == ["6"]


@pytest.mark.parametrize("hertz", [350, 425, 440, 697, 1000, 1209, 1400, 2100])
def test_one_tone_is_no_key(hertz: int) -> None:
    assert read([round(16000 * sin(2 * pi * hertz * at / 8000)) for at in range(8000)]) == []


@pytest.mark.parametrize("pair", [(350, 440), (440, 480), (480, 620), (697, 770), (1209, 1336)])
def test_other_pairs_are_no_keys(pair: tuple[int, int]) -> None:
    one, two = pair
    samples = [
        round(8000 * (sin(2 * pi * one * at / 8000) + sin(2 * pi * two * at / 8000)))
        for at in range(8000)
    ]
    assert read(samples) == []


def test_noise_is_no_key() -> None:
    random = Random(11)
    assert read([round(random.gauss(0, 6000)) for _ in range(160_000)]) == []


def test_a_voice_is_no_key() -> None:
    """Twenty seconds of vowels: a pitch and all of its harmonics, gliding."""
    random = Random(5)
    samples: list[int] = []
    for _ in range(100):
        pitch, tilt = random.uniform(90, 250), random.uniform(0.5, 0.9)
        samples += [
            round(
                3000
                * sum(
                    tilt**number * sin(2 * pi * pitch * number * at / 8000 + number)
                    for number in range(1, 12)
                )
            )
            for at in range(1600)
        ]
    assert read(samples) == []
