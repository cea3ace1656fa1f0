"""G.711 by tables (ITU-T G.711 §3)."""

import pytest

from media.dtmf.g711 import CONVERTED, DECODED, SILENCE, Law, decode, encode

LAWS: tuple[Law, Law] = ("PCMU", "PCMA")
LARGEST = {"PCMU": 32124, "PCMA": 32256}


@pytest.mark.parametrize("law", LAWS)
def test_every_octet_survives_the_way_to_samples_and_back(law: Law) -> None:
    every = bytes(range(256))
    back = encode(decode(every, law), law)
    negative_zero = {"PCMU": {0x7F}, "PCMA": set()}[law]  # µ-law has two zeros
    assert {octet for octet in every if back[octet] != octet} == negative_zero


@pytest.mark.parametrize("law", LAWS)
def test_the_loudest_and_the_softest_are_those_of_the_tables(law: Law) -> None:
    assert (max(DECODED[law]), min(DECODED[law])) == (LARGEST[law], -LARGEST[law])
    assert decode(bytes([SILENCE[law]]), law) == [{"PCMU": 0, "PCMA": 8}[law]]


@pytest.mark.parametrize("law", LAWS)
def test_what_is_louder_than_the_loudest_is_the_loudest(law: Law) -> None:
    top = encode([32767, -32768], law)
    assert decode(top, law) == [LARGEST[law], -LARGEST[law]]


@pytest.mark.parametrize("law", LAWS)
def test_a_sample_comes_back_within_half_a_step(law: Law) -> None:
    for sample in range(-32000, 32000, 7):
        (back,) = decode(encode([sample], law), law)
        assert abs(back - sample) <= half_a_step(sample)


def half_a_step(sample: int) -> float:
    """A step is a sixteenth of its segment; µ-law counts from 132 below zero."""
    return max(8, 4 + (abs(sample) + 132) / 32)


@pytest.mark.parametrize(("law", "other"), [("PCMU", "PCMA"), ("PCMA", "PCMU")])
def test_one_law_in_the_other_is_as_near_as_that_one_can_be(law: Law, other: Law) -> None:
    table = CONVERTED[law, other]
    for octet, wanted in enumerate(DECODED[law]):
        assert abs(DECODED[other][table[octet]] - wanted) <= half_a_step(wanted)


def test_there_and_back_again_is_nearly_the_same() -> None:
    every = bytes(range(256))
    back = every.translate(CONVERTED["PCMU", "PCMA"]).translate(CONVERTED["PCMA", "PCMU"])
    for octet in every:
        was, is_ = DECODED["PCMU"][octet], DECODED["PCMU"][back[octet]]
        assert abs(was - is_) <= max(16, abs(was) / 16)
