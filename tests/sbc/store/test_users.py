"""Files of users are read again when they change."""

import os
from pathlib import Path

import pytest

from config.model import Config
from sbc.store import users
from sbc.store.users import UsersFiles, checked
from tests.config.samples import model


def configured(path: Path) -> Config:
    group = {"zone": "outside", "domains": ["example.com"], "auth": {"users_file": str(path)}}
    return model({("access",): {"phones": group}})


def write(path: Path, text: str | bytes) -> None:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = path.stat()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 10_000_000))  # coarse clocks


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "phones.users"
    write(found, "anna password=pw\n")
    return found


def test_it_is_read_once_and_again_when_it_has_changed(path: Path) -> None:
    files = UsersFiles(configured(path))
    assert files.read() == []
    assert dict(files.all()) == {"phones": {"anna": "pw"}}
    assert files.look() == ([], [])
    write(path, "anna password=other\nbert password=pw\n")
    changed, (note,) = files.look()
    assert changed == [("phones", {"anna": "other", "bert": "pw"})]
    assert (note.event, note.detail) == ("users_read", (("count", "2"),))
    assert files.look() == ([], [])


@pytest.mark.parametrize("bad", ["anna", b"\xff\xfe", None])
def test_what_is_broken_replaces_nothing_and_is_told_once(
    path: Path, bad: str | bytes | None
) -> None:
    files = UsersFiles(configured(path))
    files.read()
    if bad is None:
        path.unlink()
    else:
        write(path, bad)
    changed, (note,) = files.look()
    assert (changed, note.event, note.labels) == ([], "users_refused", (("trunk", "phones"),))
    assert files.look() == ([], [])
    assert dict(files.all()) == {"phones": {"anna": "pw"}}


def test_a_border_does_not_start_with_a_broken_one(path: Path) -> None:
    write(path, "anna")
    (finding,) = UsersFiles(configured(path)).read()
    assert finding.loc == ("access", "phones", "auth", "users_file")
    assert "line 1" in finding.message
    (told,) = checked(configured(path))
    assert told.severity == "error"


def test_a_check_on_another_machine_only_warns(tmp_path: Path) -> None:
    (told,) = checked(configured(tmp_path / "nowhere"))
    assert told.severity == "warning"


def test_an_endless_file_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "MOST_BYTES", 10)
    (finding,) = UsersFiles(configured(path)).read()
    assert "too large" in finding.message


def test_without_files_there_is_nothing_to_do() -> None:
    assert not UsersFiles(model())
