"""Files of users, read again when they change; what cannot be read does not replace what can."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from config.model import Config
from config.problems import Finding
from sbc.actions import Note
from sbc.registrar.users import BadUsers, Proof, parse_users

WATCH = 2.0
"""Seconds between two looks."""
MOST_BYTES = 256 << 20

Stamp = tuple[int, int, int]


@dataclass(slots=True)
class _File:
    group: str
    path: Path
    stamp: Stamp | None = None
    users: Mapping[str, Proof] = field(default_factory=dict)


class UsersFiles:
    def __init__(self, config: Config) -> None:
        self._files = [
            _File(name, Path(access.auth.users_file))
            for name, access in config.access.items()
            if access.auth.users_file is not None
        ]

    def __bool__(self) -> bool:
        return bool(self._files)

    def read(self) -> list[Finding]:
        """All of them, for the first time; what is wrong with them."""
        return [finding for each in self._files for finding in self._first(each)]

    def all(self) -> Iterator[tuple[str, Mapping[str, Proof]]]:
        """Access group and users of each."""
        return ((each.group, each.users) for each in self._files)

    def look(self) -> tuple[list[tuple[str, Mapping[str, Proof]]], list[Note]]:
        """What has changed; waits for the disk."""
        changed: list[tuple[str, Mapping[str, Proof]]] = []
        notes: list[Note] = []
        for each in self._files:
            stamp = _stamp(each.path)
            if stamp == each.stamp:
                continue
            each.stamp = stamp
            labels = (("trunk", each.group),)
            try:
                users = _users(each.path)
            except (OSError, BadUsers) as error:
                notes.append(Note("users_refused", labels, (("why", _why(error)),)))
                continue
            if _stamp(each.path) != stamp:
                each.stamp = None  # it changed while it was read: look again
                continue
            each.users = users
            changed.append((each.group, users))
            notes.append(Note("users_read", labels, (("count", str(len(users))),)))
        return changed, notes

    def _first(self, file: _File) -> Iterator[Finding]:
        file.stamp = _stamp(file.path)
        try:
            file.users = _users(file.path)
        except (OSError, BadUsers) as error:
            loc = ("access", file.group, "auth", "users_file")
            yield Finding(loc, f"{file.path}: {_why(error)}")


def checked(config: Config) -> list[Finding]:
    """For `sbc check`, which may run on another machine: what is not there is worth a warning."""
    return [
        replace(finding, severity="error" if _stamp(Path(_path(config, finding))) else "warning")
        for finding in UsersFiles(config).read()
    ]


def _path(config: Config, finding: Finding) -> str:
    return config.access[str(finding.loc[1])].auth.users_file or ""


def _users(path: Path) -> dict[str, Proof]:
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise BadUsers("the file is too large")
    try:
        return parse_users(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadUsers("it is not UTF-8 text") from None


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _why(error: OSError | BadUsers) -> str:
    return str(error.strerror if isinstance(error, OSError) else error)
