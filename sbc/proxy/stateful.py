"""One request on its way through a stateful proxy (RFC 3261 §16.6 to §16.10): its targets are tried
one after the other, and the best answer goes back.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from sbc.actions import Flow
from sbc.b2bua.wire import GIVE_UP, Wire
from sbc.proxy.best import best
from sbc.proxy.forward import Hop, Way, forwarded, without_top_via
from sbc.proxy.keyed import Keyed
from sbc.sip.message import Request, Response, build_response
from sbc.transaction.events import Key
from sbc.upstream.accounts import CHALLENGES, Sent

if TYPE_CHECKING:
    from sbc.proxy.calls import Proxied

TIMER_C = 180.0
"""Seconds (§16.6 step 11): so long an INVITE may ring without a word."""
_NOT_ELSEWHERE = frozenset({401, 407, 487})
"""Who asks for credentials is the one who is meant; and a cancelled attempt is over."""
_CREDENTIALS = ("authorization", "proxy-authorization")


class Watcher(Protocol):
    """Whoever keeps the books of what is forwarded."""

    def trying(self, forwarding: Forwarding, hop: Hop) -> None: ...
    def down(self, forwarding: Forwarding, hop: Hop) -> None:
        """It said 503, or nothing at all."""

    def works(self, hop: Hop) -> None: ...
    def refused(self, forwarding: Forwarding, status: int) -> None:
        """The target at hand did; another may be tried."""

    def told(self, forwarding: Forwarding, response: Response) -> None:
        """This goes back."""

    def over(self, forwarding: Forwarding, status: int) -> None:
        """With this final answer."""


class Forwarding:
    """The owner of its client transactions: one at a time, and those that kept silent."""

    __slots__ = (
        *("_began", "_done", "_finals", "_hop", "_keyed", "_left", "_request", "_sent", "_silent"),
        *("_watcher", "_way", "_wire", "booked", "came", "cancelled_by_caller", "client", "key"),
    )

    call = None

    def __init__(
        self,
        wire: Wire,
        keyed: Keyed,
        key: Key,
        request: Request,
        came: Flow,
        way: Way,
        watcher: Watcher,
    ) -> None:
        self._wire, self._keyed = wire, keyed
        self.key = key
        self._request, self._way = request, way
        self.came = came
        self._left = deque(way.hops)
        self._hop: Hop = way.hops[0]
        self._finals: list[Response] = []
        self._watcher = watcher
        self._began = wire.now
        self._done = False
        self.cancelled_by_caller = False
        self.client: Key | None = None
        self._silent: set[Key] = set()
        """Given up, since they said nothing; one may still accept."""
        self.booked: Proxied | None = None
        """The call that it begins."""

    @property
    def method(self) -> str:
        return self._request.method

    @property
    def to_trunk(self) -> str:
        return self._hop.trunk

    @property
    def trunk(self) -> str | None:
        """Our account there stands for the request, unless it brings credentials of its own."""
        own = any(self._request.headers.has(name) for name in _CREDENTIALS)
        return None if own or self._hop.trunk not in self._wire.accounts.accounts else self.to_trunk

    def next(self) -> None:
        """Try the next target."""
        wire, hop = self._wire, self._left.popleft()
        self._hop = hop
        came = wire.listeners.of(self.came)
        request = forwarded(self._request, self._way, hop, self._via(), came, self._keyed)
        self._sent = Sent(request)
        self._watcher.trying(self, hop)
        self.client = wire.send(request, hop.flow, self)
        self._watch()
        if self._left:
            wire.timer((self, "silence"), self._way.failover.no_answer_after)

    def _via(self) -> str:
        """Ours; the loop that it names is known again."""
        hop, wire = self._hop, self._wire
        branch = f"z9hG4bK{wire.tokens.token(20)}.{self._way.loop}"
        shown = hop.listener.sent_by
        return f"SIP/2.0/{hop.flow.transport.upper()} {shown};branch={branch};rport"

    def cancelled(self) -> None:
        """§16.10. The branch still ends by a response, or in 64·T1."""
        self.cancelled_by_caller = True
        if self.client is not None:
            self._wire.cancel(self.client, ())

    def timer(self, name: str) -> None:
        if self.client is None or self._done:
            return
        if name == "c":
            self._wire.cancel(self.client, ())
        elif self._wire.layer.is_silent(self.client):
            self._give_up(self.client)

    def _give_up(self, key: Key) -> None:
        """It has not said a word while there are others (RFC 3263 §4.3)."""
        self._silent.add(key)
        self._wire.cancel(key, ())
        self._watcher.down(self, self._hop)
        self._refused(build_response(self._request, 408))

    # --- of the branch that is tried --------------------------------------------------------------

    def responded(self, key: Key, response: Response, _flow: Flow) -> None:
        status = response.status
        if status in CHALLENGES and self._answered_challenge(key, response):
            return
        back = without_top_via(response)
        if key == self.client and status != 503:
            self._watcher.works(self._hop)
        if status < 200:
            if not self._done and key == self.client:
                self._watch()
                self._tell(back)
        elif status < 300:
            self._accepted(key, back)
        else:
            self._wire.forget(key)
            if key == self.client and not self._done:
                if status == 503:
                    self._watcher.down(self, self._hop)
                self._refused(back)

    def _answered_challenge(self, key: Key, response: Response) -> bool:
        """By our account with that trunk, in the same place of the dialog's order: the number is
        the caller's (§22.3 knows no other way for who does not own it)."""
        if key != self.client or self._done or self.trunk is None or self.cancelled_by_caller:
            return False
        below = self._sent.request.headers.elements("via")[1:]
        via = ", ".join([self._via(), *below])
        number = self._request.headers.cseq.number
        found = self._wire.answer_challenge(key, self._sent, response, self._hop.flow, number, via)
        if found is None:
            return False
        self.client, self._sent = found
        self._watch()
        return True

    def failed(self, key: Key, cause: str) -> None:
        self._wire.forget(key)
        if key == self.client and not self._done:
            self._watcher.down(self, self._hop)
            self._refused(build_response(self._request, 408 if cause == "timeout" else 503))

    def _accepted(self, key: Key, back: Response) -> None:
        """Of an INVITE each one goes back, and repetitions too (§16.7 step 5)."""
        self._tell(back)
        if self.method == "INVITE":
            self._wire.timer(("forget", key), GIVE_UP)
        else:
            self._wire.forget(key)
        if self._done:
            return
        if key != self.client and self.client is not None:
            self._wire.cancel(self.client, ())  # step 10: another one was faster after all
        self._end(back.status)

    def _refused(self, back: Response) -> None:
        self._watcher.refused(self, back.status)
        self._finals.append(back)
        stop = (
            self.cancelled_by_caller
            or back.status >= 600
            or back.status in _NOT_ELSEWHERE
            or self._wire.now - self._began > self._way.failover.setup_budget
        )
        if self._left and not stop:
            self.next()
            return
        chosen = best(self._finals)
        assert chosen is not None, "just appended"
        if self.cancelled_by_caller and chosen.status in {408, 503}:
            chosen = build_response(self._request, 487)
        elif chosen.status == 503:  # §16.7 step 6: it would say that we are overloaded
            chosen.status, chosen.reason = 500, "Server Internal Error"
        if chosen.headers.to.tag is None:
            value = f"{chosen.headers.get('to')};tag={self._wire.tokens.token(16)}"
            chosen.headers.set("to", value)
        self._tell(chosen)
        self._end(chosen.status)

    def _tell(self, response: Response) -> None:
        self._wire.respond(self.key, response)
        self._watcher.told(self, response)

    def _watch(self) -> None:
        if self.method == "INVITE":
            self._wire.timer((self, "c"), TIMER_C)

    def _end(self, status: int) -> None:
        self._done = True
        for name in ("c", "silence"):
            self._wire.timers.clear((self, name))
        self._watcher.over(self, status)
