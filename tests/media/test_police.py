"""(M8)"""

from media.engine.flow import Counts
from media.police import EVERY, PAROLE, Policer
from media.quality import Reception
from tests.support.rtp_streams import CLOCKS, rtp

PACKET = rtp(0, 0)
SIZE = len(PACKET)
RATE = 100.0 * SIZE
"""Packets of ours."""


class Line:
    """Packets come, pass the policer where they have to, and it is looked at in time."""

    def __init__(self) -> None:
        self.reception, self.counts = Reception(CLOCKS), Counts()
        self.now = 50.0
        self.policer = Policer(RATE, self.reception, self.counts, self.now)
        self.passed = 0
        self._number = 0

    def second(self, packets: int) -> bool:
        """A second with so many packets; did a change come of it?"""
        for _ in range(packets):
            self.now += EVERY / packets
            self._number += 1
            data = rtp(self._number, 160 * self._number)
            self.reception.packet(data, len(data), self.now)
            if not self.policer.engaged or self.policer(data) is not None:
                self.passed += 1
        self.now = self.policer.due
        return self.policer.look(self.now)


def test_a_stream_that_keeps_to_its_rate_is_left_alone() -> None:
    line = Line()
    assert [line.second(100) for _ in range(5)] == [False] * 5
    assert (line.passed, line.counts.policed, line.policer.engaged) == (500, 0, False)


def test_a_stream_that_sends_more_is_cut_down_to_its_rate() -> None:
    line = Line()
    assert line.second(300), "it is seen after a second"
    line.passed = 0
    assert not line.second(300)
    assert line.passed == 199, "a bucket of one second, and what flows in meanwhile"
    line.passed = 0
    for _ in range(10):
        line.second(300)
    assert 999 <= line.passed <= 1001
    assert line.counts.policed == 11 * 300 - 199 - line.passed


def test_after_some_good_seconds_nobody_weighs_packets_any_more() -> None:
    line = Line()
    line.second(300)
    changes = [line.second(50) for _ in range(PAROLE)]
    assert changes == [False] * (PAROLE - 1) + [True]
    assert not line.policer.engaged
    assert line.counts.policed == 0


def test_one_bad_second_begins_the_time_anew() -> None:
    line = Line()
    line.second(300)
    for _ in range(PAROLE - 1):
        line.second(50)
    line.second(300)
    assert [line.second(50) for _ in range(PAROLE)] == [False] * (PAROLE - 1) + [True]


def test_a_look_that_comes_late_asks_for_more_time() -> None:
    line = Line()
    for number in range(290):
        data = rtp(number, 160 * number)
        line.reception.packet(data, len(data), 50.0 + number / 100)
    assert not line.policer.look(53.0)
    assert line.policer.due == 54.0


def test_the_rate_may_change_with_a_new_description() -> None:
    line = Line()
    line.policer.rate = 4 * RATE
    assert not line.second(300)
