from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.control import Totals
from media.quality import MAX_DROPOUT, MAX_MISORDER, MAX_STEP, Codec, Reception
from tests.support.rtp_streams import SSRC, Arrival, Delays, received, rtp

PCMU, PCMA, G722, CN, OPUS, EVENT, VIDEO = 0, 8, 9, 13, 96, 101, 97
CLOCKS: dict[int, Codec] = {
    PCMU: ("PCMU", 8000),
    PCMA: ("PCMA", 8000),
    G722: ("G722", 8000),
    CN: ("CN", 8000),
    OPUS: ("opus", 48000),
    EVENT: ("telephone-event", 8000),
    VIDEO: ("H264", 90000),
}
STEADY: Delays = (0.0,)
LOST: Delays = ()


class Line:
    """A reception, fed by hand: each call of `hears` is one packet."""

    def __init__(self, began: float = 0.0) -> None:
        self.reception = Reception(CLOCKS)
        self.now = began

    def hears(
        self,
        *sequences: int,
        after: float = 0.02,
        timestamp: int | None = None,
        payload_type: int = PCMU,
        ssrc: int = SSRC,
        marker: bool = False,
    ) -> "Line":
        """Packets `after` seconds apart; without a timestamp, 160 ticks for each number."""
        for sequence in sequences:
            self.now += after
            ticks = 160 * sequence if timestamp is None else timestamp
            data = rtp(sequence, ticks, payload_type, ssrc, marker=marker)
            self.reception.packet(data, len(data), self.now)
        return self

    def rolled(self) -> Totals:
        self.reception.roll(self.now)
        interval = self.reception.interval()
        assert interval is not None
        return interval

    @property
    def total(self) -> Totals:
        return self.reception.total(self.now)

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.total.lost, self.total.late, self.total.duplicated


# --- the oracle: lists, and the truth that the network knows ------------------------------------


def by_list(arrivals: Sequence[Arrival], rate: int, until: float) -> Totals:
    numbers = [arrival.sequence for arrival in arrivals]
    late = sum(
        number < max(numbers[:index]) and number not in numbers[:index]
        for index, number in enumerate(numbers)
        if index
    )
    jitter = list(jitters(arrivals, rate))
    times = [arrival.at for arrival in arrivals]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return Totals(
        packets=len(arrivals),
        bytes=172 * len(arrivals),
        lost=max(0, max(numbers) - min(numbers) + 1 - len(numbers)),
        late=late,
        duplicated=len(numbers) - len(set(numbers)),
        jitter_ms=sum(jitter) / len(jitter) / rate * 1000 if jitter else 0.0,
        jitter_max_ms=max(jitter, default=0.0) / rate * 1000,
        longest_gap_ms=max(gaps, default=0.0) * 1000,
        seconds=until - times[0],
    )


def jitters(arrivals: Sequence[Arrival], rate: int) -> Iterable[float]:
    """RFC 3550 A.8, in timestamp units, of everything but copies."""
    estimate, heard = 0.0, {arrivals[0].sequence}
    last = arrivals[0]
    for arrival in arrivals[1:]:
        if arrival.sequence in heard:
            continue
        heard.add(arrival.sequence)
        difference = (arrival.at - last.at) * rate - (arrival.timestamp - last.timestamp)
        estimate += (abs(difference) - estimate) / 16
        last = arrival
        yield estimate


def close(found: Totals, wanted: Totals) -> bool:
    """Equal in all counts, and in all times but for the last bits of a float."""
    rounded = replace(
        found,
        jitter_ms=wanted.jitter_ms,
        jitter_max_ms=wanted.jitter_max_ms,
        longest_gap_ms=wanted.longest_gap_ms,
        seconds=wanted.seconds,
    )
    times: tuple[Callable[[Totals], float], ...] = (
        lambda totals: totals.jitter_ms,
        lambda totals: totals.jitter_max_ms,
        lambda totals: totals.longest_gap_ms,
        lambda totals: totals.seconds,
    )
    return rounded == wanted and all(abs(time(found) - time(wanted)) < 1e-5 for time in times)


DELAY = st.floats(0, 0.12)
PACKET = st.one_of(
    st.just(STEADY),
    st.tuples(DELAY),
    st.just(LOST),
    st.tuples(DELAY, DELAY),
)
NETWORK = st.lists(PACKET, min_size=1, max_size=80).filter(any)


