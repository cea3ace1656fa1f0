"""The session timer of one dialog of a call (RFC 4028 §7-10): what its messages say of it, and its
alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbc.b2bua.crossing import Field
from sbc.b2bua.events import RefreshDue, SessionExpired
from sbc.dialog.session_timer import Do, SessionTimer
from sbc.sip.message import Request, Response

if TYPE_CHECKING:
    from sbc.b2bua.usage import Usage

REPLACES = "replaces"


class Session:
    __slots__ = ("_usage", "timer")

    def __init__(self, usage: Usage) -> None:
        self._usage = usage
        self.timer = SessionTimer(usage.leg.terms.session_timer)

    def answer(self, request: Request) -> tuple[Field, ...]:
        """What our 2xx to an INVITE or UPDATE says of it."""
        fields = self.timer.answering(request.headers, self._usage.wire.now)
        self._wait()
        return fields

    def answered(self, response: Response) -> None:
        """A 2xx to an INVITE or UPDATE of ours."""
        self.timer.answered(response.headers, self._usage.wire.now)
        self._wait()

    def refused(self, response: Response) -> None:
        if response.status == 422 and self.timer.too_small(response.headers):
            self.postpone(0.0)
            return
        # RFC 3261 §14.1: whoever chose the Call-ID waits for longer, so that both get through.
        wait = self._usage.wire.tokens.number(200) / 100
        self.postpone(wait + 2.1 if self._usage.leg.side == "b" else wait)

    def postpone(self, seconds: float) -> None:
        """Our refresh got nowhere, for now."""
        self.timer.refused(self._usage.wire.now, seconds)
        self._wait()

    def due(self) -> None:
        usage = self._usage
        effect = self.timer.due(usage.wire.now)
        if effect is Do.REFRESH:
            usage.wire.tell(usage.leg.call, RefreshDue(usage))
        elif effect is Do.EXPIRE:
            usage.wire.tell(usage.leg.call, SessionExpired(usage))
        self._wait()

    def stop(self) -> None:
        self.timer.stop()
        self._wait()

    def _wait(self) -> None:
        timers, key = self._usage.wire.timers, (self._usage, "session")
        if self.timer.deadline is None:
            timers.clear(key)
        else:
            timers.set(key, self.timer.deadline)


def session_fields(timer: SessionTimer, *supported: str) -> list[Field]:
    """Supported, with these tags and that of session timers, and what they ask for. A Replaces is
    always welcome (RFC 3891 §6.2): somebody who knows it may check before it transfers us."""
    tag, fields = timer.asking()
    tags = [*supported, tag, REPLACES] if tag else [*supported, REPLACES]
    return [("Supported", ", ".join(tags)), *fields]
