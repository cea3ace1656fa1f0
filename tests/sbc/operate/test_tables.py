import io
import re
from typing import Any

import pytest
from rich.console import Console, RenderableType

from sbc.operate.quality_report import report
from sbc.operate.tables import call_detail, calls_table, quality_table, show
from tests.support.call_records import call, side_report, totals


def lines(renderable: RenderableType, width: int = 200) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None, markup=False)
    with console.capture() as capture:
        console.print(renderable)
    return [line.rstrip() for line in capture.get().splitlines()]


def row(shown: list[str], label: str) -> list[str]:
    """The cells of the line that begins so."""
    (found,) = [line for line in shown if line.strip().startswith(label)]
    return re.split(r"\s{2,}", found.strip())


def live(uid: str = "ab1", **changes: Any) -> dict[str, Any]:
    times = {"invite": "2026-11-24T10:00:00.000Z", "ringing": None, "answered": None, "ended": None}
    return call(uid, **({"state": "up", "times": times, "cause": None, "ended_by": None} | changes))


def test_a_call_takes_two_lines_one_for_what_each_end_sends() -> None:
    record = live(duration_s=3725.9)
    record["media"][0]["b"]["interval"] = totals(packets=475, lost=25, jitter_ms=7.25)
    header, caller, callee, footer = lines(calls_table([record]))
    columns = re.split(r"\s{2,}", header)
    assert columns[:6] == ["Call", "State", "Time", "From / to", "Trunk", "Codec"]
    assert re.split(r"\s{2,}", caller) == [
        *("ab1", "up", "1:02:05", "+49691234567", "pbx", "PCMA/8000"),
        *("0.00 %", "1.5 ms", "ok", "10.20.0.11:4000"),
    ]
    assert re.split(r"\s{2,}", callee.strip()) == [
        *("→ +4930987654", "carrier", "PCMA/8000"),
        *("5.00 %", "7.2 ms", "ok", "192.0.2.9:6002 ≠ SDP"),
    ]
    assert footer == "calls: 1"


def test_the_oldest_call_comes_first() -> None:
    late = live("late", times={"invite": "2026-11-24T11:00:00.000Z"})
    shown = lines(calls_table([late, live("early")]))
    assert [line.split()[0] for line in shown[1:-1:2]] == ["early", "late"]


def test_a_call_that_has_only_begun_is_shown_with_dashes() -> None:
    record = live("ab1", media=[], duration_s=None, legs={"a": None, "b": None})
    _, caller, _, _ = lines(calls_table([record]))
    assert re.split(r"\s{2,}", caller)[2] == "–"


def test_the_audio_stream_stands_for_the_call() -> None:
    video = {"index": 0, "kind": "video", "a": side_report(codec="VP8/90000")}
    audio = {"index": 1, "kind": "audio", "a": side_report(codec="opus/48000", interval=None)}
    assert "opus/48000" in lines(calls_table([live(media=[video, audio])]))[1]
    assert "VP8/90000" in lines(calls_table([live(media=[video])]))[1]


def test_media_that_was_not_heard_yet_is_expected_in_brackets() -> None:
    stream = {"a": side_report(latched=None), "b": side_report(latched=None, expected=None)}
    _, caller, callee, _ = lines(calls_table([live(media=[stream])]))
    assert caller.endswith("(10.20.0.11:4000)")
    assert callee.endswith("–")


def test_a_call_in_detail_has_both_directions_and_what_the_far_ends_say() -> None:
    shown = lines(call_detail(call()))
    assert shown[0] == "Call 20261124-0001"
    assert row(shown, "Ended by")[1] == "caller · 200 · Normal call clearing"
    assert row(shown, "Tried")[1] == "carrier sip:192.0.2.1: 200"
    assert row(shown, "Remote")[1:] == ["10.20.0.11:5060", "192.0.2.1:5060"]
    assert row(shown, "Latched to")[1:] == ["10.20.0.11:4000", "192.0.2.9:6002"]
    whole = shown[shown.index("Whole stream") : shown.index("Last interval")]
    assert row(whole, "Packets")[1:] == ["1000", "980"]
    assert row(whole, "Missing")[1:] == ["0 (0.00 %)", "20 (2.00 %)"]
    assert row(whole, "Lost (RFC 3550)")[1:] == ["0", "20"]
    assert row(whole, "Longest gap")[1:] == ["22.0 ms", "22.0 ms"]
    interval = shown[shown.index("Last interval") : shown.index("Worst interval")]
    assert row(interval, "Packets")[1:] == ["500", "500"]
    worst = shown[shown.index("Worst interval") : shown.index("Its own RTCP on what we sent it")]
    assert row(worst, "Missing")[1:] == ["1 (0.20 %)", "1 (0.20 %)"]
    far_end = shown[shown.index("Its own RTCP on what we sent it") :]
    assert row(far_end, "Lost, last report")[1:] == ["1.00 %", "1.00 %"]
    assert row(far_end, "Round trip")[1:] == ["31.0 ms", "31.0 ms"]
    assert row(shown, "MOS")[1:] == ["4.4", "3.9"]
    assert row(far_end, "Heard MOS (XR)")[1:] == ["–", "–"]
    assert row(shown, "method")[1].startswith("E-model G.107, PCMA")


def test_a_side_of_which_nothing_is_known_has_dashes() -> None:
    stream = {"index": 0, "kind": "audio", "a": side_report(interval=None, far_end=None), "b": None}
    shown = lines(call_detail(live(media=[stream])))
    assert row(shown, "Packets")[1:] == ["1000", "–"]
    assert row(shown, "Round trip")[1:] == ["–", "–"]
    assert "Last interval" not in shown
    assert not [line for line in shown if line.startswith("Ended")]


