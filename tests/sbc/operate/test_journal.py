"""Each call is accounted, whatever happens to the process or the disk."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sbc.operate import open_calls
from sbc.operate.journal import Journal, SpoolInUse, keep_flushing
from tests.support.call_records import call
from tests.support.disk import files_no_larger_than

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TODAY = "cdr-2026-11-24.jsonl"


def begun(uid: str) -> dict[str, Any]:
    times = {"invite": "2026-11-24T11:59:00.000Z", "ringing": None, "answered": None, "ended": None}
    return call(uid, state="trying", times=times, ended_by=None, duration_s=None, media=[])


def journal(spool: Path, bound: int = 1_000_000) -> Journal:
    return Journal(spool, "sbc", clock=lambda: NOON, bound=bound)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def uids(path: Path) -> list[str]:
    return [each["uid"] for each in lines(path)]


def test_a_cdr_is_one_line_in_the_file_of_the_day_on_which_the_call_ended(tmp_path: Path) -> None:
    late = call("2", times={"ended": "2026-11-23T23:59:59.999Z"})
    with journal(tmp_path) as kept:
        kept.cdr("1", call("1"))
        kept.cdr("2", late)
        assert kept.flush()
    assert lines(tmp_path / TODAY) == [call("1")]
    assert lines(tmp_path / "cdr-2026-11-23.jsonl") == [late]


def test_a_record_without_an_end_goes_to_the_day_of_the_clock(tmp_path: Path) -> None:
    with journal(tmp_path) as kept:
        kept.cdr("1", {})
    assert lines(tmp_path / TODAY) == [{"uid": "1", "node": "sbc"}]


def test_nothing_is_written_before_the_flush_and_all_of_it_after(tmp_path: Path) -> None:
    with journal(tmp_path) as kept:
        kept.start("1", begun("1"))
        kept.start("2", begun("2"))
        kept.cdr("1", call("1"))
        assert kept.counts.pending > 0
        assert not (tmp_path / TODAY).exists()
        assert kept.flush()
        assert kept.counts.pending == 0
        assert uids(tmp_path / TODAY) == ["1"]
        assert open_calls.read(tmp_path / "open.jsonl").starts.keys() == {"2"}


def test_what_json_cannot_say_does_not_end_a_call(tmp_path: Path) -> None:
    odd: dict[Any, Any] = {"mos": float("nan"), "path": Path("/x"), ("a", 1): 2, "text": "\ud800\n"}
    with journal(tmp_path) as kept:
        kept.cdr("1", odd)
    assert lines(tmp_path / TODAY) == [
        {"uid": "1", "node": "sbc", "mos": None, "path": "/x", "text": "\ud800\n"}
    ]


def test_a_call_without_a_cdr_gets_one_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "open.jsonl").write_text(json.dumps(begun("1")) + "\n")
    with journal(tmp_path) as kept:
        made = kept.recover()
        assert kept.recover() == []
        assert kept.counts.recovered == 1
    assert lines(tmp_path / TODAY) == made
    assert made[0]["uid"] == "1"
    assert made[0]["state"] == "ended"
    assert made[0]["ended_by"] == "border"
    assert made[0]["cause"] == {"sip": None, "q850": 41, "text": "signalling crashed"}
    assert made[0]["times"] == begun("1")["times"] | {"ended": "2026-11-24T12:00:00.000Z"}
    assert made[0]["legs"] == begun("1")["legs"]
    assert open_calls.read(tmp_path / "open.jsonl").starts == {}


def test_a_call_is_recovered_once_only(tmp_path: Path) -> None:
    (tmp_path / "open.jsonl").write_text(json.dumps(begun("1")) + "\n")
    for _ in range(3):
        with journal(tmp_path) as kept:
            kept.recover()
    assert uids(tmp_path / TODAY) == ["1"]


def test_a_crash_between_the_recovered_cdr_and_the_new_list_of_calls_repeats_nothing(
    tmp_path: Path,
) -> None:
    (tmp_path / "open.jsonl").write_text(json.dumps(begun("1")) + "\n")
    (tmp_path / "open.jsonl.new").mkdir()  # the list cannot be replaced
    with journal(tmp_path) as kept:
        assert kept.recover() == []
        assert not kept.flush()
        assert kept.counts.failures == 2
    (tmp_path / "open.jsonl.new").rmdir()
    with journal(tmp_path) as kept:
        assert kept.recover() == []
    assert uids(tmp_path / TODAY) == ["1"]


def test_a_cdr_that_came_after_the_last_mark_is_found_where_it_is(tmp_path: Path) -> None:
    before = json.dumps(call("0")) + "\n"
    (tmp_path / "cdr-2026-11-22.jsonl").write_text(json.dumps(call("3")) + "\n")
    (tmp_path / "cdr-2026-11-23.jsonl").write_text(before + json.dumps(call("1")) + "\nnoise\n7\n")
    (tmp_path / TODAY).write_text(json.dumps(call("2")) + "\n")
    starts = "".join(json.dumps(begun(uid)) + "\n" for uid in ("1", "2", "3", "4"))
    sizes = {"cdr-2026-11-23.jsonl": len(before), TODAY: 10_000}
    mark = open_calls.mark(["9"], sizes).decode()
    (tmp_path / "open.jsonl").write_text(starts + mark)
    with journal(tmp_path) as kept:
        # "3" stands in a file that was complete before the mark: its start is another call's
        assert [each["uid"] for each in kept.recover()] == ["3", "4"]


def test_a_torn_cdr_is_cut_off_counted_and_made_again(tmp_path: Path) -> None:
    (tmp_path / "open.jsonl").write_text(json.dumps(begun("1")) + "\n" + '{"uid":"2","no')
    (tmp_path / TODAY).write_text(json.dumps(call("0")) + "\n" + json.dumps(call("1"))[:-40])
    with journal(tmp_path) as kept:
        kept.recover()
        assert kept.counts.torn == 2
    assert uids(tmp_path / TODAY) == ["0", "1"]
    assert lines(tmp_path / TODAY)[1]["ended_by"] == "border"


CHILD = """
import sys
from pathlib import Path
from sbc.operate.journal import Journal
kept = Journal(Path(sys.argv[1]), "sbc")
kept.recover()
for number in range(1_000_000):
    uid = f"{sys.argv[2]}-{number}"
    kept.start(uid, {"state": "trying"})
    if number % 3:
        kept.cdr(uid, {"state": "ended", "cause": {"text": "ok"}, "pad": "x" * 3000})
    if number % 2:
        assert kept.flush()
        print(uid, flush=True)