@settings(max_examples=300)
@given(
    network=NETWORK,
    sequence=st.integers(0, 65535) | st.integers(65490, 65535),
    timestamp=st.integers(0, 2**32 - 1) | st.integers(2**32 - 8000, 2**32 - 1),
    codec=st.sampled_from([(PCMU, 8000), (OPUS, 48000)]),
)
def test_any_stream_is_measured_as_plain_lists_do_it(
    network: list[Delays], sequence: int, timestamp: int, codec: tuple[int, int]
) -> None:
    payload_type, rate = codec
    arrivals = list(received(network, sequence=sequence, timestamp=timestamp, rate=rate))
    reception = Reception(CLOCKS)
    for arrival in arrivals:
        data = rtp(arrival.sequence, arrival.timestamp, payload_type)
        reception.packet(data, len(data), arrival.at)
    until = arrivals[-1].at + 1
    wanted = by_list(arrivals, rate, until)
    found = reception.total(until)
    assert close(found, wanted), (found, wanted)
    numbers = [arrival.sequence for arrival in arrivals]
    expected = max(numbers) - min(numbers) + 1
    assert reception.loss_fraction(until) == pytest.approx(1 - len(set(numbers)) / expected)


@given(network=NETWORK, cuts=st.sets(st.integers(0, 80)))
def test_intervals_add_up_to_the_whole(network: list[Delays], cuts: set[int]) -> None:
    reception = Reception(CLOCKS)
    intervals: list[Totals] = []
    now = 100.0
    for index, arrival in enumerate(received(network)):
        if index in cuts:
            reception.roll(now)
            interval = reception.interval()
            assert interval is not None
            intervals.append(interval)
        now = arrival.at
        reception.packet(arrival.packet(), 172, now)
    reception.roll(now)
    interval = reception.interval()
    assert interval is not None
    intervals.append(interval)
    total = reception.total(now)
    assert sum(one.packets for one in intervals) == total.packets
    assert sum(one.bytes for one in intervals) == total.bytes
    assert sum(one.late for one in intervals) == total.late
    assert sum(one.duplicated for one in intervals) == total.duplicated
    assert sum(one.lost for one in intervals) >= total.lost  # what is late belongs to two of them
    assert max(one.jitter_max_ms for one in intervals) == total.jitter_max_ms
    assert max(one.longest_gap_ms for one in intervals) == total.longest_gap_ms


def by_sets(sequences: Sequence[int]) -> tuple[int, int, int]:
    """RFC 3550 A.1 over all numbers ever heard: what was lost, late and doubled."""
    segments = [{sequences[0]}]
    late = duplicated = outside = 0
    restart = None
    for sequence in sequences[1:]:
        heard = segments[-1]
        ahead = (sequence - max(heard)) % 2**16
        number = max(heard) + ahead - (2**16 if ahead > 2**15 else 0)
        if 0 < ahead < 3000:
            heard.add(number)
        elif ahead == 0 or ahead > 2**16 - 100:
            duplicated += number in heard
            late += number not in heard
            heard.add(number)
        elif sequence == restart:
            segments.append({sequence - 1, sequence})
            outside -= 1
            restart = None
        else:
            outside += 1
            restart = (sequence + 1) % 2**16
    expected = sum(max(heard) - min(heard) + 1 for heard in segments)
    return max(0, expected - (len(sequences) - outside)), late, duplicated


STEP = (
    st.integers(1, 3)
    | st.integers(-130, 130)
    | st.integers(2990, 3010)
    | st.integers(-5, 5).map(lambda step: step + 2**15)
)


@settings(max_examples=300)
@given(st.integers(0, 65535), st.lists(STEP, max_size=60))
def test_any_sequence_is_counted_as_sets_do_it(first: int, steps: list[int]) -> None:
    sequences = [number % 2**16 for number in accumulate(steps, initial=first)]
    assert Line().hears(*sequences).counts == by_sets(sequences)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 65535) | st.integers(0, 5),
            st.integers(0, 2**32 - 1),
            st.sampled_from([*CLOCKS, 77]),
            st.integers(1, 2),
            st.booleans(),
            st.floats(0, 10),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_no_stream_however_wild_gives_a_figure_out_of_bounds(
    packets: list[tuple[int, int, int, int, bool, float]],
) -> None:
    line = Line()
    for sequence, timestamp, payload_type, ssrc, marker, after in packets:
        line.hears(
            sequence,
            after=after,
            timestamp=timestamp,
            payload_type=payload_type,
            ssrc=ssrc,
            marker=marker,
        )
    total = line.total
    assert total.packets == len(packets)
    assert min(total.lost, total.late, total.duplicated) >= 0
    assert 0.0 <= total.jitter_ms <= total.jitter_max_ms <= 1000 * MAX_STEP
    assert 0.0 <= total.longest_gap_ms <= 10_000 + 1e-6
    assert 0.0 <= line.reception.loss_fraction(line.now) <= 1.0


