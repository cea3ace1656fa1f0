import os
from pathlib import Path

import pytest

from sbc.operate.places import UnsafeDirectory, check, ensure, run_directory
from tests.support.configs import TWO_ZONES, config

NAMED = TWO_ZONES.replace("version: 1", "version: 1\nnode: { run_directory: /srv/sbc/run }")


def test_the_configuration_names_the_directory() -> None:
    assert run_directory(config(NAMED), uid=0) == Path("/srv/sbc/run")


@pytest.mark.parametrize(
    ("uid", "environ", "place"),
    [
        (0, {"XDG_RUNTIME_DIR": "/run/user/0"}, "/run/sbc"),
        (1000, {"XDG_RUNTIME_DIR": "/run/user/1000"}, "/run/user/1000/sbc"),
        (1000, {"XDG_RUNTIME_DIR": ""}, "/tmp/sbc-1000"),
        (1000, {}, "/tmp/sbc-1000"),
    ],
)
def test_without_a_name_it_is_the_users_own(uid: int, environ: dict[str, str], place: str) -> None:
    assert run_directory(None, environ=environ, uid=uid) == Path(place)
    assert run_directory(config(), environ=environ, uid=uid) == Path(place)


def test_a_directory_that_someone_laid_out_for_us_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "sbc-1000"
    place.symlink_to(tmp_path / "trap")
    with pytest.raises(UnsafeDirectory, match="is not a directory"):
        run_directory(None, environ={}, uid=1000, temporary=tmp_path)
    place.unlink()
    ensure(place)
    assert run_directory(None, environ={}, uid=1000, temporary=tmp_path) == place


def test_both_ends_look_at_the_same_place_by_default() -> None:
    assert run_directory() == run_directory(uid=os.getuid())


def test_a_new_directory_is_for_its_owner_only(tmp_path: Path) -> None:
    ensure(tmp_path / "deep" / "run")
    assert (tmp_path / "deep" / "run").stat().st_mode & 0o777 == 0o700
    ensure(tmp_path / "deep" / "run")


def test_a_directory_that_others_may_write_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o777)
    with pytest.raises(UnsafeDirectory, match="may be written by others"):
        ensure(tmp_path / "run")


def test_a_link_to_somewhere_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").symlink_to(tmp_path)
    with pytest.raises(UnsafeDirectory, match="is not a directory"):
        ensure(tmp_path / "run")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o700)
    os.chown(tmp_path / "run", 12345, 12345)
    with pytest.raises(UnsafeDirectory, match="belongs to another user"):
        check(tmp_path / "run")


def test_no_directory_is_no_border(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check(tmp_path / "run")
