import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sbc.operate.cdr_files import CdrFiles
from tests.support.call_records import call


def ended(uid: str, at: str) -> dict[str, Any]:
    return call(uid, times={"ended": at})


def spool(folder: Path, **days: list[dict[str, Any]]) -> CdrFiles:
    for day, records in days.items():
        text = "".join(json.dumps(each) + "\n" for each in records)
        (folder / f"cdr-2026-11-{day.removeprefix('day')}.jsonl").write_text(text)
    return CdrFiles(folder)


def uids(records: Any) -> list[object]:
    return [each["uid"] for each in records]


def test_records_come_back_in_the_order_of_the_days(tmp_path: Path) -> None:
    files = spool(tmp_path, day24=[call("3")], day23=[call("1"), call("2")])
    assert uids(files.records()) == ["1", "2", "3"]
    assert next(files.records()) == call("1")


def test_only_calls_which_ended_in_the_window_count(tmp_path: Path) -> None:
    files = spool(
        tmp_path,
        day22=[ended("1", "2026-11-22T11:00:00Z")],
        day23=[ended("2", "2026-11-23T09:59:59Z"), ended("3", "2026-11-23T10:00:00Z")],
        day24=[ended("4", "2026-11-24T10:00:00Z"), call("5", times={})],
    )
    assert uids(files.records(datetime(2026, 11, 23, 10, tzinfo=UTC))) == ["3", "4"]


def test_files_from_before_the_window_are_not_even_read(tmp_path: Path) -> None:
    files = spool(tmp_path, day20=[], day24=[call("1")])
    (tmp_path / "cdr-2026-11-20.jsonl").write_text("noise\n")
    assert uids(files.records(datetime(2026, 11, 24, tzinfo=UTC))) == ["1"]
    assert files.bad_lines == 0


def test_a_call_that_was_accounted_twice_is_one_call(tmp_path: Path) -> None:
    files = spool(tmp_path, day23=[call("1")], day24=[call("1"), call("2")])
    assert uids(files.records()) == ["1", "2"]


def test_bad_lines_are_skipped_and_counted(tmp_path: Path) -> None:
    good = json.dumps(call("1")).encode()
    bad = [b"", b"[]", b"\xff\xfe", b"[" * 100_000, good[:-5]]
    (tmp_path / "cdr-2026-11-24.jsonl").write_bytes(b"\n".join([b"{}", *bad, good, good[:-9]]))
    files = CdrFiles(tmp_path)
    assert uids(files.records()) == ["1"]
    assert files.bad_lines == 6


def test_a_file_that_will_not_open_is_named(tmp_path: Path) -> None:
    files = spool(tmp_path, day24=[call("1")])
    (tmp_path / "cdr-2026-11-25.jsonl").mkdir()
    assert uids(files.records()) == ["1"]
    assert files.unreadable == ["cdr-2026-11-25.jsonl"]


def test_a_file_with_a_strange_name_is_read_when_everything_is(tmp_path: Path) -> None:
    (tmp_path / "cdr-old.jsonl").write_text(json.dumps(call("1")) + "\n")
    assert uids(CdrFiles(tmp_path).records()) == ["1"]
    assert uids(CdrFiles(tmp_path).records(datetime(2026, 1, 1, tzinfo=UTC))) == []


def test_no_spool_holds_no_calls(tmp_path: Path) -> None:
    assert list(CdrFiles(tmp_path / "nowhere").records()) == []


def test_a_prefix_finds_its_calls_newest_first(tmp_path: Path) -> None:
    files = spool(
        tmp_path,
        day23=[ended("ab1", "2026-11-23T10:00:00Z"), ended("b", "2026-11-23T11:00:00Z")],
        day24=[
            ended("ab2", "2026-11-24T10:00:00Z"),
            ended("ab3", "2026-11-24T11:00:00Z"),
            ended("xab", "2026-11-24T11:00:00Z"),
        ],
    )
    assert uids(files.find("ab")) == ["ab3", "ab2", "ab1"]
    assert len(files.find("ab", most=2)) == 2
    assert files.find("zz") == []
    assert files.find('"\udcff') == []


def test_a_whole_uid_is_one_call_even_if_others_begin_with_it(tmp_path: Path) -> None:
    files = spool(tmp_path, day24=[call("ab1"), call("ab")])
    assert files.find("ab") == [call("ab")]