# --- sequence -----------------------------------------------------------------------------------


def test_before_any_packet_all_is_zero_and_nobody_is_known() -> None:
    reception = Reception(CLOCKS)
    assert reception.total(50.0) == Totals(0, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0)
    assert (reception.ssrc, reception.first_at, reception.last_at) == (None, None, None)
    assert (reception.interval(), reception.heard_codec()) == (None, None)
    assert reception.loss_fraction(50.0) == 0.0


def test_an_interval_without_a_packet_is_empty_and_has_its_length() -> None:
    reception = Reception(CLOCKS)
    reception.roll(10.0)
    assert reception.interval() == Totals(0, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0)
    reception.roll(15.0)
    assert reception.interval() == Totals(0, 0, 0, 0, 0, 0.0, 0.0, 0.0, 5.0)


def test_who_spoke_and_when_is_known() -> None:
    line = Line(began=5.0).hears(1, 2, 3)
    assert line.reception.ssrc == SSRC
    assert line.reception.first_at == pytest.approx(5.02)
    assert line.reception.last_at == pytest.approx(5.06)
    assert line.reception.packets == 3


def test_a_gap_in_the_sequence_is_loss_until_it_is_filled() -> None:
    line = Line().hears(1, 2, 5)
    assert line.counts == (2, 0, 0)
    line.hears(4)
    assert line.counts == (1, 1, 0)
    line.hears(3, 6)
    assert line.counts == (0, 2, 0)


def test_the_sequence_wraps_with_nothing_lost() -> None:
    assert Line().hears(65534, 65535, 65536, 65537).counts == (0, 0, 0)


def test_late_and_double_packets_are_told_apart_across_the_wrap() -> None:
    assert Line().hears(65534, 65536, 65535, 65535, 65536, 65537).counts == (0, 1, 2)


def test_a_copy_of_the_newest_packet_is_a_duplicate() -> None:
    line = Line().hears(1, 1, 2, 2, 2, 3)
    assert line.counts == (0, 0, 3)
    assert line.total.packets == 6


def test_duplicates_hide_loss_from_the_count_of_the_rfc_but_not_from_the_fraction() -> None:
    line = Line().hears(1, 2, 2, 4)
    assert line.counts == (0, 0, 1)
    assert line.reception.loss_fraction(line.now) == 0.25


def test_an_overtaken_first_packet_hides_no_loss() -> None:
    assert Line().hears(10, 9, 12).counts == (1, 1, 0)


def test_a_late_packet_counts_in_its_own_interval_and_never_below_zero() -> None:
    line = Line().hears(1, 2, 4)
    assert line.rolled().lost == 1
    line.hears(3, 5)
    assert line.rolled().lost == 0
    assert line.counts == (0, 1, 0)


def test_interval_loss_is_of_the_interval_alone() -> None:
    line = Line().hears(*range(1, 51))
    assert line.rolled().lost == 0
    line.hears(*range(61, 111))
    assert line.rolled().lost == 10
    line.hears(*range(111, 161))
    assert line.rolled().lost == 0
    assert line.total.lost == 10


def test_the_oldest_packet_that_may_be_late_and_the_first_that_may_not() -> None:
    far = MAX_MISORDER
    assert Line().hears(0, 1 + far, 2).counts == (far - 1, 1, 0)
    line = Line().hears(0, 1 + far, 1)
    assert line.counts == (far, 0, 0)
    assert line.total.packets == 3


def test_a_jump_within_the_dropout_is_loss() -> None:
    line = Line().hears(1, MAX_DROPOUT)
    assert line.counts == (MAX_DROPOUT - 2, 0, 0)
    assert line.hears(MAX_DROPOUT - 1, MAX_DROPOUT - 99).counts == (MAX_DROPOUT - 4, 2, 0)


