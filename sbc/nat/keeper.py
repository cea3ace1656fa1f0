"""Keeps the flow of one registered phone open, and learns how rarely that takes (N5).

When nothing has come from the phone for the interval at hand, it is sent an OPTIONS (RFC 3261 §11):
any answer is traffic from inside, which is what a NAT counts (RFC 4787 §4.3). Until the interval is
found the phone is told to register soon after each trial; from then on rarely, since the flow is
kept from here.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import partial
from math import ceil

from sbc.actions import Address, Flow
from sbc.nat.search import Search
from sbc.nat.verdict import Verdict
from sbc.sip.message import Request, Response, build_request
from sbc.transaction.events import Key
from sbc.upstream.registration import Line

SLACK = 8.0
"""Seconds between a trial and the REGISTER that tells, whatever came of it, where the phone is."""

PATIENCE = 4.0
"""Seconds in which an OPTIONS has gone out four times (RFC 3261 §17.1.2.2)."""


class State(Enum):
    OPEN = "nothing stands between us"
    QUIET = "waits until the flow was silent for the interval at hand"
    ASKING = "an OPTIONS is in the air"
    LOST = "nobody answered; it is asked again, and the next REGISTER will tell"


class Keeper:
    """Of one binding. The registrar tells what it hears; what it may grant, it asks here."""

    call = None
    trunk = None
    """Neither a call nor an account of ours is concerned."""

    def __init__(
        self,
        line: Line,
        group: str,
        search: Search,
        longest: float,
        flow: Flow,
        stated: Address | None,
        *,
        asks: bool = True,
    ) -> None:
        """`longest`: seconds that a phone may be granted when its flow is kept. `stated`: where it
        says that it is. `asks`: else it is only looked at."""
        self.search = search
        self.verdict = Verdict(flow, stated or flow.remote, line.now)
        self.flow = flow
        self.state = State.OPEN
        self._line = line
        self._group = group
        self._longest = longest
        self._asks = asks
        self._contact = ""
        self._aor = ""
        self._heard_at = line.now
        self._registered_at = line.now
        self._granted = 0.0
        self._share = 0.0
        """The largest part of what it was granted after which this phone has refreshed; 0 until it
        was seen to."""
        self._asking: Key | None = None
        self._asked_at = 0.0
        self._idle = 0.0
        """How long the flow had been silent when it was tried."""

    # --- inputs -----------------------------------------------------------------------------------

    def registers(self, flow: Flow, stated: Address | None) -> None:
        """A REGISTER came that will be granted."""
        now = self._line.now
        if self._granted > 0:
            share = (now - self._registered_at) / self._granted
            self._share = min(max(share, self._share), 1.0)
        before, idle = self.flow, now - self._heard_at
        alive = self.state is State.QUIET and idle <= self.search.safe and not flow.reliable
        moved = self.verdict.heard(flow, stated or flow.remote, now, alive=alive)
        if moved and self.state is State.QUIET and idle > self.search.safe:
            self._died(idle, certain=True)
        elif moved and self.state in {State.ASKING, State.LOST}:
            self._died(self._idle, certain=True)
        elif self._was_silent():
            self._died(self._idle, certain=False)
        if before.remote[0] != flow.remote[0]:
            self.search.restart()
        self.flow = flow
        self._registered_at = now
        self._granted = 0.0
        self._begin_again()

    def granted(self, seconds: float, contact: str, aor: str) -> None:
        """To that REGISTER. `contact`: whom an OPTIONS is for, `aor`: as it stands in To."""
        self._granted = seconds
        self._contact = contact
        self._aor = aor

    def heard(self) -> None:
        """Something came by this flow, of which nobody knows whether it is the phone's: it is no
        reason to let the flow be, but the next trial says nothing of the time before."""
        self._heard_at = self._line.now

    def ask_within(self, seconds: float) -> None:
        """It may have been silent for any time: ask soon."""
        if self.state is State.QUIET:
            self._line.timer((self, "quiet"), seconds)

    def connection_lost(self) -> None:
        if self.state in {State.ASKING, State.LOST}:
            self._died(self._idle, certain=True)
        self.stop()

    def stop(self) -> None:
        """The binding is over."""
        self._forget()
        self._line.timers.clear((self, "quiet"))
        self.state = State.OPEN

    def timer(self, name: str) -> None:
        del name
        if self.state is State.QUIET:
            self._idle = self._line.now - self._heard_at
        if self.state is not State.OPEN:
            self._ask()

    def responded(self, key: Key, response: Response, flow: Flow) -> None:
        del flow
        if key != self._asking or response.status < 200:
            return
        self._forget()
        self._learn(partial(self.search.survived, self._idle))
        self._begin_again()

    def failed(self, key: Key, cause: str) -> None:
        del cause
        if key != self._asking:
            return
        self._forget()
        if self.state is not State.LOST:
            self.state = State.LOST
            self._line.note("flow_lost", {"trunk": self._group}, idle=f"{self._idle:.0f}")
        self._line.timer((self, "quiet"), self.search.bounds.least)

    # --- what may be asked ------------------------------------------------------------------------

    def allowed(self, asked: float) -> float:
        """Seconds to grant to a phone that asks for `asked`: so that it keeps still until the next
        trial and is heard soon after, or, when nothing is tried any more, rarely."""
        if self.state is State.OPEN or self.search.found:
            return min(asked, self._longest)
        wanted = ceil((self.search.interval + SLACK) / (self._share or 1.0))
        if wanted > min(asked, self._longest):
            self._learn(self.search.enough)
        return min(asked, wanted, self._longest)

    def shown(self, now: float) -> dict[str, object]:
        """For operators: the verdict (N9)."""
        search, idle = self.search, self.state is State.OPEN
        return {
            **self.verdict.shown(now),
            "keepalive": None if idle else round(search.interval, 1),
            "binding_life": {
                "at_least": None if idle else round(search.safe, 1),
                "less_than": None if search.too_long is None else round(search.too_long, 1),
                "found": not idle and search.found,
            },
            "reachable": self.state is not State.LOST,
        }

    # --- within -----------------------------------------------------------------------------------

    def _begin_again(self) -> None:
        """It was certainly the phone that was heard now."""
        self._forget()
        self._heard_at = self._line.now
        if self._asks and self.verdict.behind_nat(self.flow.reliable):
            self.state = State.QUIET
            self._line.timer((self, "quiet"), self.search.interval)
        else:
            self.state = State.OPEN
            self._line.timers.clear((self, "quiet"))

    def _was_silent(self) -> bool:
        """It was asked, more than once, and did not answer; a NAT may give the same port again."""
        if self.state is State.ASKING:
            return self._line.now - self._asked_at >= PATIENCE
        return self.state is State.LOST

    def _died(self, idle: float, *, certain: bool) -> None:
        self._learn(partial(self.search.died, idle, certain=certain))

    def _learn(self, lesson: Callable[[], None]) -> None:
        before = self.search.found
        lesson()
        if before or not self.search.found:
            return
        detail = {"interval": f"{self.search.interval:.0f}", "life": f"{self.search.safe:.0f}"}
        self._line.note("nat_life_found", {"trunk": self._group}, **detail)

    def _ask(self) -> None:
        if self.state is State.QUIET:
            self.state = State.ASKING
            self._asked_at = self._line.now
        self._asking = self._line.send(self._options(), self.flow, self)

    def _forget(self) -> None:
        if self._asking is not None:
            self._line.forget(self._asking)
            self._asking = None

    def _options(self) -> Request:
        line = self._line
        fields = [
            ("Via", line.via(self.flow)),
            ("Max-Forwards", "70"),
            ("From", f"<sip:keepalive@anonymous.invalid>;tag={line.tokens.token(16)}"),
            ("To", f"<{self._aor}>"),
            ("Call-ID", line.tokens.token(32)),
            ("CSeq", "1 OPTIONS"),
            ("User-Agent", line.user_agent),
        ]
        return build_request("OPTIONS", self._contact, fields)
