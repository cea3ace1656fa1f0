"""Calls that a stateful proxy lets through: counted, limited and recorded (P1, S16).

It sees INVITE, answer and, since it records itself, BYE; but it cannot end a call. One whose BYE
never comes counts no longer than `limits.max_duration`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sbc.actions import Flow, Journal
from sbc.b2bua.call import Shared
from sbc.b2bua.causes import CANCELLED, NORMAL, SHUTDOWN, Cause
from sbc.b2bua.identity import user_of
from sbc.b2bua.record import Bare, Record, bare_record
from sbc.policy.chain import Reject
from sbc.proxy.forward import Hop, Way
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response
from sbc.sip.uri import Uri

FULL = Reject(503, "trunk is full", (("Retry-After", "5"),))
UNSEEN = Cause(200, "No BYE came this way", 31)


@dataclass(slots=True)
class Proxied:
    """One call."""

    uid: str
    route: str
    zone: str
    trunk: str
    came: Flow
    caller: str
    called: str
    call_id: str
    caller_tag: str
    invite: float
    to_trunk: str = ""
    hop: Hop | None = None
    callee_tag: str | None = None
    ringing: float | None = None
    answered: float | None = None
    attempts: list[tuple[str, str, int | None]] = field(default_factory=list)
    """Trunk, endpoint and final answer of each target that was tried."""

    @property
    def trunks(self) -> tuple[str, ...]:
        return (self.trunk, self.to_trunk) if self.to_trunk else (self.trunk,)

    @property
    def dialog(self) -> tuple[str, frozenset[str]]:
        return self.call_id, frozenset((self.caller_tag, self.callee_tag or ""))


class Calls:
    def __init__(self, shared: Shared, in_use: Counter[str | tuple[str, str]]) -> None:
        """`in_use`: calls from each trunk, those of the back-to-back user agent too."""
        self._shared = shared
        self._wire = shared.wire
        self._in_use = in_use
        self.live: dict[str, Proxied] = {}
        self._up: dict[tuple[str, frozenset[str]], Proxied] = {}

    def admit(self, request: Request, flow: Flow, trunk: str, way: Way) -> Proxied | Reject:
        """A new INVITE; refused, it has its record as well."""
        call = self._of(request, flow, trunk, way)
        terms = self._shared.terms[trunk]
        most = terms.limits.calls
        if most is not None and self._in_use[trunk] >= most:
            self._record("cdr", call, self._wire.now, "border", Cause(FULL.status, FULL.why))
            return FULL
        self.live[call.uid] = call
        self._in_use[trunk] += 1
        self._record("start", call)
        return call

    def tried(self, call: Proxied, hop: Hop) -> None:
        call.hop, call.to_trunk = hop, hop.trunk
        call.attempts.append((hop.trunk, str(hop.uri or hop.flow.remote[0]), None))

    def refused_by(self, call: Proxied, status: int) -> None:
        """The target at hand has given this final answer, or none (408, 503)."""
        if call.attempts:
            trunk, endpoint, _ = call.attempts[-1]
            call.attempts[-1] = (trunk, endpoint, status)

    def told(self, call: Proxied, response: Response, *, cancelled: bool) -> None:
        """What goes back to the caller."""
        now, status = self._wire.now, response.status
        if call.uid not in self.live or call.answered is not None:
            return
        if status < 200:
            if status > 100 and call.ringing is None:
                call.ringing = now
        elif status < 300:
            self.refused_by(call, status)
            call.answered, call.callee_tag = now, response.headers.to.tag
            self._up[call.dialog] = call
            longest = self._shared.terms[call.trunk].limits.max_duration
            self._wire.timer((self, call.uid), longest)
        elif cancelled:
            self._end(call, "caller", CANCELLED)
        else:
            self._end(call, "callee", Cause(status, "Refused"))

    def hung_up(self, request: Request) -> None:
        """A BYE goes by."""
        headers = request.headers
        from_tag = headers.from_.tag or ""
        call = self._up.get((headers.call_id, frozenset((from_tag, headers.to.tag or ""))))
        if call is not None:
            self._end(call, "caller" if from_tag == call.caller_tag else "callee", NORMAL)

    def timer(self, uid: str) -> None:
        call = self.live.get(uid)
        if call is not None:
            self._end(call, "border", UNSEEN)

    def stop(self) -> None:
        """The border ends; the calls go on without it."""
        for call in list(self.live.values()):
            if call.answered is not None:
                self._end(call, "border", SHUTDOWN)

    def fault(self, call: Proxied) -> None:
        self._end(call, "border", Cause(500, "A fault of the border"))

    def shown(self, now: float) -> list[Record]:
        return [bare_record(self._shared, self._bare(call), now) for call in self.live.values()]

    def _of(self, request: Request, flow: Flow, trunk: str, way: Way) -> Proxied:
        headers = request.headers
        return Proxied(
            uid=self._wire.tokens.token(16),
            route=way.route,
            zone=self._shared.terms[trunk].zone,
            trunk=trunk,
            came=flow,
            caller=_user(headers.from_.uri),
            called=_user(way.uri),
            call_id=headers.call_id,
            caller_tag=headers.from_.tag or "",
            invite=self._wire.now,
        )

    def _end(self, call: Proxied, by: str, cause: Cause) -> None:
        if self.live.pop(call.uid, None) is None:
            return
        self._in_use[call.trunk] -= 1
        self._wire.timers.clear((self, call.uid))
        if self._up.get(call.dialog) is call:
            del self._up[call.dialog]
        self._record("cdr", call, self._wire.now, by, cause)

    def _record(
        self,
        kind: str,
        call: Proxied,
        ended: float | None = None,
        by: str | None = None,
        cause: Cause | None = None,
    ) -> None:
        record = bare_record(self._shared, self._bare(call, ended, by, cause), self._wire.now)
        self._wire.actions.append(Journal("cdr" if kind == "cdr" else "start", call.uid, record))

    def _bare(
        self,
        call: Proxied,
        ended: float | None = None,
        by: str | None = None,
        cause: Cause | None = None,
    ) -> Bare:
        hop = call.hop
        far = None if hop is None else _leg(call, hop.listener.zone, hop.trunk, hop.flow)
        return Bare(
            uid=call.uid,
            route=call.route,
            caller=call.caller,
            called=call.called,
            times=(call.invite, call.ringing, call.answered, ended),
            ended_by=by,
            cause=cause,
            attempts=tuple(call.attempts),
            a=_leg(call, call.zone, call.trunk, call.came),
            b=far,
        )


def _leg(call: Proxied, zone: str, trunk: str, flow: Flow) -> Record:
    """Both legs have the names of the ends themselves."""
    near = flow is call.came
    mine, theirs = call.caller_tag, call.callee_tag
    return {
        "zone": zone,
        "trunk": trunk,
        "user": None,
        "interface": flow.interface,
        "transport": flow.transport,
        "remote": f"{flow.remote[0]}:{flow.remote[1]}",
        "call_id": call.call_id,
        "local_tag": theirs if near else mine,
        "remote_tag": mine if near else theirs,
        "user_agent": None,
        "reason": {"heard": None, "told": None},
    }


def _user(text: str) -> str:
    try:
        return user_of(Uri.parse(text))
    except BadMessage:
        return ""