def test_one_packet_from_elsewhere_disturbs_nothing() -> None:
    line = Line().hears(1, 2, 1 + MAX_DROPOUT + 1, 3, 4)
    assert line.counts == (0, 0, 0)
    assert line.total.packets == 5
    assert line.total.jitter_ms == pytest.approx(1000 * 0.02 / 16 / 3 * (1 + 15 / 16), rel=1e-3)


def test_two_packets_in_a_row_from_elsewhere_are_a_restart_and_no_loss() -> None:
    line = Line().hears(1, 2, 4, 40000, 40001, 40002)
    assert line.counts == (1, 0, 0)
    assert line.total.packets == 6
    line.hears(40004)
    assert line.counts == (2, 0, 0)


def test_both_packets_of_a_restart_are_known_and_their_copies_recognised() -> None:
    assert Line().hears(1, 40000, 40001, 40000, 40001, 39999).counts == (0, 1, 2)


def test_a_restart_at_the_wrap_is_seen() -> None:
    line = Line().hears(30000, 65535, 65536, 65537, 65539)
    assert line.counts == (1, 0, 0)


def test_a_new_source_is_a_new_segment_and_its_loss_adds_up() -> None:
    line = Line().hears(1, 2, 4).hears(9000, 9002, ssrc=7)
    assert line.counts == (2, 0, 0)
    assert line.reception.ssrc == 7
    line.hears(5, 6)
    assert line.counts == (2, 0, 0)
    assert line.reception.first_at == pytest.approx(0.02)


def test_a_change_of_source_is_never_jitter_or_a_gap() -> None:
    line = Line().hears(1, 2, 3).hears(700, after=3.0, ssrc=7, timestamp=12345)
    line.hears(701, ssrc=7, timestamp=12345 + 160)
    assert line.total.jitter_max_ms == pytest.approx(0.0, abs=1e-6)
    assert line.total.longest_gap_ms == pytest.approx(20.0)


# --- jitter -------------------------------------------------------------------------------------


def test_a_steady_stream_has_no_jitter() -> None:
    assert Line().hears(*range(500)).total.jitter_max_ms == pytest.approx(0.0, abs=1e-6)


def test_one_packet_ten_ms_late_moves_the_estimate_by_a_sixteenth_and_back_again() -> None:
    line = Line().hears(1, 2).hears(3, after=0.03)
    assert line.total.jitter_max_ms == pytest.approx(10 / 16)
    line.hears(4, after=0.01)
    assert line.total.jitter_max_ms == pytest.approx(10 / 16 + (10 - 10 / 16) / 16)
    assert line.total.jitter_ms == pytest.approx((0 + 10 / 16 + 10 / 16 + (10 - 10 / 16) / 16) / 3)


@pytest.mark.parametrize(("payload_type", "ticks"), [(PCMU, 160), (OPUS, 960), (VIDEO, 1800)])
def test_jitter_is_milliseconds_whatever_the_clock(payload_type: int, ticks: int) -> None:
    line = Line()
    for number in range(400):
        after = 0.03 if number % 2 else 0.01  # always 10 ms from where it should be
        line.hears(number, after=after, timestamp=number * ticks, payload_type=payload_type)
    assert line.total.jitter_max_ms == pytest.approx(10.0, rel=1e-6)


def test_the_timestamp_wraps_without_jitter() -> None:
    line = Line()
    for number in range(10):
        line.hears(number, timestamp=2**32 - 800 + 160 * number)
    assert line.total.jitter_max_ms == pytest.approx(0.0, abs=1e-5)


def test_the_timestamp_wraps_without_jitter_in_a_packet_out_of_the_common_way() -> None:
    line = Line().hears(1, timestamp=2**32 - 160).hears(2, timestamp=2**32, marker=True)
    assert line.hears(3, timestamp=160).total.jitter_max_ms == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("marker", [False, True])
def test_a_new_origin_of_timestamps_is_no_jitter(marker: bool) -> None:
    line = Line().hears(1, 2).hears(3, timestamp=2_000_000, marker=marker)
    line.hears(4, timestamp=2_000_160)
    assert line.total.jitter_max_ms == pytest.approx(0.0, abs=1e-6)


