import pytest

from media.control import FarEnd
from media.far_end import FarEndReports
from media.rtcp import Bye, ReceiverReport, ReportBlock, SenderReport

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
