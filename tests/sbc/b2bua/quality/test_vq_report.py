"""RFC 6035 §4.6 (Q7)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.b2bua.quality.vq_report import (
    FIGURES,
    LONGEST_TEXT,
    MOST_LINES,
    TEXTS,
    VqReport,
    read_report,
    write_report,
)
from sbc.sip.errors import BadMessage

REPORT = b"""\
VQSessionReport: CallTerm\r
CallID: 12345678@laptop.example.com\r
LocalID: Alice <sip:alice@example.com>\r
RemoteID: Bob <sip:bob@example.com>\r
OrigID: Alice <sip:alice@example.com>\r
LocalAddr: IP=10.10.1.100 PORT=80 SSRC=1a3b5c7d\r
RemoteAddr: IP=11.1.1.150 PORT=5002 SSRC=0x2468abcd\r
LocalMetrics:\r
Timestamps: START=2004-10-10T18:23:43Z STOP=2004-10-01T18:26:02Z\r
SessionDesc: PT=18 PD=G729 SR=8000 FD=20 FO=20 FPP=2 PPS=50\r
 FMTP="annexb=no" PLC=3 SSUP=on\r
JitterBuffer: JBA=3 JBR=2 JBN=40 JBM=80 JBX=120\r
PacketLoss: NLR=5.0 JDR=2.0\r
BurstGapLoss: BLD=0 BD=0 GLD=2.0 GD=500 GMIN=16\r
Delay: RTD=200 ESD=140 IAJ=2 MAJ=10\r
Signal: SL=-18 NL=-50 RERL=55\r
QualityEst: RLQ=90 RCQ=85 EXTRI=90 MOSLQ=4.2 MOSCQ=4.3 QoEEstAlg=P.564\r
RemoteMetrics:\r
PacketLoss: NLR=1.0 JDR=0\r
Delay: RTD=200\r
DialogID: 12345678@laptop.example.com;to-tag=8472761;from-tag=9123dh311\r
"""


def test_a_report_is_read_in_our_names_and_units() -> None:
    report = read_report(REPORT)
    assert (report.kind, report.call_id) == ("session", "12345678@laptop.example.com")
    assert (report.local_tag, report.remote_tag) == ("9123dh311", "8472761")
    assert report.local_id == "Alice <sip:alice@example.com>"
    assert report.local == {
        "start": "2004-10-10T18:23:43Z",
        "stop": "2004-10-01T18:26:02Z",
        "codec": "G729",
        "rate": 8000.0,
        "jitter_buffer_ms": 40.0,
        "loss_percent": 5.0,
        "discard_percent": 2.0,
        "burst_loss_percent": 0.0,
        "burst_ms": 0.0,
        "gap_loss_percent": 2.0,
        "gap_ms": 500.0,
        "round_trip_ms": 200.0,
        "end_system_ms": 140.0,
        "jitter_ms": 2.0,
        "jitter_max_ms": 10.0,
        "signal_db": -18.0,
        "noise_db": -50.0,
        "echo_db": 55.0,
        "r_lq": 90.0,
        "r_cq": 85.0,
        "mos_lq": 4.2,
        "mos_cq": 4.3,
        "method": "P.564",
    }
    assert report.remote == {"loss_percent": 1.0, "discard_percent": 0.0, "round_trip_ms": 200.0}


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        ("VQIntervalReport", "interval"),
        ("vqsessionreport:", "session"),
        ("VQAlertReport: Type=NLR Severity=Critical Dir=local", "alert"),
    ],
)
def test_there_are_reports_of_three_kinds(first: str, kind: str) -> None:
    assert read_report(f"{first}\nCallID: a\n".encode()).kind == kind


def test_without_its_own_line_the_call_is_that_of_the_dialog() -> None:
    assert read_report(b"VQSessionReport\nDialogID: a@b; to-tag=1 ;from-tag=2\n") == VqReport(
        "session", "a@b", local_tag="2", remote_tag="1"
    )


def test_what_is_written_freely_is_read_as_far_as_it_goes() -> None:
    report = read_report(
        b"VQSessionReport : CallTerm\n\nCALLID:a\nX-Phone: 1\nPacketLoss: NLR=five JDR=nan X=1\n"
        b"Delay: RTD= IAJ=3 MAJ=99999999999999999999\nQualityEst: MOSLQ=4.1;MOSCQ=4\n"
    )
    assert report.local == {"jitter_ms": 3.0}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"hello", b"\xff\xfe", b"VQSessionReport\n", b"CallID: a\nVQSessionReport\n"),
        b"VQSessionReport\nCallID: a\n" + b"X: 1\n" * MOST_LINES,
    ],
)
def test_what_is_no_report_is_the_peers_fault(body: bytes) -> None:
    with pytest.raises(BadMessage) as refused:
        read_report(body)
    assert refused.value.status == 400


def test_no_text_of_a_peer_is_kept_longer_than_need_be() -> None:
    long = "a" * 5000
    report = read_report(f"VQSessionReport\nCallID: {long}\nSessionDesc: PD={long}\n".encode())
    assert len(report.call_id) == LONGEST_TEXT
    assert report.local == {"codec": "a" * LONGEST_TEXT}


@given(st.binary(max_size=400) | st.binary(max_size=400).map(lambda end: REPORT[:600] + end))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(BadMessage):
        read_report(body)


WORD = st.text("abcXYZ019.-", min_size=1, max_size=12)
TENTHS = st.integers(-10_000, 100_000).map(lambda tenths: tenths / 10)
METRICS = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(FIGURES, TENTHS), **dict.fromkeys(TEXTS, WORD)}
).filter(bool)


@given(local=METRICS, remote=METRICS | st.none())
def test_what_is_written_is_read_as_it_was(
    local: dict[str, str | float], remote: dict[str, str | float] | None
) -> None:
    ids = ("l1", "r1", "<sip:a@h>", "<sip:b@h>")
    report = VqReport("session", "c@h", *ids, None, None, local, remote)
    assert read_report(write_report(report)) == report


def test_addresses_are_written_with_their_ssrc() -> None:
    report = VqReport(
        "session",
        "c@h",
        local_address=("192.0.2.1", 4000, 0x1A3B),
        remote_address=("2001:db8::1", 5000, None),
        local={"method": 'E-model "G.107", PCMA'},
    )
    assert write_report(report).decode().split("\r\n") == [
        "VQSessionReport: CallTerm",
        "CallID: c@h",
        "LocalAddr: IP=192.0.2.1 PORT=4000 SSRC=0x00001a3b",
        "RemoteAddr: IP=2001:db8::1 PORT=5000",
        "LocalMetrics:",
        "QualityEst: QoEEstAlg=\"E-model 'G.107', PCMA\"",
        "",
    ]
