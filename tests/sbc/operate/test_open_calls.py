from collections.abc import Iterator
from pathlib import Path

import pytest

from sbc.operate import open_calls
from sbc.operate.open_calls import OpenCalls, read


@pytest.fixture
def calls(tmp_path: Path) -> Iterator[OpenCalls]:
    file = OpenCalls(tmp_path / "open.jsonl")
    yield file
    file.close()


def started(uid: str, state: str = "trying") -> dict[str, bytes]:
    return {uid: f'{{"uid":"{uid}","state":"{state}"}}\n'.encode()}


def test_no_file_means_no_calls(tmp_path: Path) -> None:
    assert read(tmp_path / "open.jsonl") == open_calls.Left({}, {}, 0)


def test_a_call_is_open_from_its_start_to_its_mark(calls: OpenCalls, tmp_path: Path) -> None:
    calls.update(started("1") | started("2"), [], {})
    calls.update({}, ["1"], {"cdr-2026-11-24.jsonl": 300})
    left = read(tmp_path / "open.jsonl")
    assert left.starts.keys() == {"2"}
    assert left.through == {"cdr-2026-11-24.jsonl": 300}
    assert len(calls) == 1


def test_the_latest_start_record_of_a_call_counts(calls: OpenCalls, tmp_path: Path) -> None:
    calls.update(started("1"), [], {})
    calls.update(started("1", state="up"), [], {})
    assert read(tmp_path / "open.jsonl").starts == {"1": {"uid": "1", "state": "up"}}
    assert len(calls) == 1


def test_a_rewrite_leaves_the_open_calls_and_the_sizes(calls: OpenCalls, tmp_path: Path) -> None:
    calls.update(started("1") | started("2"), ["1"], {"cdr-2026-11-24.jsonl": 300})
    calls.rewrite({"cdr-2026-11-24.jsonl": 300})
    assert (tmp_path / "open.jsonl").read_text().count("\n") == 2
    left = read(tmp_path / "open.jsonl")
    assert (set(left.starts), left.through) == ({"2"}, {"cdr-2026-11-24.jsonl": 300})
    calls.update(started("3"), [], {})
    assert read(tmp_path / "open.jsonl").starts.keys() == {"2", "3"}


def test_a_file_that_was_removed_begins_anew(calls: OpenCalls, tmp_path: Path) -> None:
    calls.update(started("1"), [], {})
    (tmp_path / "open.jsonl").unlink()
    calls.update(started("2"), [], {})
    assert read(tmp_path / "open.jsonl").starts.keys() == {"2"}


def test_the_file_is_mostly_history_when_it_outgrew_its_open_calls(
    calls: OpenCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_calls, "COMPACT_ABOVE", 60)
    assert not calls.mostly_history()
    calls.update(started("1"), [], {})
    assert not calls.mostly_history()
    calls.update(started("2"), ["1", "2"], {})
    assert calls.mostly_history()
    calls.rewrite({})
    assert not calls.mostly_history()


def test_calls_whose_cdr_never_came_do_not_fill_the_memory(
    calls: OpenCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_calls, "MOST_CALLS", 2)
    calls.update(started("1") | started("2") | started("3"), [], {})
    assert len(calls) == 2


def test_unreadable_lines_are_counted_and_passed_over(tmp_path: Path) -> None:
    (tmp_path / "open.jsonl").write_bytes(
        b'{"uid":"1"}\n[1]\n{"ended":["0"],"through":{"a":"no","b":4}}\n{}\n{"uid":"2","st'
    )
    left = read(tmp_path / "open.jsonl")
    assert (set(left.starts), left.through, left.bad_lines) == ({"1"}, {"b": 4}, 3)
