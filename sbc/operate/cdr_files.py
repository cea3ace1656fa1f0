"""Reads the CDR files of a spool back, however large they are and whatever happened to them."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from sbc.operate.record import moment, part

CdrRecord = dict[str, object]


class CdrFiles:
    """Counts what it could not read in `bad_lines`, and names the files that would not open."""

    def __init__(self, spool: Path) -> None:
        self.spool = spool
        self.bad_lines = 0
        self.unreadable: list[str] = []

    def records(self, since: datetime | None = None) -> Iterator[CdrRecord]:
        """Calls which ended at `since` or later, in the order of the files, each uid once."""
        seen: set[str] = set()
        for path in self._files(since):
            for record in self._read(path):
                uid = record.get("uid")
                if not isinstance(uid, str) or uid in seen or not _ended_after(record, since):
                    continue
                seen.add(uid)  # the journal accounts at least once
                yield record

    def find(self, prefix: str, most: int = 20) -> list[CdrRecord]:
        """Calls whose uid begins so, the newest first; one that is exactly it stands alone."""
        found: dict[str, CdrRecord] = {}
        needle = json.dumps(prefix)[1:-1].encode()
        for path in reversed(self._files(None)):
            for record in self._read(path, needle):
                uid = str(record.get("uid"))
                if uid == prefix:
                    return [record]
                if uid.startswith(prefix) and len(found) < most:
                    found.setdefault(uid, record)
        return sorted(found.values(), key=_end, reverse=True)

    def _files(self, since: datetime | None) -> list[Path]:
        # A record goes by the end it bears, and a day to spare costs little.
        first = since.astimezone(UTC).toordinal() - 1 if since else 0
        return [path for path in sorted(self.spool.glob("cdr-*.jsonl")) if _day(path) >= first]

    def _read(self, path: Path, needle: bytes = b"") -> Iterator[CdrRecord]:
        """Lines without the needle are not decoded: searching a day takes a second, not minutes."""
        try:
            with path.open("rb") as file:
                for line in file:
                    if needle in line and (record := self._decoded(line)) is not None:
                        yield record
        except OSError:
            self.unreadable.append(path.name)

    def _decoded(self, line: bytes) -> CdrRecord | None:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            self.bad_lines += 1
            return None
        return record


def _day(path: Path) -> int:
    try:
        return date.fromisoformat(path.stem.removeprefix("cdr-")).toordinal()
    except ValueError:
        return 0


def _ended_after(record: CdrRecord, since: datetime | None) -> bool:
    if since is None:
        return True
    ended = moment(record, "times", "ended")
    return ended is not None and ended >= since


def _end(record: CdrRecord) -> str:
    return str(part(record, "times").get("ended"))
