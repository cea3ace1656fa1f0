"""One registration of ours with a trunk: REGISTER out, refreshed in time, ended when we end
(RFC 3261 §10.2; delays after failures as in RFC 5626 §4.5).

What happens when is in `figure`; here is what each effect does, and what an answer means.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from hashlib import blake2b
from typing import Protocol

from config.effective import Terms
from sbc.actions import Flow
from sbc.routing.targets import Target, Targets
from sbc.sip.errors import BadMessage
from sbc.sip.grammar import number
from sbc.sip.host import format_host
from sbc.sip.message import Request, Response, build_request
from sbc.sip.uri import Uri
from sbc.timers import Timers
from sbc.tokens import Tokens
from sbc.transaction.events import Key
from sbc.upstream.accounts import CHALLENGES, Sent
from sbc.upstream.figure import TABLE, Do, On, State

REFRESH = (0.5, 0.9)
"""Part of the granted time after which it is asked for again; spread, so that what began together
does not stay together."""
BASE, LONGEST = 30.0, 1800.0
"""Seconds: `base-time` and `max-time` of RFC 5626 §4.5."""
MOST_RETRY_AFTER = 3600.0
MOST_EXPIRES = 86_400
LOST = 1.0
"""Seconds after its connection was lost until it is asked for on a new one."""
_UNAVAILABLE = frozenset({408, 500, 502, 503, 504})
_SHOWN = {
    State.UNREGISTERED: "unregistered",
    State.REGISTERING: "registering",
    State.WAITING: "waiting",
    State.ABANDONING: "ending",
    State.LEAVING: "ending",
    State.GONE: "unregistered",
}


class Asking(Protocol):
    """Whoever sends a request that belongs to no call."""

    call: None

    @property
    def trunk(self) -> str | None: ...
    def responded(self, key: Key, response: Response, flow: Flow) -> None: ...
    def failed(self, key: Key, cause: str) -> None: ...


class Line(Protocol):
    """As much of the wire as a registration uses."""

    now: float
    tokens: Tokens
    timers: Timers
    user_agent: str

    def via(self, flow: Flow) -> str: ...
    def send(self, request: Request, flow: Flow, owner: Asking) -> Key: ...
    def answer_challenge(
        self, key: Key, sent: Sent, response: Response, flow: Flow, cseq: int
    ) -> tuple[Key, Sent] | None: ...
    def forget(self, key: Key) -> None: ...
    def timer(self, key: Hashable, after: float) -> None: ...
    def note(self, event: str, labels: dict[str, str], **detail: str) -> None: ...


@lru_cache(maxsize=1024)
def contact_user(node: str, trunk: str) -> str:
    """The user of our Contact: the same after a restart, so that no old binding stays behind, and
    no number that anybody could call."""
    return blake2b(f"{node}\n{trunk}".encode(), digest_size=6).hexdigest()


class Registration:
    call = None
    """It belongs to no call."""

    def __init__(self, line: Line, terms: Terms, targets: Targets, contact: str) -> None:
        assert terms.register is not None
        self.trunk = terms.name
        self.state = State.UNREGISTERED
        self.contact = contact
        """The user of our Contact there."""
        self.expires_at: float | None = None
        """Until when it is granted; None: it is not."""
        self.last_status: int | None = None
        """The trunk's last final answer, 408 or 503 where there was none."""
        self.failures = 0
        """In a row."""
        self._line = line
        self._terms = terms
        self._targets = targets
        self._user = terms.register.user or (terms.auth.user if terms.auth else "")
        self._wanted = int(terms.register.expires)
        self._expires = self._wanted
        self._untried: list[Target] = []
        self._target: Target | None = None
        """The endpoint at hand."""
        self._call_id = line.tokens.token(32)
        self._tag = line.tokens.token(16)
        self._cseq = 0
        self._asking: tuple[Key, Sent] | None = None
        self._retry_after = 0.0

    # --- inputs -----------------------------------------------------------------------------------

    def start(self) -> None:
        self._handle(On.START)

    def stop(self) -> None:
        self._handle(On.STOP)

    def lost(self, flow: Flow) -> None:
        """A connection was lost. Calls come to us on it, perhaps: a new one is wanted."""
        if self.state is State.REGISTERED and self._target and self._target.flow == flow:
            self._line.timer((self, "due"), LOST)

    def timer(self, name: str) -> None:
        if name == "due":
            self._handle(On.DUE)
        else:
            self._lapsed("nobody refreshed it in time")

    def responded(self, key: Key, response: Response, flow: Flow) -> None:
        del flow
        if response.status < 200 or self._asking is None or self._asking[0] != key:
            return
        if response.status in CHALLENGES and self._answered_challenge(response):
            return
        self._settle(key, response.status)
        self._handle(self._meant(response))

    def failed(self, key: Key, cause: str) -> None:
        if self._asking is None or self._asking[0] != key:
            return
        self._settle(key, 408 if cause == "timeout" else 503)
        self._handle(On.UNAVAILABLE if self._untried else On.REFUSED)

    # --- what may be asked ------------------------------------------------------------------------

    @property
    def registered(self) -> bool:
        return self.expires_at is not None and self.expires_at > self._line.now

    def shown(self, now: float) -> dict[str, object]:
        """For operators."""
        granted = self.expires_at is not None and self.expires_at > now
        return {
            "state": "registered" if granted else _SHOWN.get(self.state, "unregistered"),
            "expires_in": round(self.expires_at - now) if granted and self.expires_at else None,
            "endpoint": str(self._target.uri) if self._target else None,
            "status": self.last_status,
            "failures": self.failures,
        }

    # --- what an answer means ---------------------------------------------------------------------

    def _meant(self, response: Response) -> On:
        status = response.status
        self._retry_after = _seconds(response, "retry-after")
        if status < 300:
            granted = self._granted(response)
            self.expires_at = self._line.now + granted if granted else None
            return On.GRANTED if granted or self.state is State.LEAVING else On.REFUSED
        if status == 423:
            least = _seconds(response, "min-expires")
            if self._expires < least <= MOST_EXPIRES and self.state is not State.LEAVING:
                self._expires = int(least)
                return On.TOO_BRIEF
        return On.UNAVAILABLE if status in _UNAVAILABLE and self._untried else On.REFUSED

    def _granted(self, response: Response) -> int:
        """Seconds: of our Contact among those listed, else of all (RFC 3261 §10.2.4)."""
        headers = response.headers
        try:
            granted = headers.expires
            for contact in headers.contacts:
                own = contact.param("expires")
                if own is not None and Uri.parse(contact.uri).user == self.contact:
                    granted = number(own, 2**32 - 1, "expires")
        except BadMessage:
            granted = None
        return min(self._expires if granted is None else granted, MOST_EXPIRES)

    def _settle(self, key: Key, status: int) -> None:
        self._asking = None
        self.last_status = status
        self._line.forget(key)

    # --- effects ----------------------------------------------------------------------------------

    def _handle(self, on: On) -> None:
        row = TABLE[self.state].get(on)
        if row is None:
            return  # too late
        before, self.state = self.state, row.state
        for effect in row.effects:
            match effect:
                case Do.ASK:
                    self._ask(on)
                case Do.HOLD:
                    self._hold(first=before is State.REGISTERING)
                case Do.WAIT:
                    self._wait()
                case Do.LEAVE:
                    self._send(0)
                case Do.REST:
                    self._line.timers.clear((self, "due"))
                    self._line.timers.clear((self, "lapse"))
        if self.state is State.GONE:
            self._lapsed("the border ended it")

    def _ask(self, on: On) -> None:
        if on is not On.TOO_BRIEF:
            self._choose_target(again=on is On.UNAVAILABLE)
        if self._target is None:
            self.last_status = 503  # its name is not known, or leads nowhere
            self._handle(On.REFUSED)
            return
        self._send(self._expires)

    def _choose_target(self, *, again: bool) -> None:
        """That which granted it last; then each of the others, in their order."""
        if not again:
            kept = [self._target] if self._target and self.registered else []
            self._untried = [
                *kept,
                *(t for t in self._targets.of(self.trunk, self._line.now) if t not in kept),
            ]
        self._target = self._untried.pop(0) if self._untried else None

    def _hold(self, *, first: bool) -> None:
        line = self._line
        assert self.expires_at is not None
        self.failures = 0
        granted = self.expires_at - line.now
        line.timer((self, "due"), granted * self._between(*REFRESH))
        line.timer((self, "lapse"), granted)
        if first:
            line.note("trunk_registered", {"trunk": self.trunk}, expires=f"{granted:.0f}")

    def _wait(self) -> None:
        self.failures += 1
        self._untried = []
        if not self.registered:
            self._target = None
        longest = min(LONGEST, BASE * 2.0 ** min(self.failures, 16))
        delay = max(longest * self._between(0.5, 1.0), min(self._retry_after, MOST_RETRY_AFTER))
        self._line.timer((self, "due"), delay)
        labels = {"trunk": self.trunk, "status": str(self.last_status)}
        self._line.note("trunk_register_failed", labels, again_in=f"{delay:.0f}")

    def _lapsed(self, why: str) -> None:
        if self.expires_at is not None:
            self.expires_at = None
            self._line.timers.clear((self, "lapse"))
            self._line.note("trunk_unregistered", {"trunk": self.trunk}, why=why)

    def _between(self, low: float, high: float) -> float:
        return low + (high - low) * self._line.tokens.number(1000) / 1000

    # --- messages ---------------------------------------------------------------------------------

    def _send(self, expires: int) -> None:
        assert self._target is not None
        self._cseq += 1
        request = self._request(self._target, expires)
        self._asking = (self._line.send(request, self._target.flow, self), Sent(request))

    def _request(self, target: Target, expires: int) -> Request:
        host = self._terms.domain or format_host(target.uri.host)
        port = f":{target.uri.port}" if target.uri.port and not self._terms.domain else ""
        address = f"<sip:{self._user}@{host}>"
        fields = [
            ("Via", self._line.via(target.flow)),
            ("Max-Forwards", "70"),
            ("From", f"{address};tag={self._tag}"),
            ("To", address),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._cseq} REGISTER"),
            ("Contact", f"{target.listener.contact(self.contact)};expires={expires}"),
            ("Expires", str(expires)),
            ("User-Agent", self._line.user_agent),
        ]
        return build_request("REGISTER", f"sip:{host}{port}", fields)

    def _answered_challenge(self, response: Response) -> bool:
        assert self._asking is not None
        assert self._target is not None
        key, sent = self._asking
        again = self._line.answer_challenge(key, sent, response, self._target.flow, self._cseq + 1)
        if again is None:
            return False
        self._cseq += 1
        self._asking = again
        return True


def _seconds(response: Response, name: str) -> float:
    """Of Min-Expires, or of Retry-After, which may have a comment behind it; 0 without one."""
    text = (response.headers.get(name) or "").partition("(")[0].partition(";")[0].strip()
    try:
        return float(number(text, 2**32 - 1, name))
    except BadMessage:
        return 0.0
