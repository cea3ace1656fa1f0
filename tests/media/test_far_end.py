import pytest

from media.control import FarEnd
from media.far_end import FarEndReports
from media.rtcp import Bye, ReceiverReport, ReportBlock, SenderReport
from media.rtcp_xr import ExtendedReport, LastReference, Summary, VoipMetrics

SSRC = 0x1234
NTP = 0x1122_3344_5566_7788
MIDDLE = 0x3344_5566


def sender_report(ntp: int = NTP, ssrc: int = SSRC, *blocks: ReportBlock) -> SenderReport:
    return SenderReport(ssrc, ntp, 0, 10, 1600, blocks)


def block(
    ssrc: int = SSRC,
    *,
    fraction: float = 0.0,
    lost: int = 0,
    jitter: int = 0,
    lsr: int = 0,
    waited: float = 0.0,
) -> ReportBlock:
    return ReportBlock(ssrc, fraction, lost, 1000, jitter, lsr, round(waited * 65536))


def told(reports: FarEndReports, *blocks: ReportBlock, now: float = 10.0) -> FarEnd:
    reports.received([ReceiverReport(99, blocks)], now)
    far_end = reports.far_end(8000)
    assert far_end is not None
    return far_end


def test_nothing_is_known_before_the_first_report() -> None:
    reports = FarEndReports()
    reports.received([Bye((1,), b""), ReceiverReport(99, ())], 1.0)
    assert reports.far_end(8000) is None


def test_the_last_report_is_told_in_the_clock_of_what_was_sent() -> None:
    reports = FarEndReports()
    told(reports, block(fraction=0.5, lost=3, jitter=80))
    far_end = told(reports, block(fraction=0.25, lost=7, jitter=160))
    assert far_end == FarEnd(2, 0.25, 7, 20.0, None)
    assert reports.far_end(16000) == FarEnd(2, 0.25, 7, 10.0, None)


def test_reports_inside_a_sender_report_count_too() -> None:
    reports = FarEndReports()
    reports.received([sender_report(1, 99, block(lost=4))], 1.0)
    far_end = reports.far_end(8000)
    assert far_end is not None
    assert far_end.lost == 4


def test_loss_of_several_sources_adds_up_and_a_surplus_of_copies_is_no_loss() -> None:
    reports = FarEndReports()
    told(reports, block(1, lost=5))
    assert told(reports, block(2, lost=-3)).lost == 5
    assert told(reports, block(1, lost=6), block(3, lost=2)).lost == 8


def test_the_round_trip_is_the_time_since_the_report_less_what_it_waited_there() -> None:
    reports = FarEndReports()
    reports.sent([sender_report()], 10.0)
    assert told(reports, block(lsr=MIDDLE, waited=2.0), now=12.15).round_trip_ms == pytest.approx(
        150
    )


def test_the_round_trip_survives_a_report_that_knows_none() -> None:
    reports = FarEndReports()
    reports.sent([sender_report(), Bye((1,), b"")], 10.0)
    told(reports, block(lsr=MIDDLE), now=10.05)
    assert told(reports, block(), now=11.0).round_trip_ms == pytest.approx(50)


def test_only_a_report_that_we_sent_gives_a_round_trip() -> None:
    reports = FarEndReports()
    reports.sent([sender_report()], 10.0)
    assert told(reports, block(lsr=MIDDLE + 1), now=10.05).round_trip_ms is None
    assert told(reports, block(7, lsr=MIDDLE), now=10.05).round_trip_ms is None


def test_an_lsr_of_nought_means_that_none_came() -> None:
    reports = FarEndReports()
    reports.sent([sender_report(ntp=0)], 10.0)
    assert told(reports, block(lsr=0), now=10.05).round_trip_ms is None


def test_a_coarse_clock_over_there_makes_a_short_way_nought_and_no_more() -> None:
    reports = FarEndReports()
    reports.sent([sender_report()], 10.0)
    assert told(reports, block(lsr=MIDDLE, waited=1.004), now=11.0).round_trip_ms == 0.0
    reports = FarEndReports()
    reports.sent([sender_report()], 10.0)
    assert told(reports, block(lsr=MIDDLE, waited=1.1), now=11.0).round_trip_ms is None


