"""Calibration: what the network was told to do is what is reported, within the statistics.

Bounds (Q2 of the feature list): loss within 0.2 points, jitter within 10 %.
"""

import math
from collections.abc import Callable, Iterator
from random import Random

import pytest

from media.control import Totals
from media.quality import Codec, Reception
from tests.support.rtp_streams import Delays, received

PACKETS = 100_000
CLOCKS: dict[int, Codec] = {0: ("PCMU", 8000)}


def measured(network: Iterator[Delays]) -> Totals:
    reception = Reception(CLOCKS)
    now = 0.0
    for arrival in received(network, sequence=65_000, timestamp=2**32 - 80_000):
        now = arrival.at
        reception.packet(arrival.packet(), 172, now)
    return reception.total(now)


@pytest.mark.parametrize("loss", [0.0, 0.005, 0.02, 0.1])
def test_random_loss_is_reported_within_a_fifth_of_a_point(loss: float) -> None:
    random = Random(1)
    lost = [random.random() < loss for _ in range(PACKETS)]
    lost[0] = lost[-1] = False
    total = measured(() if gone else (0.04,) for gone in lost)
    assert total.lost == sum(lost)
    assert total.packets == PACKETS - sum(lost)
    assert total.lost / PACKETS == pytest.approx(loss, abs=0.002)
    assert (total.late, total.duplicated) == (0, 0)


def test_bursts_of_loss_are_counted_to_the_packet() -> None:
    random = Random(2)
    network: list[Delays] = []
    while len(network) < PACKETS:
        network += [(0.04,)] * random.randint(1, 400) + [()] * random.randint(1, 90)
    network.append((0.04,))
    assert measured(iter(network)).lost == network.count(())


GAUSS, UNIFORM = 0.004, 0.016
"""Seconds: a standard deviation, a width. Too small to reorder packets 20 ms apart."""


@pytest.mark.parametrize(
    ("delay", "mean_difference"),
    [
        # |D| of two independent normal delays: 2 sigma / sqrt(pi); of two uniform ones: width / 3.
        (lambda random: 0.05 + random.gauss(0, GAUSS), 2 * GAUSS / math.sqrt(math.pi)),
        (lambda random: 0.05 + random.uniform(0, UNIFORM), UNIFORM / 3),
    ],
    ids=["gaussian", "uniform"],
)
def test_jitter_is_the_mean_difference_of_the_delays(
    delay: Callable[[Random], float], mean_difference: float
) -> None:
    random = Random(3)
    total = measured((delay(random),) for _ in range(PACKETS))
    assert total.jitter_ms == pytest.approx(1000 * mean_difference, rel=0.01)
    assert total.jitter_max_ms < 3 * total.jitter_ms
    assert (total.lost, total.duplicated) == (0, 0)


def test_jitter_with_loss_copies_and_reordering_stays_within_a_tenth() -> None:
    random = Random(4)

    def network() -> Iterator[Delays]:
        for _ in range(PACKETS):
            copies = random.choices((0, 1, 2), (0.02, 0.97, 0.01))[0]
            yield tuple(0.1 + random.gauss(0, 3 * GAUSS) for _ in range(copies))

    total = measured(network())
    assert total.jitter_ms == pytest.approx(1000 * 6 * GAUSS / math.sqrt(math.pi), rel=0.1)
    assert total.duplicated / PACKETS == pytest.approx(0.01, abs=0.002)
    assert 0.05 < total.late / PACKETS < 0.2


def test_reordering_alone_is_late_and_never_lost() -> None:
    random = Random(5)
    held = [random.random() < 0.03 for _ in range(PACKETS)]
    held[-1] = False
    total = measured((0.05 if wait else 0.0,) for wait in held)
    overtaken = sum(
        wait and not all(held[index + 1 : index + 3]) for index, wait in enumerate(held)
    )
    assert total.lost == 0
    assert total.late == overtaken
    assert total.packets == PACKETS