"""


def killed_run(spool: Path, name: str, after: int) -> list[str]:
    """The calls that a run had flushed when it was killed, at whatever point it had reached."""
    flushed = []
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(spool), name], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            flushed.append(line.strip())
            if len(flushed) == after:
                child.kill()
    assert child.returncode == -signal.SIGKILL
    last = int(flushed[-1].rpartition("-")[2])
    return [f"{name}-{number}" for number in range(last + 1)]


def test_no_call_is_lost_to_kill_9_and_none_is_counted_twice(tmp_path: Path) -> None:
    expected = [
        uid for run in range(4) for uid in killed_run(tmp_path, f"run{run}", after=20 + 7 * run)
    ]
    with Journal(tmp_path, "sbc") as kept:
        kept.recover()
    found = [uid for path in tmp_path.glob("cdr-*.jsonl") for uid in uids(path)]
    assert set(expected) <= set(found)
    assert len(found) == len(set(found))


def test_a_spool_serves_one_border_at_a_time(tmp_path: Path) -> None:
    with Journal(tmp_path, "sbc"), pytest.raises(SpoolInUse, match="another running border"):
        Journal(tmp_path, "sbc")
    Journal(tmp_path, "sbc").close()


def test_a_full_disk_delays_the_cdrs_and_leaves_no_half_line(tmp_path: Path) -> None:
    with journal(tmp_path) as kept:
        kept.cdr("1", call("1"))
        assert kept.flush()
        size = (tmp_path / TODAY).stat().st_size
        with files_no_larger_than(size + 100):
            kept.cdr("2", call("2"))
            assert not kept.flush()
            assert not kept.flush()
            assert uids(tmp_path / TODAY) == ["1"]
        assert kept.counts.failures == 2
        kept.cdr("3", call("3"))
        assert kept.flush()
        assert uids(tmp_path / TODAY) == ["1", "2", "3"]
        assert kept.counts.pending == 0


def test_starts_that_the_disk_did_not_take_are_repeated(tmp_path: Path) -> None:
    with journal(tmp_path) as kept:
        kept.recover()
        with files_no_larger_than(100):
            kept.start("1", begun("1"))
            assert not kept.flush()
        kept.start("2", begun("2"))
        assert kept.flush()
        assert open_calls.read(tmp_path / "open.jsonl").starts.keys() == {"1", "2"}
        assert kept.counts.starts == 2


def test_a_cdr_file_that_cannot_be_written_does_not_stop_the_starts(tmp_path: Path) -> None:
    (tmp_path / TODAY).mkdir()
    with journal(tmp_path) as kept:
        kept.recover()
        kept.start("1", begun("1"))
        kept.cdr("2", call("2"))
        assert not kept.flush()
        assert open_calls.read(tmp_path / "open.jsonl").starts.keys() == {"1"}
        (tmp_path / TODAY).rmdir()
        assert kept.flush()
    assert uids(tmp_path / TODAY) == ["2"]


def test_a_spool_that_is_not_there_yet_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "mount").write_bytes(b"")
    with journal(tmp_path / "mount" / "spool") as kept:
        kept.cdr("1", call("1"))
        assert not kept.flush()
        assert kept.counts.failures == 2
        (tmp_path / "mount").unlink()
        assert kept.flush()
    assert uids(tmp_path / "mount" / "spool" / TODAY) == ["1"]


def test_a_disk_that_stays_full_costs_bounded_memory_and_counted_lines(tmp_path: Path) -> None:
    (tmp_path / TODAY).mkdir()
    with journal(tmp_path, bound=10_000) as kept:
        for number in range(100):
            kept.cdr(str(number), call(str(number)))
            kept.flush()
        assert kept.counts.pending <= 10_000
        assert kept.counts.dropped > 90
        assert not kept.close()


def test_a_cdr_file_that_was_taken_away_begins_anew(tmp_path: Path) -> None:
    with journal(tmp_path) as kept:
        kept.cdr("1", call("1"))
        kept.flush()
        (tmp_path / TODAY).rename(tmp_path / "archived")
        kept.cdr("2", call("2"))
        kept.flush()
    assert uids(tmp_path / TODAY) == ["2"]


def test_only_the_files_of_the_last_two_days_stay_open(tmp_path: Path) -> None:
    before = sum(1 for _ in Path("/proc/self/fd").iterdir())
    with journal(tmp_path) as kept:
        for day in (1, 9, 2, 8, 3, 7, 4, 6, 5):
            uid = str(day)
            kept.cdr(uid, call(uid, times={"ended": f"2026-11-0{day}T10:00:00Z"}))
            assert kept.flush()
        lock_and_open_calls = 2
        now = sum(1 for _ in Path("/proc/self/fd").iterdir())
        assert now - before <= 2 + 1 + lock_and_open_calls
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == before
    assert len(list(tmp_path.glob("cdr-*.jsonl"))) == 9


def test_the_list_of_open_calls_does_not_grow_with_the_calls_that_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_calls, "COMPACT_ABOVE", 10_000)
    with journal(tmp_path) as kept:
        kept.start("stays", begun("stays"))
        for number in range(50):
            kept.start(str(number), begun(str(number)))
            kept.flush()
            kept.cdr(str(number), call(str(number)))
            kept.flush()
        assert (tmp_path / "open.jsonl").stat().st_size < 20_000
        assert open_calls.read(tmp_path / "open.jsonl").starts.keys() == {"stays"}


def test_a_list_that_cannot_be_rewritten_is_only_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with journal(tmp_path) as kept:
        kept.recover()
        monkeypatch.setattr(open_calls, "COMPACT_ABOVE", 0)
        (tmp_path / "open.jsonl.new").mkdir()
        kept.cdr("1", call("1"))
        assert kept.flush()
        assert kept.counts.failures == 1
        (tmp_path / "open.jsonl.new").rmdir()


class StopAtTheThirdWait(threading.Event):
    def __init__(self, meanwhile: list[Callable[[], None]]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def wait(self, timeout: float | None = None) -> bool:
        self._meanwhile.pop(0)()
        return not self._meanwhile


def test_the_thread_writes_also_what_came_just_before_it_was_stopped(tmp_path: Path) -> None:
    with journal(tmp_path) as kept:
        came = [partial(kept.cdr, uid, call(uid)) for uid in ("1", "2", "3")]
        thread = threading.Thread(target=keep_flushing, args=(kept, StopAtTheThirdWait([*came])))
        thread.start()
        thread.join()
        assert uids(tmp_path / TODAY) == ["1", "2", "3"]
