import pytest

from media.control import Totals
from media.quality import MAX_DROPOUT, MAX_MISORDER, Codec, Reception
from tests.support.rtp_streams import (
    CLOCKS,
    CN,
    EVENT,
    OPUS,
    PCMA,
    PCMU,
    SSRC,
    VIDEO,
    Line,
    rtp,
)

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


@pytest.mark.parametrize(
    ("sequences", "bursts"),
    [
        ((1, 2, 5, 6), 1),
        ((1, 4, 7), 2),
        ((1, 5, 3), 2),  # the middle of a run came late: now there are two
        ((1, 4, 2), 1),  # its first
        ((1, 4, 3), 1),  # its last
        ((1, 3, 2), 0),  # all of it
        ((10, 8), 1),  # the first packet was overtaken by a later one, and one between is missing
        ((10, 8, 9), 0),
        ((10, 7, 9), 1),
        ((65534, 65537, 65541), 2),
    ],
)
def test_lost_packets_in_a_row_are_one_burst(sequences: tuple[int, ...], bursts: int) -> None:
    assert Line().hears(*sequences).total.bursts == bursts


def test_bursts_are_counted_by_interval_too() -> None:
    line = Line().hears(1, 3, 5)
    assert line.rolled().bursts == 2
    assert line.hears(6, 9).rolled().bursts == 1
    assert line.total.bursts == 3


def worst_of(line: Line) -> Totals | None:
    line.reception.roll(line.now)
    return line.reception.worst


def test_the_worst_interval_is_remembered() -> None:
    line = Line()
    assert worst_of(line) is None, "nothing was expected in it"
    good = worst_of(line.hears(*range(1, 51)))
    bad = worst_of(line.hears(*range(61, 101)))
    assert good is not None
    assert bad is not None
    assert (good.missing, bad.missing, bad.packets) == (0, 10, 40)
    assert bad.missing_part == 0.2
    assert worst_of(line.hears(*range(102, 151))) is bad


def test_packets_of_a_payload_type_that_nobody_described_are_counted_apart() -> None:
    line = Line().hears(1, 2, 3)
    assert (line.reception.unmapped(), line.reception.unmapped_type) == (0, None)
    line.hears(4, 5, payload_type=111).hears(6).hears(7, payload_type=112)
    assert (line.reception.unmapped(), line.reception.unmapped_type) == (3, 112)
    line.reception.set_clocks({112: ("opus", 48000)})
    assert line.hears(8, 9, payload_type=112).reception.unmapped() == 3
    assert line.hears(10).reception.unmapped() == 4


def test_after_comfort_noise_a_stream_rests_until_it_speaks_again() -> None:
    line = Line().hears(1)
    assert not line.reception.resting
    assert line.hears(2, payload_type=CN).reception.resting
    assert not line.hears(3, marker=True).reception.resting


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


def test_a_new_source_is_known_even_where_it_goes_on_with_the_numbers() -> None:
    line = Line().hears(1, 2).hears(3, after=0.05, ssrc=7)
    assert line.reception.ssrc == 7
    assert line.total.jitter_max_ms == pytest.approx(0.0, abs=1e-6)
    assert line.total.longest_gap_ms == pytest.approx(20.0)


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


def test_a_talkspurt_whose_silence_hid_a_loss_is_no_gap_either() -> None:
    line = Line().hears(1, 2).hears(9, after=0.3, marker=True)
    assert line.total.longest_gap_ms == pytest.approx(20.0)
    assert line.hears(20, after=0.4).total.longest_gap_ms == pytest.approx(400.0)


def test_the_highest_payload_type_is_no_marker() -> None:
    line = Line().hears(1, payload_type=127).hears(9, after=0.3, payload_type=127)
    assert line.total.longest_gap_ms == pytest.approx(300.0)


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


def test_a_clock_of_nought_is_no_clock() -> None:
    reception = Reception({PCMU: ("PCMU", 0)})
    reception.packet(rtp(1, 0), 172, 0.0)
    reception.packet(rtp(2, 160), 172, 0.5)
    assert (reception.total(1.0).jitter_ms, reception.heard_codec()) == (0.0, None)


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


def test_datagrams_that_are_no_rtp_are_counted_and_nothing_else() -> None:
    reception = Reception({})
    for at in (1.0, 1.5, 9.0):
        reception.datagram(100, at)
    total = reception.total(10.0)
    assert (total.packets, total.bytes, total.lost, total.longest_gap_ms) == (3, 300, 0, 0.0)
    assert (reception.first_at, reception.last_at, reception.ssrc) == (1.0, 9.0, None)


def test_rtp_after_such_datagrams_is_measured_as_if_they_had_not_been() -> None:
    reception = Reception({0: ("PCMU", 8000)})
    reception.datagram(100, 1.0)
    for number, at in ((7, 5.0), (8, 5.02), (10, 5.06)):
        data = rtp(number, 160 * number)
        reception.packet(data, len(data), at)
    total = reception.total(6.0)
    assert (total.packets, total.lost) == (4, 1)
    assert total.longest_gap_ms == pytest.approx(40)
