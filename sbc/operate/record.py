"""Reads a call record (docs/cdr.md) without trusting its shape.

Files outlive the code that wrote them. Every reader answers None, or an empty value, where a field
is missing or is of another type.
"""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal

Record = Mapping[str, object]
Side = Literal["a", "b"]
SIDES: tuple[Side, Side] = ("a", "b")

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def field(record: Record, *path: str) -> object:
    value: object = record
    for name in path:
        # To ask for the abstract class takes long, and nearly all are dictionaries.
        if type(value) is not dict and not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def part(record: Record, *path: str) -> Record:
    value = field(record, *path)
    return value if isinstance(value, Mapping) else {}


def parts(record: Record, *path: str) -> list[Record]:
    value = field(record, *path)
    if not isinstance(value, (list, tuple)):
        return []
    return [each for each in value if isinstance(each, Mapping)]


def text(record: Record, *path: str) -> str | None:
    """What peers wrote reaches terminals from here: control characters, escapes among them, go."""
    value = field(record, *path)
    return printable(value) if isinstance(value, str) else None


def texts(record: Record, *path: str) -> list[str]:
    value = field(record, *path)
    if not isinstance(value, (list, tuple)):
        return []
    return [printable(each) for each in value if isinstance(each, str)]


def number(record: Record, *path: str) -> float | None:
    value = field(record, *path)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def whole(record: Record, *path: str) -> int:
    return int(number(record, *path) or 0)


def address(record: Record, *path: str) -> str | None:
    """`ip:port`, from the pair that the relay reports or from text."""
    match field(record, *path):
        case [str(host), int(port)]:
            return printable(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        case str(written):
            return printable(written)
        case _:
            return None


def moment(record: Record, *path: str) -> datetime | None:
    value = field(record, *path)
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def directions(record: Record) -> Iterator[tuple[Side, Record, Record]]:
    """Each direction of each stream: who sent it, the sender's leg, and what was measured of it."""
    for stream in parts(record, "media"):
        for side in SIDES:
            if report := part(stream, side):
                yield side, part(record, "legs", side), report


def expected_packets(totals: Record) -> int:
    received, lost = whole(totals, "packets"), whole(totals, "lost")
    missing = number(totals, "missing")
    if missing is None:  # a record from before it was told
        return received + lost
    return received - whole(totals, "duplicated") + int(missing)


def loss_ratio(totals: Record) -> float | None:
    """The part of the packets expected that never came, 0..1. None: nothing was expected."""
    expected, missing = expected_packets(totals), number(totals, "missing")
    lost = whole(totals, "lost") if missing is None else missing
    return lost / expected if whole(totals, "packets") > 0 and expected > 0 else None


def printable(value: str) -> str:
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value)


def timestamp(when: datetime) -> str:
    """UTC with milliseconds, as in every record."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
