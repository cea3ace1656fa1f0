"""Where a running border has its Unix sockets, so that both ends find the same place."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line often needs no configuration, and pydantic takes its time
    from config.model import Config

ADMIN_SOCKET = "admin.sock"
TEMPORARY = Path("/tmp")  # noqa: S108 - where it is used, it is looked at whose the directory is


class InUse(Exception):
    """Another running border has it."""


class UnsafeDirectory(Exception):
    """Someone else could have put a socket there, or could read what we put there."""


def run_directory(
    config: "Config | None" = None,
    *,
    environ: Mapping[str, str] = os.environ,
    uid: int | None = None,
    temporary: Path = TEMPORARY,
) -> Path:
    """Its place; `ensure` makes it. Without `config`: that of a border with this user's defaults.
    Raises UnsafeDirectory."""
    if config is not None and config.node.run_directory is not None:
        return Path(config.node.run_directory)
    user = os.getuid() if uid is None else uid
    if user == 0:
        return Path("/run/sbc")
    if own := environ.get("XDG_RUNTIME_DIR"):
        return Path(own) / "sbc"
    shared = temporary / f"sbc-{user}"
    if shared.exists() or shared.is_symlink():  # anyone may have been there first
        check(shared)
    return shared


def ensure(directory: Path) -> None:
    """Makes the directory, for its owner only. Raises UnsafeDirectory, OSError."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        check(directory)


def check(directory: Path) -> None:
    """The directory must be ours, or root's, alone. Raises UnsafeDirectory, OSError."""
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise UnsafeDirectory(f"{directory} is not a directory")
    if found.st_uid not in (os.getuid(), 0):
        raise UnsafeDirectory(f"{directory} belongs to another user")
    if found.st_mode & 0o022:
        raise UnsafeDirectory(f"{directory} may be written by others: chmod go-w {directory}")