def test_packets_from_strangers_are_told_with_their_sources() -> None:
    side = side_report(rejected=7, rejected_sources=["198.51.100.9:4000", "198.51.100.9:4002"])
    shown = lines(call_detail(live(media=[{"a": side, "b": side_report(rejected_sources=7)}])))
    assert row(shown, "Rejected packets")[1:] == ["7 (198.51.100.9:4000, 198.51.100.9:4002)", "0"]


def test_a_verdict_is_told_with_its_evidence_and_where_packets_were_lost() -> None:
    bad = side_report(
        verdict={"name": "lossy", "where": "after", "evidence": "of 1000 packets lost …"},
        losses={"before": 1, "at": 2, "after": None},
        unmapped=3,
        unmapped_type=97,
        kernel_drops=2,
    )
    record = live(media=[{"a": bad, "b": side_report(verdict=None, losses=None)}])
    shown = lines(call_detail(record))
    assert row(shown, "Verdict")[1:] == ["lossy (after)", "–"]
    assert row(shown, "evidence")[1:] == ["of 1000 packets lost …"]
    assert row(shown, "Lost before / at / after us")[1:] == ["1 / 2 / –", "–"]
    assert row(shown, "Unknown payload types")[1:] == ["3 (last 97)", "0"]
    assert row(shown, "Dropped by our kernel")[1:] == ["2", "0"]
    assert "lossy (after)" in lines(calls_table([record]))[1]


def test_the_protection_of_each_side_is_told_and_what_it_kept_out() -> None:
    """(C1)"""
    safe = side_report(srtp="AEAD_AES_128_GCM", auth_failed=4, srtp_replayed=2)
    shown = lines(call_detail(live(media=[{"a": safe, "b": side_report(srtp=None)}])))
    assert row(shown, "Protected by")[1:] == ["AEAD_AES_128_GCM", "–"]
    assert row(shown, "SRTP not authentic")[1:] == ["4", "0"]
    assert row(shown, "SRTP repeated")[1:] == ["2", "0"]


def test_reports_of_phones_are_shown_as_they_came() -> None:
    """(Q7)"""
    told = {"leg": "b", "kind": "session", "local": {"codec": "\x1bG729", "loss_percent": 5.0}}
    shown = lines(call_detail(live(reports=[told, {"leg": 7, "remote": {"mos_lq": 4.1}}, 9])))
    assert "callee, session, local: codec \N{REPLACEMENT CHARACTER}G729, loss_percent 5" in shown
    assert "–, –, remote: mos_lq 4.1" in shown
    assert "Reports of phones" not in lines(call_detail(live()))


def test_a_traced_call_ends_with_its_ladder() -> None:
    trace = [{"at": 0.0, "leg": "a", "direction": "in", "line": "INVITE", "note": "sdp"}]
    shown = lines(call_detail(live(trace=trace)))
    assert "─── INVITE ───" in shown[-1]
    assert "Ladder" in shown


def test_a_call_without_media_says_so() -> None:
    assert "no media report" in lines(call_detail(live(media=[])))


def test_what_a_peer_wrote_is_no_markup_and_no_escape() -> None:
    record = live()
    record["from"] = "[bold]x[/bold]:smile:"
    record["legs"]["a"]["user_agent"] = "[link=http://x]\x1b]8;;http://x\x07"
    shown = "\n".join([*lines(call_detail(record)), *lines(calls_table([record]))])
    assert shown.count("[bold]x[/bold]:smile:") == 2
    assert "\x1b" not in shown


@pytest.mark.parametrize("record", [{}, {"media": [{}, 1], "legs": 3, "attempts": [{}], "uid": 7}])
def test_a_record_of_another_shape_is_shown_as_far_as_it_goes(record: dict[str, Any]) -> None:
    assert lines(call_detail(record))
    assert lines(calls_table([record]))


def test_a_quality_report_names_its_columns_and_its_methods() -> None:
    made = report([call()], ["trunk"])
    shown = lines(quality_table(made, "Quality, last 24h"))
    assert shown[0] == "Quality, last 24h"
    assert re.split(r"\s{2,}", shown[2]) == [
        *("Trunk", "Streams", "Silent", "Packets", "p50", "p95", "p99", "p50", "p95", "p99"),
        *("p95", "p5", "p50", "p95", "Verdicts"),
    ]
    assert re.split(r"\s{2,}", shown[3]) == [
        *("carrier", "1", "0", "980", "2.00", "2.00", "2.00", "6.00", "6.00", "6.00"),
        *("22.00", "3.90", "3.90", "31.00", "ok 1"),
    ]
    assert "nearest-rank" in shown[-1]
    assert "E-model G.107" in shown[-1]


def test_a_quality_report_without_figures_has_dashes() -> None:
    silent = call(media=[{"a": side_report(totals(packets=0), mos=None, mos_method=None)}])
    shown = lines(quality_table(report([silent], ["zone"]), "Quality"))
    assert shown[3].split().count("–") == 9, "and it does have a round trip"
    assert "MOS: none." in shown[-1]


def test_into_a_pipe_nothing_is_cut_and_nothing_coloured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(calls_table([live("x" * 60)]))
    shown = capsys.readouterr().out
    assert "x" * 60 in shown
    assert "192.0.2.9:6002 ≠ SDP" in shown
    assert "\x1b" not in shown


def test_a_terminal_has_its_own_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    show(calls_table([live()]))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert max(len(line) for line in shown.splitlines()) <= 60
