import csv
import io
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.operate.quality_report import Report, Row, percentile, report, samples, to_csv, to_dict
from tests.support.call_records import call, side_report, totals


def of(*sides: dict[str, Any], trunk: str = "pbx") -> dict[str, Any]:
    """A call whose caller sent these streams, and whose callee sent nothing that is known."""
    record = call()
    record["legs"]["a"]["trunk"] = trunk
    record["media"] = [{"index": i, "kind": "audio", "a": each} for i, each in enumerate(sides)]
    return record


def only_row(made: Report) -> Row:
    (row,) = made.rows
    return row


def test_each_direction_counts_for_the_zone_and_trunk_that_sent_it() -> None:
    made = report([call()])
    found = [(row.zone, row.trunk, row.codec, row.loss_percent_p50) for row in made.rows]
    assert found == [
        ("carriers", "carrier", "PCMA/8000", 2.0),
        ("core", "pbx", "PCMA/8000", 0.0),
    ]
    assert made.calls == 1


def test_a_row_sums_and_ranks_its_streams() -> None:
    sides = [
        side_report(
            totals(packets=1000 - lost, lost=lost, jitter_ms=lost / 2, longest_gap_ms=20 + lost),
            mos=4.4 - lost / 100,
        )
        for lost in range(100)
    ]
    row = only_row(report([of(*sides)]))
    assert (row.streams, row.silent, row.packets) == (100, 0, 95_050)
    assert (row.loss_percent_p50, row.loss_percent_p95, row.loss_percent_p99) == (4.9, 9.4, 9.8)
    assert (row.jitter_ms_p50, row.jitter_ms_p95, row.jitter_ms_p99) == (24.5, 47.0, 49.0)
    assert row.longest_gap_ms_p95 == 114.0
    assert (row.mos_p5, row.mos_p50) == (3.45, 3.9)


def judged(name: str, **changes: Any) -> dict[str, Any]:
    return side_report(verdict={"name": name, "where": None, "evidence": ""}, **changes)


