"""RFC 3611 (Q7)."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtcp_xr import (
    BadRtcp,
    ExtendedReport,
    LastReference,
    Summary,
    VoipMetrics,
    read_extended,
)
from tests.support.rtcp_packets import (
    extended_block,
    last_references,
    statistics_summary,
    voip_metrics,
)


def body(*blocks: bytes) -> bytes:
    return struct.pack("!I", 9) + b"".join(blocks)


def test_voip_metrics_are_read() -> None:
    data = body(extended_block(1, bytes(8)), voip_metrics(7, 91, 43, 41))
    metrics = VoipMetrics(
        ssrc=7,
        loss_rate=0.25,
        discard_rate=0.125,
        burst_density=0.5,
        gap_density=0.0625,
        burst_ms=200,
        gap_ms=3000,
        round_trip_ms=80,
        end_system_ms=45,
        r_factor=91,
        mos_lq=4.3,
        mos_cq=4.1,
        jitter_buffer_ms=40,
    )
    assert read_extended(data) == ExtendedReport(9, (metrics,), others=(1,))


def test_scores_which_the_end_does_not_know_are_none() -> None:
    (metrics,) = read_extended(body(voip_metrics(7))).metrics
    assert (metrics.r_factor, metrics.mos_lq, metrics.mos_cq) == (None, None, None)


def test_a_statistics_summary_tells_what_its_flags_say_that_it_measured() -> None:
    data = body(statistics_summary(7, lost=12, duplicated=3, jitter=(1, 40, 9, 5)))
    assert read_extended(data).summaries == (Summary(7, 12, 3, 1, 40, 9, 5),)
    data = body(statistics_summary(7, flags=0x40, lost=12, duplicated=3))
    assert read_extended(data).summaries == (Summary(7, None, 3, None, None, None, None),)


def test_reference_times_are_read() -> None:
    ntp = 0x1122_3344_5566_7788
    data = body(extended_block(4, ntp.to_bytes(8, "big")), last_references((7, 5, 6), (8, 0, 0)))
    report = read_extended(data)
    assert report.reference == ntp
    assert report.last_references == (LastReference(7, 5, 6), LastReference(8, 0, 0))


def test_a_report_may_be_empty() -> None:
    assert read_extended(body()) == ExtendedReport(9, (), ())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0",
        body(b"\7\0"),
        body(b"\7\0\0\x09"),
        body(extended_block(7, bytes(28))),
        body(extended_block(6, bytes(32))),
        body(extended_block(5, bytes(8))),
        body(extended_block(4, bytes(4))),
    ],
)
def test_what_is_cut_short_is_the_peers_fault(data: bytes) -> None:
    with pytest.raises(BadRtcp):
        read_extended(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(BadRtcp):
        read_extended(data)
