"""DTLS where a third of all datagrams is lost: OpenSSL's own timers, so time passes (I8)."""

from random import Random
from time import monotonic, sleep

import pytest

from media.dtls import Association, State
from tests.support.shaking import OURS, THEIRS, association

LOST = 0.3
PATIENCE = 25.0
"""Seconds: OpenSSL repeats after 1, 2, 4 and 8."""


def drop(random: Random, said: list[bytes]) -> list[bytes]:
    return [each for each in said if random.random() >= LOST]


def shake(random: Random, one: Association, other: Association) -> float:
    """Until both have keys; how long it took."""
    began = monotonic()
    to_other, to_one = one.begin(began), list[bytes]()
    while not one.state is other.state is State.DONE:
        now = monotonic()
        assert now - began < PATIENCE
        assert State.FAILED not in (one.state, other.state)
        to_other, heard = [], drop(random, to_other)
        to_one += [out for each in heard for out in other.feed(each, now)] + other.tick(now)
        to_one, heard = [], drop(random, to_one)
        to_other += [out for each in heard for out in one.feed(each, now)] + one.tick(now)
        if not to_other:
            sleep(0.02)
    return monotonic() - began


@pytest.mark.parametrize("seed", range(4))
def test_a_handshake_comes_about_all_the_same(seed: int) -> None:
    random = Random(seed)
    active = association(active=True, now=monotonic())
    passive = association(THEIRS, OURS, active=False, now=monotonic())
    shake(random, active, passive)
    assert active.keys is not None
    assert passive.keys is not None
    assert active.keys.ours == passive.keys.theirs[0]
