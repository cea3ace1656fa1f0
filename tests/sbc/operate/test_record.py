import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from media.control import FarEnd, SideReport, StreamReport, Totals
from sbc.operate import record
from tests.support.call_records import call, totals


def test_a_missing_or_foreign_field_reads_as_nothing() -> None:
    broken = {"legs": 7, "media": "none", "times": {"ended": "yesterday"}, "setup_s": "soon"}
    assert record.field(broken, "legs", "a", "zone") is None
    assert record.part(broken, "legs") == {}
    assert record.parts(broken, "media") == []
    assert record.text(broken, "legs", "a") is None
    assert record.number(broken, "setup_s") is None
    assert record.moment(broken, "times", "ended") is None
    assert record.moment(broken, "times", "answered") is None
    assert record.address(broken, "legs") is None
    assert list(record.directions(broken)) == []


@pytest.mark.parametrize("value", [True, float("nan"), float("inf"), float("-inf"), None, "1"])
def test_what_is_no_finite_number_is_no_number(value: object) -> None:
    assert record.number({"mos": value}, "mos") is None
    assert record.whole({"mos": value}, "mos") == 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (["192.0.2.1", 4000], "192.0.2.1:4000"),
        (("2001:db8::1", 4000), "[2001:db8::1]:4000"),
        ("192.0.2.1:5060", "192.0.2.1:5060"),
        (None, None),
        (["192.0.2.1"], None),
    ],
)
def test_an_address_is_shown_with_its_port(value: object, shown: str | None) -> None:
    assert record.address({"latched": value}, "latched") == shown


def test_escapes_that_a_peer_wrote_do_not_reach_the_terminal() -> None:
    hostile = {"user_agent": "\x1b]0;owned\x07 \u202egnp.exe \udcff"}
    shown = record.text(hostile, "user_agent")
    assert shown is not None
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert shown.encode()


def test_each_direction_names_its_sender() -> None:
    found = [
        (side, leg["trunk"], report["port"]) for side, leg, report in record.directions(call())
    ]
    assert found == [("a", "pbx", 40000), ("b", "carrier", 20000)]


def test_a_side_without_a_report_is_left_out() -> None:
    one_sided = call()
    one_sided["media"][0]["b"] = None
    assert [side for side, _, _ in record.directions(one_sided)] == ["a"]


def test_loss_is_of_what_was_expected() -> None:
    assert record.loss_ratio(totals(packets=980, lost=20)) == 0.02
    assert record.loss_ratio(totals(packets=10)) == 0.0


def test_copies_hide_no_loss() -> None:
    repeated = totals(packets=1000, duplicated=40, missing=40)
    assert record.loss_ratio(repeated) == 0.04
    assert record.expected_packets(repeated) == 1000


def test_a_record_from_before_the_missing_were_told_has_a_loss_figure_too() -> None:
    old = {"packets": 980, "lost": 20, "duplicated": 7}
    assert (record.loss_ratio(old), record.expected_packets(old)) == (0.02, 1000)


def test_a_silent_direction_has_no_loss_figure() -> None:
    assert record.loss_ratio(totals(packets=0)) is None


def test_times_are_read_as_utc_and_written_with_milliseconds() -> None:
    read = record.moment(call(), "times", "invite")
    assert read == datetime(2026, 11, 24, 10, 0, 0, 123000, tzinfo=UTC)
    assert record.timestamp(read) == "2026-11-24T10:00:00.123Z"
    bare = record.moment({"at": "2026-11-24T10:00:00"}, "at")
    assert bare == datetime(2026, 11, 24, 10, tzinfo=UTC)


# --- the documentation ----------------------------------------------------------------------------


def documented() -> dict[str, Any]:
    page = Path(__file__).parents[3] / "docs" / "cdr.md"
    (example,) = re.findall(r"```json\n(.*?)```", page.read_text(), re.DOTALL)
    parsed = json.loads(example)
    assert isinstance(parsed, dict)
    return parsed


def test_the_documented_example_has_the_fields_that_the_tests_use() -> None:
    example, used = documented(), call()
    assert example.keys() == used.keys()
    for name in ("times", "cause", "legs"):
        assert example[name].keys() == used[name].keys()
    assert example["legs"]["a"].keys() == used["legs"]["b"].keys()


def test_the_documented_media_has_the_fields_that_the_relay_reports() -> None:
    (stream,) = documented()["media"]
    assert stream.keys() == names(StreamReport)
    for _, _, report in record.directions(documented()):
        assert report.keys() == names(SideReport)
        assert record.part(report, "total").keys() == names(Totals)
        assert record.part(report, "interval").keys() == names(Totals)
        assert record.part(report, "far_end").keys() == names(FarEnd)


def names(kind: type[Struct]) -> set[str]:
    return set(kind.__struct_fields__)
