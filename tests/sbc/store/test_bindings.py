"""The store of bindings: what was kept is there after a restart, whatever happens to the disk."""

import sqlite3
from pathlib import Path

import pytest

from sbc.actions import StoreBinding
from sbc.store.bindings import BindingStore


def kept(user: str = "anna", key: str = "k", **record: object) -> StoreBinding:
    return StoreBinding("phones", user, key, record or {"user": user})


def reopened(path: Path) -> list[tuple[str, dict[str, object]]]:
    store = BindingStore(path)
    found = store.all()
    store.close()
    return found


def test_what_was_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "bindings.sqlite"
    store = BindingStore(path)
    store.start()
    store.keep(kept())
    store.keep(kept("bert"))
    store.keep(kept("bert", q=0.5))
    store.close()
    assert reopened(path) == [("phones", {"user": "anna"}), ("phones", {"q": 0.5})]
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_ended_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "bindings.sqlite"
    store = BindingStore(path)
    store.keep(kept())
    store.flush()
    store.keep(StoreBinding("phones", "anna", "k", None))
    store.close()
    assert reopened(path) == []


def test_a_line_that_is_broken_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "bindings.sqlite"
    store = BindingStore(path)
    store.keep(kept())
    store.close()
    with sqlite3.connect(path) as base:
        base.execute("INSERT INTO binding VALUES ('phones', 'x', 'y', 'not JSON')")
    base.close()
    assert reopened(path) == [("phones", {"user": "anna"})]


def test_a_write_that_fails_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "bindings.sqlite"
    store = BindingStore(path)
    other = sqlite3.connect(path, isolation_level=None)
    store._base.execute("PRAGMA busy_timeout=0")
    other.execute("BEGIN EXCLUSIVE")
    store.keep(kept())
    store.flush()
    assert store.faults == 1
    other.execute("ROLLBACK")
    other.close()
    store.close()
    assert reopened(path) == [("phones", {"user": "anna"})]


def test_a_file_that_is_no_store_is_told(tmp_path: Path) -> None:
    path = tmp_path / "bindings.sqlite"
    path.write_bytes(b"something else entirely, and long enough to be read" * 20)
    with pytest.raises(OSError, match=r"bindings\.sqlite"):
        BindingStore(path)
