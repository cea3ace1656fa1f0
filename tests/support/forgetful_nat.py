"""A NAT between one phone and the border, in virtual time: it forgets a flow on which nothing came
from inside for a while, and then lets nothing in (RFC 4787 §4.3, §5).

The phone behind it registers as phones do: again after a part of what it was granted. It answers
OPTIONS and rings when it is called. Nobody else acts on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from sbc.actions import Flow
from sbc.sip.message import Request, Response
from tests.support.access_phone import AccessPhone
from tests.support.border import Border, Message
from tests.support.messages import ANSWER, answer

PUBLIC = "192.0.2.77"
_PORTS = count(42_000)


@dataclass
class ForgetfulNat:
    life: float
    """Seconds."""
    preserving: bool = False
    """It gives the same port again."""
    port: int = 0
    used: float = -1e9
    """When something came from inside last."""

    def outward(self, now: float) -> int:
        """The public port."""
        if now - self.used > self.life and not (self.preserving and self.port):
            self.port = next(_PORTS)
        self.used = now
        return self.port

    def lets_in(self, port: int, now: float) -> bool:
        return port == self.port and now - self.used <= self.life


@dataclass
class NattedPhone:
    border: Border
    nat: ForgetfulNat
    user: str = "anna"
    share: float = 0.9
    """Part of what it was granted after which it registers again."""
    asks: int = 3600
    answers_options: bool = True
    rings: bool = True
    phone: AccessPhone = field(init=False)
    registered: list[float] = field(default_factory=list)
    """When it has."""
    granted: list[int] = field(default_factory=list)
    heard: list[Request] = field(default_factory=list)
    """What came to it but OPTIONS, copies left out."""
    options: list[float] = field(default_factory=list)
    aside: list[tuple[Flow, Message]] = field(default_factory=list)
    due: float = 0.0
    off: bool = False
    """Without power."""

    def __post_init__(self) -> None:
        self.phone = AccessPhone(self.border, self.user)
        self.phone.between = self._set_aside
        self.due = self.border.now

    def _set_aside(self) -> None:
        """Requests that came together with the answer to a REGISTER."""
        self.aside += [pair for pair in self.border.out if isinstance(pair[1], Request)]
        self.border.out = [pair for pair in self.border.out if not isinstance(pair[1], Request)]

    def run(self, until: float) -> None:
        """Time passes, in steps that no NAT notices."""
        border = self.border
        while border.now < until:
            if not self.off and border.now >= self.due:
                self._register()
            self._deliver()
            deadline = border.core.next_deadline()
            steps = [until, border.now + 5.0, *([] if self.off else [self.due])]
            if deadline is not None:
                steps.append(max(deadline, border.now + 0.001))
            border.wait(min(steps) - border.now)
        self._deliver()

    def say(self, data: bytes) -> None:
        """From inside."""
        self._pass_nat()
        self.border.receive(data, self.phone.flow)

    def _register(self) -> None:
        self._pass_nat()
        assert self.phone.register(self.asks) == 200
        (contact,) = self.phone.answer.headers.contacts
        seconds = int(contact.param("expires") or 0)
        self.registered.append(self.border.now)
        self.granted.append(seconds)
        self.due = self.border.now + seconds * self.share

    def _pass_nat(self) -> None:
        self.phone.flow = Flow("wan", "udp", (PUBLIC, self.nat.outward(self.border.now)))

    def _deliver(self) -> None:
        self.border.out = [*self.aside, *self.border.out]
        self.aside = []
        mine = [pair for pair in self.border.out if pair[0].remote[0] == PUBLIC]
        self.border.out = [pair for pair in self.border.out if pair[0].remote[0] != PUBLIC]
        for flow, message in mine:
            if not self.off and self.nat.lets_in(flow.remote[1], self.border.now):
                self._received(message)

    def _received(self, message: Request | Response) -> None:
        if isinstance(message, Response):
            return
        if message.method == "OPTIONS":
            self.options.append(self.border.now)
            if self.answers_options:
                self.say(answer(message, 200, contact=self.phone.contact))
        elif message.headers.via.branch not in {each.headers.via.branch for each in self.heard}:
            self.heard.append(message)
            if message.method == "INVITE" and self.rings:
                self.say(answer(message, 180, contact=self.phone.contact))
            elif message.method == "BYE":
                self.say(answer(message, 200, contact=self.phone.contact))

    def pick_up(self) -> None:
        """Answer the last INVITE."""
        ringing = [each for each in self.heard if each.method == "INVITE"][-1]
        self.say(answer(ringing, 200, body=ANSWER, contact=self.phone.contact))
