"""The calls that have begun and have no CDR yet, on disk: `open.jsonl` in the spool.

A line is either the start record of a call, or a mark: these calls have their CDR now, and the CDR
files had these sizes then. So a restart knows whose CDR is missing after reading no more of the CDR
files than what was written after the last mark.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from sbc.operate.append_file import AppendFile, replace_file

MOST_CALLS = 100_000
"""More than can be up; a call whose CDR could never be written is forgotten beyond it."""
COMPACT_ABOVE = 1_048_576
"""Bytes. A smaller file is not worth a rewrite."""


@dataclass(frozen=True, slots=True)
class Left:
    """What an earlier run left behind."""

    starts: dict[str, dict[str, object]]
    """By uid, the latest start record of each call without a CDR."""
    through: dict[str, int]
    """CDR file name: its size at the last mark."""
    bad_lines: int


def read(path: Path) -> Left:
    """Raises OSError, but not for a file which is not there."""
    starts: dict[str, dict[str, object]] = {}
    through: dict[str, int] = {}
    bad_lines = 0
    data = path.read_bytes() if path.exists() else b""
    for line in data.splitlines():
        record = _decoded(line)
        match record:
            case {"ended": list(ended), "through": dict(sizes)}:
                through = {name: size for name, size in sizes.items() if isinstance(size, int)}
                for uid in ended:
                    starts.pop(str(uid), None)
            case {"uid": str(uid)}:
                starts[uid] = record
            case _:
                bad_lines += 1
    return Left(starts, through, bad_lines)


def mark(ended: Collection[str], through: Mapping[str, int]) -> bytes:
    return json.dumps({"ended": list(ended), "through": dict(through)}).encode() + b"\n"


class OpenCalls:
    """Writes the file, and knows which of its calls are still open."""

    __slots__ = ("_bytes", "_file", "_lines", "_path")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: AppendFile | None = None
        self._lines: dict[str, bytes] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._lines)

    def update(
        self, starts: Mapping[str, bytes], ended: Collection[str], through: Mapping[str, int]
    ) -> None:
        """Raises OSError; to repeat the same update is harmless."""
        marks = [mark(ended, through)] if ended else []
        self._opened().append(b"".join([*starts.values(), *marks]))
        for uid, line in starts.items():
            self._forget(uid)
            self._lines[uid] = line
            self._bytes += len(line)
        for uid in ended:
            self._forget(uid)
        while len(self._lines) > MOST_CALLS:
            self._forget(next(iter(self._lines)))

    def mostly_history(self) -> bool:
        size = self._file.size if self._file is not None else 0
        return size > max(COMPACT_ABOVE, 4 * self._bytes)

    def rewrite(self, through: Mapping[str, int]) -> None:
        """Leaves only the calls of this run. Raises OSError."""
        replace_file(self._path, b"".join([*self._lines.values(), mark([], through)]))
        self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> AppendFile:
        if self._file is not None and self._file.moved():
            self.close()
        if self._file is None:
            self._file = AppendFile(self._path)
        return self._file

    def _forget(self, uid: str) -> None:
        self._bytes -= len(self._lines.pop(uid, b""))


def _decoded(line: bytes) -> dict[str, object]:
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
