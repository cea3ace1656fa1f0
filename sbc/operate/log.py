"""The log: JSON lines on stderr, redacted (`redact`), and limited in number (`log_limit`).

It is for events and faults; what becomes of each call is in the journal. Lines of the standard
library's `logging` (asyncio, aiohttp, our shells) come through `handler` and are treated the same.
"""

import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import TextIO, cast

import structlog
from structlog.typing import Processor

from sbc.actions import Note
from sbc.operate.events import level
from sbc.operate.line_writer import LineWriter
from sbc.operate.log_limit import LogLimit
from sbc.operate.redact import Redact

_OWN = frozenset(("at", "level", "event"))
_PROCESSORS: list[Processor] = [
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    structlog.processors.JSONRenderer(),
]


class Log:
    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        clear: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clear`: addresses, numbers and URIs as they are (`trace: clear`); never secrets."""
        self._redact = Redact(os.urandom(32), clear=clear)
        self._limit = LogLimit()
        self._clock = clock
        self.lost = 0
        """Lines which stderr did not take."""
        self._sink = structlog.WriteLogger(stream or _standard_error())

    def note(self, note: Note) -> None:
        left_out = self._limit.allow(note.event, self._clock())
        if left_out is None:
            return
        fields = {name: self._redact.label(value) for name, value in note.labels}
        fields |= {name: self._redact.field(name, value) for name, value in note.detail}
        self._write(level(note.event), note.event, fields, left_out)

    def event(self, event: str, **fields: object) -> None:
        """Something of the shell's own life, such as its start."""
        left_out = self._limit.allow(event, self._clock())
        if left_out is not None:
            shown = {name: self._redact.field(name, str(value)) for name, value in fields.items()}
            self._write(level(event), event, shown, left_out)

    def fault(self, event: str, error: BaseException, **fields: object) -> None:
        """A mistake of ours, with the way to it."""
        left_out = self._limit.allow(event, self._clock())
        if left_out is not None:
            shown = {name: self._redact.field(name, str(value)) for name, value in fields.items()}
            shown["traceback"] = self._traceback(error)
            self._write("error", event, shown, left_out)

    def handler(self) -> logging.Handler:
        """To be set on the root logger."""
        return _Handler(self)

    def standard(self, record: logging.LogRecord) -> None:
        left_out = self._limit.allow(f"{record.name}:{record.lineno}", self._clock())
        if left_out is None:
            return
        fields = {"logger": record.name, "text": self._redact.text(record.getMessage())}
        if record.exc_info and record.exc_info[1] is not None:
            fields["traceback"] = self._traceback(record.exc_info[1])
        self._write(record.levelname.lower(), "log", fields, left_out)

    def _traceback(self, error: BaseException) -> str:
        return self._redact.field("traceback", "".join(traceback.format_exception(error)))

    def _write(self, grade: str, event: str, fields: dict[str, str], left_out: int) -> None:
        line = {f"{name}_" if name in _OWN else name: value for name, value in fields.items()}
        context = {"at": "", "level": grade, "event": event, **line}
        if left_out:
            context["left_out"] = str(left_out)
        try:
            _Line(self._sink, _PROCESSORS, context).write(event)
        except (OSError, ValueError):  # a full disk or pipe, a closed terminal: calls go on
            self.lost += 1


def _standard_error() -> TextIO:
    try:
        return cast(TextIO, LineWriter(sys.stderr.fileno()))
    except (OSError, ValueError):  # it is no file
        return sys.stderr


class _Line(structlog.BoundLoggerBase):
    """Its context is the line: so fields may have any name."""

    def write(self, event: str) -> None:
        self._proxy_to_logger("msg", event)


class _Handler(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._log.standard(record)
        except Exception:
            self.handleError(record)
