"""The bindings of phones, kept over a restart in SQLite.

The loop only notes what changed; a thread writes it. What is lost by a crash in between is as much
as a phone's next REGISTER brings back.
"""

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

from sbc.actions import StoreBinding

FLUSH = 0.2
"""Seconds between two writes."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS binding (
    access TEXT NOT NULL,
    user TEXT NOT NULL,
    key TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (access, user, key)
) WITHOUT ROWID
"""

_Name = tuple[str, str, str]


class BindingStore:
    def __init__(self, path: Path) -> None:
        """Raises OSError where the file cannot be had."""
        try:
            self._base = sqlite3.connect(path, check_same_thread=False)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            self._base.execute(_SCHEMA)
            self._base.commit()
            path.chmod(0o600)
        except sqlite3.Error as error:
            raise OSError(f"{path}: {error}") from None
        self._changed: dict[_Name, dict[str, object] | None] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.faults = 0
        """Writes that failed; what they held is tried again with the next."""

    def all(self) -> list[tuple[str, dict[str, Any]]]:
        """Access group and record of each; what is not JSON is left out."""
        found = []
        for access, record in self._base.execute("SELECT access, record FROM binding"):
            try:
                found.append((access, json.loads(record)))
            except ValueError:
                continue
        return found

    def keep(self, change: StoreBinding) -> None:
        """Does not wait for the disk."""
        with self._lock:
            self._changed[change.access, change.user, change.key] = change.record

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="bindings", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """All that was noted is on the disk after that."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()
        self._base.close()

    def flush(self) -> None:
        with self._lock:
            changed, self._changed = self._changed, {}
        if not changed:
            return
        kept = [(*name, json.dumps(record)) for name, record in changed.items() if record]
        gone = [name for name, record in changed.items() if not record]
        try:
            with self._base:
                self._base.executemany("REPLACE INTO binding VALUES (?, ?, ?, ?)", kept)
                self._base.executemany(
                    "DELETE FROM binding WHERE access = ? AND user = ? AND key = ?", gone
                )
        except sqlite3.Error:
            self.faults += 1
            with self._lock:
                self._changed = {**changed, **self._changed}

    def _run(self) -> None:
        while not self._stop.wait(FLUSH):
            self.flush()
