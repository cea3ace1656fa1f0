"""What was done to a stream is what is reported of it (Q2): loss, jitter, order, repetition, gaps.

The line is impaired here and not by the kernel's netem, which many kernels lack: so it is known of
each packet what happened to it, and the report must agree, in most figures exactly.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import pytest

from tests.e2e.conftest import StartBorder
from tests.e2e.support.border import Border
from tests.e2e.support.calls import Conversation, begin
from tests.e2e.support.configs import on_loopback
from tests.e2e.support.loopback import Loopback
from tests.e2e.support.media import PACE, MediaEnd
from tests.e2e.support.phone import Phone

COUNT = 400
"""Packets of each direction: 8 seconds."""
INTERVAL = 2.0
LOSS = 0.05
"""In the first half of the call; nothing is lost in the second."""
JITTER = 0.010
"""Each packet is late by up to so many seconds, either way."""


@dataclass(slots=True)
class Planned:
    """A packet, and when it leaves the impaired line."""

    number: int
    at: float
    left: float = 0.0
    """When it did in fact."""


@pytest.fixture
def border(start_border: StartBorder, lo: Loopback) -> Border:
    config = on_loopback(lo)
    config["monitoring"]["quality"] = {"interval": f"{INTERVAL:g}s"}
    return start_border(config)


@pytest.fixture
def call(border: Border, caller: Phone, callee: Phone, lo: Loopback) -> Conversation:
    return begin(caller, callee, (lo.wan, 5060))


def test_what_was_put_in_is_measured(border: Border, call: Conversation) -> None:
    lossy = lossy_and_jittery(Random(1))
    untidy = reordered_and_repeated()
    play(call, lossy, untidy)
    live = border.calls()[0]["media"][0]
    call.caller.hang_up(call.a)
    media = border.record()["media"][0]
    a, b = media["a"]["total"], media["b"]["total"]

    put_in = COUNT - len(lossy)
    assert 5 <= put_in <= 20
    assert (a["packets"], a["lost"], a["late"], a["duplicated"]) == (len(lossy), put_in, 0, 0)
    assert a["jitter_ms"] == pytest.approx(1000 * jitter(lossy), rel=0.1, abs=0.2)
    assert a["longest_gap_ms"] == pytest.approx(1000 * longest_gap(lossy), abs=3)

    assert (b["packets"], b["lost"], b["late"], b["duplicated"]) == (len(untidy), 0, 3, 2)
    assert media["a"]["mos"] < media["b"]["mos"], "loss is heard"

    # The last interval saw nothing of the loss before it.
    assert live["a"]["interval"]["lost"] == 0
    assert live["a"]["total"]["lost"] == put_in
    assert live["a"]["interval"]["packets"] == pytest.approx(INTERVAL / PACE, abs=3)

    status, out, _ = border.command("report", "quality", "--csv", "--by", "trunk")
    assert status == 0
    assert "carrier" in out
    metrics = border.metrics()
    assert metrics.sum("sbc_stream_loss_ratio_sum", trunk="carrier") == pytest.approx(
        put_in / COUNT
    )
    assert metrics.sum("sbc_stream_loss_ratio_sum", trunk="pbx") == 0


def lossy_and_jittery(draw: Random) -> list[Planned]:
    """In order: each is late by less than the time to the next."""
    planned = []
    for number in range(COUNT):
        lost = draw.random() < LOSS and 0 < number < COUNT // 2
        at = number * PACE + JITTER + draw.uniform(-JITTER, JITTER) * 0.99
        if not lost:
            planned.append(Planned(number, at))
    return planned


def reordered_and_repeated() -> list[Planned]:
    """Three packets overtaken by the next one, two sent twice."""
    planned = [Planned(number, number * PACE) for number in range(COUNT)]
    for number in (50, 150, 250):
        planned[number].at += 1.5 * PACE
    planned += [Planned(number, number * PACE + 0.002) for number in (100, 200)]
    return sorted(planned, key=lambda each: each.at)


def play(call: Conversation, a: list[Planned], b: list[Planned]) -> None:
    """Both directions at once, each packet when it is due."""
    ends = [(*end, packets_of(end[0])) for end in call.ends]
    everything = [(each, 0) for each in a] + [(each, 1) for each in b]
    began = time.monotonic()
    for planned, direction in sorted(everything, key=lambda one: one[0].at):
        media, to, packets = ends[direction]
        time.sleep(max(0.0, began + planned.at - time.monotonic()))
        planned.left = time.monotonic()
        media.rtp.sendto(packets[planned.number], to)
        media.hear()


def packets_of(media: MediaEnd) -> list[bytes]:
    return [media.packet() for _ in range(COUNT)]


def jitter(packets: Sequence[Planned]) -> float:
    """RFC 3550 §6.4.1, the mean of its course; in seconds."""
    course: list[float] = []
    value = 0.0
    for one, two in pairwise(packets):
        step = abs((two.left - one.left) - (two.number - one.number) * PACE)
        value += (step - value) / 16
        course.append(value)
    return sum(course) / len(course)


def longest_gap(packets: Sequence[Planned]) -> float:
    return max(two.left - one.left for one, two in pairwise(packets))
