"""The last messages of one call, in and out on both legs: for the ladder, and for a fault's
report."""

from collections import deque
from typing import Literal

from sbc.sip.message import Request, Response
from sbc.sip.phrases import reason_phrase

KEPT = 200


Direction = Literal["in", "out"]


class Trace:
    __slots__ = ("_began", "_entries")

    def __init__(self, began: float) -> None:
        self._began = began
        self._entries: deque[tuple[float, str, Direction, str | int, str]] = deque(maxlen=KEPT)
        """When, leg, direction, method or status, note: put into words only when asked for."""

    def add(self, now: float, leg: str, direction: Direction, message: Request | Response) -> None:
        what = message.method if isinstance(message, Request) else message.status
        # Told by its first bytes: to look into the header of a message of ours is dear.
        note = "sdp" if message.body.startswith(b"v=0") else ""
        self._entries.append((now, leg, direction, what, note))

    def as_records(self) -> list[dict[str, object]]:
        return [
            {
                "at": round(at - self._began, 6),
                "leg": leg,
                "direction": direction,
                "line": what if isinstance(what, str) else f"{what} {reason_phrase(what)}",
                "note": note,
            }
            for at, leg, direction, what, note in self._entries
        ]