def test_a_telephone_event_disturbs_neither_jitter_nor_order() -> None:
    line = Line().hears(1, 2, 3)
    for number in range(4, 12):  # one timestamp for the whole event
        line.hears(number, timestamp=640, payload_type=EVENT, marker=number == 4)
    line.hears(12, 13)
    assert line.total.jitter_max_ms == pytest.approx(0.0, abs=1e-6)
    assert line.counts == (0, 0, 0)
    assert line.total.longest_gap_ms == pytest.approx(20.0)


def test_comfort_noise_is_neither_jitter_nor_a_gap() -> None:
    line = Line().hears(1, 2)
    line.hears(3, after=0.031, timestamp=480, payload_type=CN)  # in its own time
    line.hears(4, after=2.0, timestamp=16480, payload_type=CN)
    line.hears(5, after=1.969, timestamp=160 * 2 + 32000)  # no marker
    line.hears(6, timestamp=160 * 3 + 32000)
    assert line.total.jitter_max_ms == pytest.approx(0.0, abs=1e-6)
    assert line.total.longest_gap_ms == pytest.approx(20.0)


def test_the_packets_of_one_video_frame_are_one_sample() -> None:
    line = Line()
    for frame in range(50):
        for part in range(4):
            line.hears(
                4 * frame + part,
                after=0.002 if part else 0.034,
                timestamp=3600 * frame,
                payload_type=VIDEO,
                marker=part == 3,
            )
    assert line.counts == (0, 0, 0)
    assert line.total.jitter_max_ms == pytest.approx(0.0, abs=1e-6)
    assert line.total.longest_gap_ms == pytest.approx(34.0)


def test_a_codec_with_another_clock_begins_anew_and_keeps_the_estimate() -> None:
    line = Line().hears(1, 2).hears(3, after=0.036)
    before = line.total.jitter_max_ms
    line.hears(4, timestamp=5_000_000, payload_type=OPUS)
    line.hears(5, timestamp=5_000_960, payload_type=OPUS)
    assert line.total.jitter_max_ms == before == pytest.approx(1.0)
    assert line.total.jitter_ms == pytest.approx((0 + 1 + 15 / 16) / 3)


def test_a_codec_of_the_same_clock_goes_on_with_the_same_timestamps() -> None:
    line = Line().hears(1, 2).hears(3, after=0.036, payload_type=PCMA).hears(4, payload_type=PCMA)
    assert line.total.jitter_max_ms == pytest.approx(1.0)


def test_a_payload_type_without_a_known_clock_is_counted_but_not_timed() -> None:
    line = Line().hears(1, 2, 5, after=0.5, payload_type=77)
    assert line.counts == (2, 0, 0)
    assert line.total.jitter_max_ms == 0.0
    assert line.total.longest_gap_ms == pytest.approx(500.0)
    assert line.reception.heard_codec() is None


@pytest.mark.parametrize("marker", [False, True])
def test_transit_may_change_by_two_seconds_and_a_larger_step_is_a_new_origin(marker: bool) -> None:
    slow = Line().hears(1, 2).hears(3, after=0.02 + 1.9, marker=marker)
    assert slow.total.jitter_max_ms == pytest.approx(1900 / 16)
    other = Line().hears(1, 2).hears(3, after=0.02 + 2.1, marker=marker)
    assert other.total.jitter_max_ms == pytest.approx(0.0, abs=1e-6)


# --- gaps ---------------------------------------------------------------------------------------


def test_the_longest_gap_is_between_two_packets_of_one_talkspurt() -> None:
    line = Line().hears(1, 2).hears(3, after=0.25).hears(4, after=0.1)
    assert line.total.longest_gap_ms == pytest.approx(250.0)


def test_a_gap_left_by_loss_counts() -> None:
    assert Line().hears(1, 2).hears(20, after=0.36).total.longest_gap_ms == pytest.approx(360.0)


def test_silence_before_a_talkspurt_is_no_gap() -> None:
    line = Line().hears(1, 2)
    line.hears(3, after=4.0, timestamp=32320, marker=True)
    assert line.total.longest_gap_ms == pytest.approx(20.0)


def test_silence_that_the_timestamps_tell_of_is_no_gap_even_without_a_marker() -> None:
    line = Line().hears(1, 2)
    line.hears(3, after=4.0, timestamp=32320).hears(4, timestamp=32480)
    assert line.total.longest_gap_ms == pytest.approx(20.0)
    assert line.total.jitter_max_ms == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("silence", "gap"), [(0.19, 190.0), (0.21, 20.0)])
