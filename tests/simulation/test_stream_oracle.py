"""Streams of every kind, measured again by plain lists and sets, slowly and plainly."""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from media.control import Totals
from media.quality import MAX_STEP, Reception
from tests.support.rtp_streams import (
    CLOCKS,
    LOST,
    OPUS,
    PCMU,
    STEADY,
    Arrival,
    Delays,
    Line,
    received,
    rtp,
)


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
    heard = set(numbers)
    ends = sum(number + 1 not in heard for number in heard if number < max(heard))
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
        bursts=ends,
        missing=max(numbers) - min(numbers) + 1 - len(heard),
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
