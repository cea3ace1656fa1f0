"""The last messages of one call, in and out on both legs: for the ladder, and for a fault's
report."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

from sbc.sip.message import Request, Response
from sbc.sip.phrases import reason_phrase

KEPT = 200


@dataclass(frozen=True, slots=True)
class Entry:
    at: float
    leg: str
    direction: Literal["in", "out"]
    line: str
    note: str


class Trace:
    __slots__ = ("_began", "_entries")

    def __init__(self, began: float) -> None:
        self._began = began
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def add(
        self, now: float, leg: str, direction: Literal["in", "out"], message: Request | Response
    ) -> None:
        line = (
            message.method
            if isinstance(message, Request)
            else f"{message.status} {reason_phrase(message.status)}"
        )
        # Told by its first bytes: to look into the header of a message of ours is dear.
        note = "sdp" if message.body.startswith(b"v=0") else ""
        self._entries.append(Entry(now - self._began, leg, direction, line, note))

    def as_records(self) -> list[dict[str, object]]:
        return [
            {
                "at": round(entry.at, 6),
                "leg": entry.leg,
                "direction": entry.direction,
                "line": entry.line,
                "note": entry.note,
            }
            for entry in self._entries
        ]