def test_a_report_older_than_a_handful_is_forgotten() -> None:
    reports = FarEndReports()
    for number in range(17):
        reports.sent([sender_report(NTP + (number << 16))], 10.0 + number)
    assert told(reports, block(lsr=MIDDLE), now=30.0).round_trip_ms is None
    assert told(reports, block(lsr=MIDDLE + 1), now=30.0).round_trip_ms == pytest.approx(19_000)


def test_sources_without_end_fill_no_memory() -> None:
    reports = FarEndReports()
    for ssrc in range(1000):
        far_end = told(reports, block(ssrc, lost=1))
    assert far_end.reports == 1000
    assert far_end.lost == 16


def test_a_source_that_speaks_again_is_not_the_oldest() -> None:
    reports = FarEndReports()
    told(reports, block(1, lost=100))
    for ssrc in range(2, 17):
        told(reports, block(ssrc))
    told(reports, block(1, lost=101))
    assert told(reports, block(17)).lost == 101


METRICS = VoipMetrics(SSRC, 0.25, 0.125, 0.5, 0.0625, 200, 3000, 80, 45, 91, 4.3, None, 40)
SUMMARY = Summary(SSRC, 12, 3, 8, 320, 80, 16)


def test_extended_reports_are_told_beside_the_usual_ones() -> None:
    """(Q7)"""
    reports = FarEndReports()
    reports.received([ExtendedReport(99, (METRICS,), (), (SUMMARY,))], 1.0)
    assert reports.far_end(8000) is None, "alone they do not say how much was lost in all"
    extended = told(reports, block()).extended
    assert extended is not None
    assert (extended.loss_rate, extended.discard_rate, extended.r_factor) == (0.25, 0.125, 91)
    assert (extended.mos_lq, extended.mos_cq, extended.jitter_buffer_ms) == (4.3, None, 40)
    assert (extended.duplicated, extended.jitter_mean_ms) == (3, 10.0)
    assert (extended.jitter_max_ms, extended.jitter_deviation_ms) == (40.0, 2.0)


def test_each_kind_of_extended_report_stands_by_itself() -> None:
    """(Q7)"""
    reports = FarEndReports()
    reports.received([ExtendedReport(99, (METRICS,), ())], 1.0)
    extended = told(reports, block()).extended
    assert extended is not None
    assert (extended.burst_ms, extended.duplicated, extended.jitter_mean_ms) == (200, None, None)
    other = FarEndReports()
    other.received([ExtendedReport(99, (), (), (Summary(SSRC, None, 3, *[None] * 4),))], 1.0)
    extended = told(other, block()).extended
    assert extended is not None
    assert (extended.loss_rate, extended.duplicated, extended.jitter_max_ms) == (None, 3, None)


def test_an_end_that_sends_no_media_has_a_round_trip_by_its_reference_times() -> None:
    """(Q7)"""
    reports = FarEndReports()
    reports.sent([ExtendedReport(SSRC, (), (), (), NTP)], 5.0)
    late = LastReference(SSRC, MIDDLE, round(0.25 * 65536))
    unknown = (LastReference(SSRC, MIDDLE + 1, 0), LastReference(7, MIDDLE, 0))
    none = LastReference(SSRC, 0, 0)
    reports.received([ExtendedReport(99, (), (), (), None, (*unknown, none))], 5.2)
    assert told(reports, block()).round_trip_ms is None
    reports.received([ExtendedReport(99, (), (), (), None, (late,))], 5.3)
    assert told(reports, block()).round_trip_ms == pytest.approx(50)
    # What an SR tells comes first.
    reports.sent([sender_report()], 6.0)
    found = told(reports, block(lsr=MIDDLE), now=6.04)
    assert found.round_trip_ms == pytest.approx(40)
