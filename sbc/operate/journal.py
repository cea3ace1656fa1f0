"""The call journal: one CDR for every call that began, also after `kill -9` and on a full disk.

The event loop only appends to memory. `flush` runs on another thread every 100 ms or less, writes
all that has gathered and syncs once for the whole group. CDRs go to `cdr-YYYY-MM-DD.jsonl` by the
UTC day on which the call ended, starts to `open.jsonl`. A call whose start is on the disk without a
CDR gets one at the next start: each is accounted at least once, and readers drop repeated uids.
"""

import fcntl
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from msgspec.json import Encoder

from sbc.operate import open_calls
from sbc.operate.append_file import AppendFile
from sbc.operate.open_calls import MOST_CALLS, OpenCalls
from sbc.operate.pending_lines import Line, PendingLines
from sbc.operate.places import InUse
from sbc.operate.record import moment, part, timestamp

FLUSH_EVERY = 0.1
"""Seconds: what a power cut may lose."""
BOUND = 33_554_432
"""Bytes of memory for lines that wait for the disk, for CDRs and for starts each."""
_encode = Encoder(enc_hook=str).encode
OPEN_CDR_FILES = 2
"""Yesterday's, just after midnight, and today's."""


class SpoolInUse(InUse):
    """Another border keeps its journal there: its live calls would look like crashed ones."""