def test_what_fits_into_one_packet_is_no_silence(silence: float, gap: float) -> None:
    line = Line().hears(1, timestamp=0).hears(2, timestamp=160)
    line.hears(3, after=silence, timestamp=160 + round(8000 * silence))
    assert line.total.longest_gap_ms == pytest.approx(gap)


def test_a_marker_on_a_video_clock_hides_no_gap() -> None:
    line = Line().hears(1, timestamp=0, payload_type=VIDEO, marker=True)
    line.hears(2, after=1.5, timestamp=3000, payload_type=VIDEO, marker=True)
    assert line.total.longest_gap_ms == pytest.approx(1500.0)


def test_a_hold_is_neither_gap_nor_jitter() -> None:
    line = Line().hears(1, 2)
    line.reception.pause()
    line.hears(3, after=30.0).hears(4)
    assert line.total.longest_gap_ms == pytest.approx(20.0)
    assert line.total.jitter_max_ms == pytest.approx(0.0, abs=1e-6)
    assert line.counts == (0, 0, 0)


def test_an_event_after_a_hold_leaves_the_voice_without_a_base() -> None:
    line = Line().hears(1, 2)
    line.reception.pause()
    line.hears(3, after=30.0, payload_type=EVENT, timestamp=480).hears(4).hears(5)
    assert line.total.jitter_max_ms == pytest.approx(0.0, abs=1e-6)


def test_each_interval_has_its_own_gap_and_jitter_and_the_whole_the_worst() -> None:
    line = Line().hears(1, 2).hears(3, after=0.1)
    assert line.rolled().longest_gap_ms == pytest.approx(100.0)
    worst = line.total.jitter_max_ms
    line.hears(*range(4, 200))
    interval = line.rolled()
    assert interval.longest_gap_ms == pytest.approx(20.0)
    assert interval.jitter_max_ms < worst
    fall = [80 / 16 * (15 / 16) ** number for number in range(1, 197)]
    assert interval.jitter_ms == pytest.approx(sum(fall) / 196)
    assert interval.seconds == pytest.approx(196 * 0.02)
    assert line.total.longest_gap_ms == pytest.approx(100.0)
    assert line.total.jitter_max_ms == worst


# --- codec --------------------------------------------------------------------------------------


def test_the_codec_heard_most_is_named() -> None:
    line = Line().hears(*range(1, 4)).hears(*range(4, 9), payload_type=PCMA)
    assert line.reception.heard_codec() == ("PCMA", 8000)
    line.hears(9, 10, 11)
    assert line.reception.heard_codec() == ("PCMU", 8000)


def test_of_two_codecs_heard_alike_the_first_is_named() -> None:
    line = Line().hears(1, 2, 3).hears(4, 5, 6, payload_type=PCMA)
    assert line.reception.heard_codec() == ("PCMU", 8000)


def test_events_and_comfort_noise_are_no_codec() -> None:
    line = Line().hears(1).hears(2, 3, 4, payload_type=EVENT).hears(5, 6, 7, payload_type=CN)
    assert line.reception.heard_codec() == ("PCMU", 8000)


def test_a_payload_type_that_changes_its_meaning_keeps_what_it_meant_before() -> None:
    line = Line().hears(*range(1, 5), payload_type=OPUS)
    line.reception.set_clocks({OPUS: ("iLBC", 8000)})
    assert line.reception.heard_codec() == ("opus", 48000)
    line.hears(*range(5, 11), payload_type=OPUS)
    assert line.reception.heard_codec() == ("iLBC", 8000)
    assert line.total.jitter_max_ms < 20.0


def test_a_clock_given_late_is_used_from_then_on() -> None:
    reception = Reception({})
    for number in range(4):
        reception.packet(rtp(number, 160 * number), 172, 0.02 * number)
    reception.set_clocks(CLOCKS)
    for number in range(4, 8):
        reception.packet(rtp(number, 160 * number), 172, 0.02 * number + 0.01)
    assert reception.total(1.0).jitter_max_ms == pytest.approx(0.0, abs=1e-6)
    assert reception.heard_codec() == ("PCMU", 8000)


def test_the_callers_table_of_clocks_is_not_kept() -> None:
    clocks: dict[int, Codec] = {PCMU: ("PCMU", 8000)}
    reception = Reception(clocks)
    clocks.clear()
    reception.packet(rtp(1, 0), 172, 0.0)
    assert reception.heard_codec() == ("PCMU", 8000)