def test_a_row_counts_its_verdicts_and_ranks_what_was_lost_behind_us() -> None:
    sides = [
        judged(
            "lossy" if lost > 90 else "ok",
            total=totals(late=1, duplicated=2),
            losses={"before": 0, "at": 0, "after": lost},
            far_end={"round_trip_ms": 10.0 + lost},
            first_packet_ms=5.0 * lost,
            kernel_drops=3,
            worst=totals(packets=100 - lost // 2, lost=lost // 2),
        )
        for lost in range(100)
    ]
    row = only_row(report([of(*sides)]))
    assert row.verdicts == {"ok": 91, "lossy": 9}
    assert (row.late, row.duplicated, row.kernel_drops) == (100, 200, 300)
    assert row.lost_after_percent_p95 == 9.419, "of 998: two were copies"
    assert (row.round_trip_ms_p50, row.round_trip_ms_p95) == (59.0, 104.0)
    assert row.first_packet_ms_p95 == 470.0
    assert row.worst_loss_percent_p95 == 47.0


def test_a_verdict_that_is_on_no_list_is_not_counted() -> None:
    row = only_row(report([of(judged("=cmd()"), side_report(verdict=None))]))
    assert row.verdicts == {}


def test_a_table_for_spreadsheets_has_a_column_for_each_verdict() -> None:
    made = report([of(judged("one_way"), judged("ok"), judged("ok"))])
    (row,) = csv.DictReader(io.StringIO(to_csv(made)))
    assert (row["verdict_one_way"], row["verdict_ok"], row["verdict_late"]) == ("1", "2", "0")
    assert "verdicts" not in row


def test_a_direction_without_packets_is_counted_but_has_no_figures() -> None:
    silent = side_report(totals(packets=0, jitter_ms=0.0), mos=None, mos_method=None)
    row = only_row(report([of(silent, side_report(totals(jitter_ms=3.0)))]))
    assert (row.streams, row.silent) == (2, 1)
    assert row.jitter_ms_p50 == 3.0
    row = only_row(report([of(silent)]))
    assert (row.loss_percent_p50, row.jitter_ms_p50, row.longest_gap_ms_p95) == (None, None, None)
    assert (row.mos_p5, row.mos_p50) == (None, None)


@pytest.mark.parametrize(
    ("by", "names"),
    [
        (["zone"], [("carriers", None, None), ("core", None, None)]),
        (["trunk"], [(None, "carrier", None), (None, "pbx", None)]),
        (["codec"], [(None, None, "PCMA/8000")]),
        (["codec", "zone"], [("carriers", None, "PCMA/8000"), ("core", None, "PCMA/8000")]),
    ],
)
def test_rows_are_by_the_keys_asked_for(by: list[Any], names: list[Any]) -> None:
    made = report([call("1"), call("2")], by)
    assert [(row.zone, row.trunk, row.codec) for row in made.rows] == names
    assert sum(row.streams for row in made.rows) == 4
    assert made.calls == 2


def test_rows_may_be_by_the_hour_in_which_calls_ended() -> None:
    late = call(times={"ended": "2026-11-24T12:00:00.000+01:00"})
    made = report([call(), late, call(times={})], ["hour"])
    assert [(row.hour, row.streams) for row in made.rows] == [
        ("-", 2),
        ("2026-11-24 10:00", 2),
        ("2026-11-24 11:00", 2),
    ]
    assert report([call()]).rows[0].hour is None


def test_a_report_of_one_trunk_has_only_what_that_trunk_sent() -> None:
    made = report([call(), of(side_report(), trunk="other")], trunk="carrier")
    assert [row.trunk for row in made.rows] == ["carrier"]
    assert made.calls == 1


def test_a_leg_without_trunk_or_codec_has_a_dash() -> None:
    record = of(side_report(codec=None))
    record["legs"]["a"] = None
    row = only_row(report([record]))
    assert (row.zone, row.trunk, row.codec) == ("-", "-", "-")


def test_the_methods_of_the_figures_are_named() -> None:
    made = report([of(side_report(), side_report(mos_method="other"), side_report(mos_method=""))])
    assert made.mos_methods == ("E-model G.107", "other")
    assert made.percentiles == "nearest-rank"


def test_calls_without_media_make_no_rows() -> None:
    made = report([call(media=[]), call(media=None), {}])
    assert (made.calls, made.rows) == (0, ())


def test_json_and_csv_carry_the_same_figures() -> None:
    made = report([call()], ["trunk"])
    as_json = json.loads(json.dumps(to_dict(made)))
    rows = list(csv.DictReader(io.StringIO(to_csv(made))))
    assert [row["trunk"] for row in rows] == ["carrier", "pbx"]
    assert [float(row["loss_percent_p95"]) for row in rows] == [
        row["loss_percent_p95"] for row in as_json["rows"]
    ]
    assert "zone" not in rows[0]
    assert as_json["percentiles"] == "nearest-rank"


def test_a_peer_cannot_put_a_formula_into_a_spreadsheet() -> None:
    made = report([of(side_report(codec="=cmd()/8000"), side_report(codec=None))], ["codec"])
    assert [row["codec"] for row in csv.DictReader(io.StringIO(to_csv(made)))] == [
        "-",
        "'=cmd()/8000",
    ]


def test_a_sample_survives_a_record_of_another_shape() -> None:
    (sample,) = samples({"media": [{"a": {"total": 7, "mos": "good"}, "b": None}], "legs": []})
    assert (sample.packets, sample.mos, sample.loss_percent) == (0, None, None)


def test_no_values_have_no_percentile() -> None:
    assert percentile([], 50) is None


@given(st.lists(st.floats(0, 100), min_size=1), st.integers(0, 100))
def test_the_percentile_is_the_smallest_value_that_so_many_do_not_exceed(
    values: list[float], percent: int
) -> None:
    found = percentile(values, percent)
    assert found in values
    assert found is not None
    needed = max(1, math.ceil(len(values) * percent / 100 - 1e-9))
    assert sum(value <= found for value in values) >= needed
    assert sum(value < found for value in values) < needed