@dataclass(frozen=True, slots=True)
class JournalCounts:
    starts: int
    cdrs: int
    """On the disk, recovered ones included."""
    recovered: int
    """CDRs made for calls that a crash cut off."""
    torn: int
    """Half-written or unreadable lines found."""
    failures: int
    """Writes that failed; they are repeated until they succeed."""
    dropped: int
    """Lines given up since the disk did not take them and `BOUND` was reached."""
    pending: int
    """Bytes that wait for the disk."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Journal:
    def __init__(
        self,
        spool: Path,
        node: str,
        *,
        clock: Callable[[], datetime] = utc_now,
        bound: int = BOUND,
    ) -> None:
        """Raises SpoolInUse. A spool that cannot be written is no error: it is tried again."""
        self._spool = spool
        self._node = node
        self._clock = clock
        self._starts = PendingLines(bound)
        self._cdrs = PendingLines(bound)
        self._flushing = threading.Lock()
        # All below belongs to whoever holds `_flushing`; the counts may be read at any time.
        self._lock_file: int | None = None
        self._recovered = False
        self._open = OpenCalls(spool / "open.jsonl")
        self._files: dict[str, AppendFile] = {}
        self._through: dict[str, int] = {}
        self._unmarked: list[str] = []
        self._count = dict.fromkeys(("starts", "cdrs", "recovered", "torn", "failures"), 0)
        try:
            self._lock_spool()
        except BlockingIOError as error:
            raise SpoolInUse(f"{spool} is in use by another running border") from error
        except OSError:
            self._count["failures"] += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def counts(self) -> JournalCounts:
        pending = self._starts.size + self._cdrs.size
        dropped = self._starts.dropped + self._cdrs.dropped
        return JournalCounts(**self._count, dropped=dropped, pending=pending)

    def start(self, uid: str, record: dict[str, object]) -> None:
        """A call began, or is known better than before: the latest record counts."""
        self._starts.push(Line(uid, "open.jsonl", self._encoded(uid, record)))

    def cdr(self, uid: str, record: dict[str, object]) -> None:
        ended = moment(record, "times", "ended") or self._clock()
        self._cdrs.push(Line(uid, cdr_file_name(ended), self._encoded(uid, record)))

    def recover(self) -> list[dict[str, object]]:
        """To be called once, before the first call: the CDRs made for calls of a crashed run."""
        with self._flushing:
            try:
                return self._recover()
            except OSError:
                self._count["failures"] += 1
                return []

    def flush(self) -> bool:
        """Writes and syncs what has gathered. Never raises OSError: False says, later again."""
        with self._flushing:
            try:
                self._recover()
            except OSError:
                self._count["failures"] += 1
                return False
            return self._write()

    def close(self) -> bool:
        """False: the disk did not take everything, and what it did not take is lost."""
        flushed = self.flush()
        with self._flushing:
            self._open.close()
            while self._files:
                self._files.popitem()[1].close()
            if self._lock_file is not None:
                os.close(self._lock_file)
                self._lock_file = None
        return flushed

    def _encoded(self, uid: str, record: dict[str, object]) -> bytes:
        whole = {"uid": uid, "node": self._node, **record} | {"uid": uid}
        try:
            return _encode(whole) + b"\n"
        except (TypeError, ValueError):  # a key that is none, or a text that cannot be written
            loose = json.dumps(whole, default=str, skipkeys=True)
            return json.dumps(json.loads(loose, parse_constant=_null)).encode() + b"\n"

    def _lock_spool(self) -> None:
        if self._lock_file is not None:
            return
        self._spool.mkdir(parents=True, exist_ok=True, mode=0o750)
        descriptor = os.open(self._spool / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        self._lock_file = descriptor

    def _recover(self) -> list[dict[str, object]]:
        if self._recovered:
            return []
        self._lock_spool()
        left = open_calls.read(self._spool / "open.jsonl")
        accounted = self._accounted(left.through) if left.starts else set()
        now = self._clock()
        made = [crashed(start, now) for uid, start in left.starts.items() if uid not in accounted]
        self._through = left.through
        if made:
            name = cdr_file_name(now)
            uids = [str(each["uid"]) for each in made]
            lines = [
                Line(uid, name, self._encoded(uid, each))
                for uid, each in zip(uids, made, strict=True)
            ]
            self._append_cdrs(name, lines)
            self._count["recovered"] += len(made)
        self._open.rewrite(self._through)
        self._unmarked = []
        self._recovered = True
        self._count["torn"] += left.bad_lines
        return made

    def _accounted(self, through: dict[str, int]) -> set[str]:
        """The uids in what was written to the CDR files after the last mark."""
        found: set[str] = set()
        for path in sorted(self._spool.glob("cdr-*.jsonl")):
            if path.name < min(through, default=""):
                continue
            known = through.get(path.name, 0)
            with path.open("rb") as file:
                file.seek(known if known <= path.stat().st_size else 0)
                found.update(uid for line in file if (uid := _uid(line)))
        return found

    def _write(self) -> bool:
        cdrs = self._cdrs.take()
        failed = self._write_cdrs(cdrs)
        self._cdrs.settle(cdrs, failed)
        starts = self._starts.take()
        marked = self._write_open(starts)
        self._starts.settle(starts, [] if marked else starts)
        return marked and not failed

    def _write_cdrs(self, lines: list[Line]) -> list[Line]:
        failed: list[Line] = []
        for name in sorted({line.file for line in lines}):
            group = [line for line in lines if line.file == name]
            try:
                self._append_cdrs(name, group)
            except OSError:
                self._count["failures"] += 1
                failed += group
        return failed

    def _append_cdrs(self, name: str, lines: list[Line]) -> None:
        file = self._cdr_file(name)
        file.append(b"".join(line.data for line in lines))
        self._through[name] = file.size
        for old in sorted(self._through)[:-OPEN_CDR_FILES]:
            del self._through[old]
        self._unmarked = [*self._unmarked, *(line.uid for line in lines)][-MOST_CALLS:]
        self._count["cdrs"] += len(lines)

    def _write_open(self, lines: list[Line]) -> bool:
        if not lines and not self._unmarked:
            return True
        ended = set(self._unmarked)
        starts = {line.uid: line.data for line in lines if line.uid not in ended}
        try:
            self._open.update(starts, self._unmarked, self._through)
        except OSError:
            self._count["failures"] += 1
            return False
        self._count["starts"] += len(lines)
        self._unmarked = []
        if self._open.mostly_history():
            self._compact()
        return True

    def _compact(self) -> None:
        try:
            self._open.rewrite(self._through)
        except OSError:
            self._count["failures"] += 1  # the file as it is tells the same, only at length

    def _cdr_file(self, name: str) -> AppendFile:
        known = self._files.get(name)
        if known is not None and not known.moved():
            return known
        file = AppendFile(self._spool / name)
        if known is not None:
            known.close()
        self._files[name] = file
        self._count["torn"] += file.torn
        for old in sorted(self._files)[:-OPEN_CDR_FILES]:
            if old != name:
                self._files.pop(old).close()
        return file


def keep_flushing(journal: Journal, stop: threading.Event, every: float = FLUSH_EVERY) -> None:
    """The body of the journal's thread: until `stop`, and once more for what came meanwhile."""
    while not stop.wait(every):
        journal.flush()
    journal.flush()


def cdr_file_name(ended: datetime) -> str:
    return f"cdr-{ended.astimezone(UTC):%Y-%m-%d}.jsonl"


def crashed(start: dict[str, object], now: datetime) -> dict[str, object]:
    """The CDR of a call that signalling lost: when it ended in truth, nobody here knows."""
    return {
        **start,
        "state": "ended",
        "times": {**part(start, "times"), "ended": timestamp(now)},
        "duration_s": None,
        "ended_by": "border",
        "cause": {"sip": None, "q850": 41, "text": "signalling crashed"},
    }


def _uid(line: bytes) -> str | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    uid = record.get("uid") if isinstance(record, dict) else None
    return uid if isinstance(uid, str) else None


def _null(_: str) -> None:
    return None
