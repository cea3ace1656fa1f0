"""What the kernel tells of processes: the texts of /proc, read. Pure."""

from dataclasses import dataclass


class BadProc(Exception):
    """Not what proc(5) describes."""


@dataclass(frozen=True, slots=True)
class Stat:
    pid: int
    parent: int
    state: str
    """`R`, `S`, `Z` …"""
    ticks: int
    """User and system time of all of its threads, in clock ticks."""
    started: int
    """Clock ticks after boot. With the pid it names one process for ever."""


def parse_stat(text: str) -> Stat:
    """/proc/PID/stat. The name, in brackets, may hold blanks and brackets of its own."""
    try:
        pid = int(text[: text.index(" ")])
        fields = text[text.rindex(")") + 2 :].split()
        ticks = int(fields[11]) + int(fields[12])
        return Stat(pid, int(fields[1]), fields[0], ticks, int(fields[19]))
    except (ValueError, IndexError):
        raise BadProc("stat") from None


def parse_kilobytes(text: str, name: str) -> int:
    """The bytes of `Name:   123 kB`, as in smaps_rollup and meminfo."""
    for line in text.splitlines():
        key, _, rest = line.partition(":")
        if key == name:
            return 1024 * int(rest.split()[0])
    raise BadProc(name)


def tree(root: int, parents: dict[int, int]) -> set[int]:
    """`root` and all that descend from it. `parents`: the parent of each process."""
    found = {root}
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more
