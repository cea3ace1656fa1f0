"""One request on its way through a stateful proxy (RFC 3261 §16.6 to §16.10): its targets are tried
one after the other, and the best answer goes back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sbc.actions import Flow
from sbc.b2bua.wire import GIVE_UP, Wire
from sbc.proxy.best import best
from sbc.proxy.forward import Hop, Way, forwarded, without_top_via
from sbc.proxy.keyed import Keyed
from sbc.sip.message import Request, Response, build_response
from sbc.transaction.events import Key

TIMER_C = 180.0
"""Seconds (§16.6 step 11): so long an INVITE may ring without a word."""
_NOT_ELSEWHERE = frozenset({401, 407, 487})
"""Who asks for credentials is the one who is meant; and a cancelled attempt is over."""


class Forwarding:
    """The owner of its client transactions, one at a time."""

    __slots__ = (
        *("_cancelled", "_done", "_finals", "_hop", "_keyed", "_left", "_over", "_request"),
        *("_way", "_wire", "came", "client", "key"),
    )

    call = None
    trunk = None

    def __init__(
        self,
        wire: Wire,
        keyed: Keyed,
        key: Key,
        request: Request,
        came: Flow,
        way: Way,
        over: Callable[[Forwarding, int], None],
    ) -> None:
        """`over`: told of the final status that went back."""
        self._wire, self._keyed = wire, keyed
        self.key = key
        self._request, self._way = request, way
        self.came = came
        self._left = deque(way.hops)
        self._hop: Hop = way.hops[0]
        self._finals: list[Response] = []
        self._over = over
        self._cancelled = self._done = False
        self.client: Key | None = None

    @property
    def method(self) -> str:
        return self._request.method

    @property
    def to_trunk(self) -> str:
        return self._hop.trunk

    def next(self) -> None:
        """Try the next target."""
        wire, hop = self._wire, self._left.popleft()
        self._hop = hop
        sent_by = hop.listener.sent_by
        branch = f"z9hG4bK{wire.tokens.token(20)}.{self._way.loop}"
        via = f"SIP/2.0/{hop.flow.transport.upper()} {sent_by};branch={branch};rport"
        came = wire.listeners.of(self.came)
        request = forwarded(self._request, self._way, hop, via, came, self._keyed)
        self.client = wire.send(request, hop.flow, self)
        self._watch()

    def cancelled(self) -> None:
        """§16.10. The branch still ends by a response, or in 64·T1."""
        self._cancelled = True
        if self.client is not None:
            self._wire.cancel(self.client, ())

    def timer(self, _name: str) -> None:
        """Timer C."""
        if self.client is not None:
            self._wire.cancel(self.client, ())

    # --- of the branch that is tried --------------------------------------------------------------

    def responded(self, key: Key, response: Response, _flow: Flow) -> None:
        back = without_top_via(response)
        if response.status < 200:
            if not self._done and key == self.client:
                self._watch()
                self._wire.respond(self.key, back)
        elif response.status < 300:
            self._accepted(key, back)
        else:
            self._wire.forget(key)
            self._refused(back)

    def failed(self, key: Key, cause: str) -> None:
        self._wire.forget(key)
        if key == self.client and not self._done:
            self._refused(build_response(self._request, 408 if cause == "timeout" else 503))

    def _accepted(self, key: Key, back: Response) -> None:
        """Of an INVITE each one goes back, and repetitions too (§16.7 step 5)."""
        self._wire.respond(self.key, back)
        if self._done:
            return
        if self.method == "INVITE":
            self._wire.timer(("forget", key), GIVE_UP)
        else:
            self._wire.forget(key)
        self._end(back.status)

    def _refused(self, back: Response) -> None:
        if self._done:
            return
        self._finals.append(back)
        stop = self._cancelled or back.status >= 600 or back.status in _NOT_ELSEWHERE
        if self._left and not stop:
            self.next()
            return
        chosen = best(self._finals)
        assert chosen is not None, "just appended"
        if self._cancelled and chosen.status in {408, 503}:
            chosen = build_response(self._request, 487)
        elif chosen.status == 503:  # §16.7 step 6: it would say that we are overloaded
            chosen.status, chosen.reason = 500, "Server Internal Error"
        if chosen.headers.to.tag is None:
            value = f"{chosen.headers.get('to')};tag={self._wire.tokens.token(16)}"
            chosen.headers.set("to", value)
        self._wire.respond(self.key, chosen)
        self._end(chosen.status)

    def _watch(self) -> None:
        if self.method == "INVITE":
            self._wire.timer((self, "c"), TIMER_C)

    def _end(self, status: int) -> None:
        self._done = True
        self._wire.timers.clear((self, "c"))
        self._over(self, status)
