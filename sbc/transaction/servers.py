"""Server transactions (RFC 3261 §17.2): requests in, responses out; and refusals without state."""

from collections.abc import Sequence

from sbc.actions import Flow, Transmit
from sbc.sip.errors import BadMessage
from sbc.sip.limits import Limits
from sbc.sip.message import Request, Response, build_response, parse
from sbc.timers import Timers
from sbc.transaction import invite_server, non_invite_server
from sbc.transaction.events import AckReceived, Cancelled, Key, Output, RequestReceived
from sbc.transaction.flows import FlowIndex
from sbc.transaction.keys import merge_key, response_flow, server_key, stateless_tag
from sbc.transaction.machine import Figure, Machine
from sbc.transaction.table import Do, Event, On, State

# By whether the transport is reliable.
_INVITE = {
    reliable: Figure(invite_server.TABLE, invite_server.TIMERS, delays).plan()
    for reliable, delays in ((True, invite_server.RELIABLE), (False, invite_server.UNRELIABLE))
}
_OTHER = {
    reliable: Figure(non_invite_server.TABLE, non_invite_server.TIMERS, delays).plan()
    for reliable, delays in (
        (True, non_invite_server.RELIABLE),
        (False, non_invite_server.UNRELIABLE),
    )
}

Fields = Sequence[tuple[str, str]]

RETRY_AFTER = 5
"""Seconds that we ask for when the table is full."""


MOST_BYTES = 256 << 20
"""Of answers kept for repetitions. An answer copies what its request brought of Via and such, up to
64 kB; a hundred thousand of those would be all the memory there is."""

_OURS = Limits(2**31, 2**31, 2**31, 2**31)
"""For reading what we wrote ourselves: whatever a zone lets in, we can echo."""


class ServerTransaction:
    __slots__ = (
        "attempt",
        "data",
        "flow",
        "invite",
        "key",
        "machine",
        "merge",
        "reply_to",
        "request",
    )

    def __init__(
        self, key: Key, machine: Machine, request: Request, flow: Flow, reply_to: Flow
    ) -> None:
        self.key = key
        self.invite = request.method == "INVITE"
        self.machine = machine
        self.request: Request | None = request
        """Let go with the first response of ours."""
        self.flow = flow
        self.reply_to = reply_to
        self.attempt = _attempt(request) if self.invite else None
        self.merge: Key | None = None
        self.data: bytes | None = None
        """The last response, for when the request comes again."""


class Servers:
    __slots__ = (
        "_flows",
        "_kept",
        "_live",
        "_merge",
        "_most",
        "_most_bytes",
        "_timers",
        "merged",
        "refused",
    )

    def __init__(self, timers: Timers, most: int, most_bytes: int = MOST_BYTES) -> None:
        self._timers = timers
        self._most, self._most_bytes = most, most_bytes
        self._live: dict[Key, ServerTransaction] = {}
        self._merge: dict[Key, Key] = {}
        self._flows = FlowIndex()
        self._kept = 0
        """Bytes of all answers that are kept."""
        self.refused = 0
        """Requests answered 503 because the table was full."""
        self.merged = 0
        """Requests answered 482 because they had come by another way."""

    def __len__(self) -> int:
        return len(self._live)

    def receive(self, request: Request, flow: Flow, now: float) -> list[Output]:
        method = request.method
        if method == "ACK":
            return self._ack(request, flow, now)
        if method == "CANCEL":
            return self._cancel(request, flow, now)
        key = server_key(request, method, flow.interface)
        found = self._live.get(key)
        if found is not None:
            return self._handle(found, On.REQUEST, now)
        return self._begin(key, request, flow, now)

    def knows(self, request: Request, flow: Flow) -> bool:
        method = "INVITE" if request.method in {"CANCEL", "ACK"} else request.method
        return server_key(request, method, flow.interface) in self._live

    def respond(self, key: Key, response: Response, now: float) -> list[Output]:
        found = self._live.get(key)
        if found is None:
            return []
        event = _event(found, response.status)
        if event is On.SILENCE:
            self._keep(found, None)  # a late 100 is not repeated either
        return self._handle(found, event, now, response)

    def refuse(self, request: Request, flow: Flow, status: int, fields: Fields) -> list[Output]:
        if request.method == "ACK":
            return []
        try:
            method = "INVITE" if request.method == "CANCEL" else request.method
            key = server_key(request, method, flow.interface)
            return [_stateless(request, status, key, _note_source(request, flow), fields)]
        except BadMessage:
            return []  # without a readable Via there is nobody to answer

    def transport_failed(self, flow: Flow, now: float) -> list[Output]:
        return [
            output
            for key in self._flows.on(flow)
            for output in self.on_event(key, On.TRANSPORT_ERROR, now)
        ]

    def on_event(self, key: Key, event: Event, now: float) -> list[Output]:
        """A timer fired, or the transport failed."""
        found = self._live.get(key)
        return [] if found is None else self._handle(found, event, now)

    def _begin(self, key: Key, request: Request, flow: Flow, now: float) -> list[Output]:
        reply_to = _note_source(request, flow)
        merge = merge_key(request, flow.interface)
        # In-dialog requests have some room of their own: a flood of new ones must not stop a BYE.
        quarters = 4 if merge is not None else 5
        if (
            len(self._live) >= self._most * quarters // 4
            or self._kept >= self._most_bytes * quarters // 4
        ):
            self.refused += 1
            retry = [("Retry-After", str(RETRY_AFTER))]
            return [_stateless(request, 503, key, reply_to, retry)]
        if merge is not None:
            if merge in self._merge:
                self.merged += 1
                return [_stateless(request, 482, key, reply_to)]
            self._merge[merge] = key
        plan = (_INVITE if request.method == "INVITE" else _OTHER)[flow.reliable]
        machine = Machine(plan, key, self._timers, now)
        found = ServerTransaction(key, machine, request, flow, reply_to)
        found.merge = merge
        self._live[key] = found
        self._flows.add(flow, key)
        received = RequestReceived(key, request, flow)
        # The 100 at once: whatever the TU waits for, the client stops repeating itself.
        return [*self._trying(found), received] if found.invite else [received]

    def _ack(self, request: Request, flow: Flow, now: float) -> list[Output]:
        key = server_key(request, "INVITE", flow.interface)
        found = self._live.get(key)
        if found is None:
            if request.headers.to.tag == stateless_tag(key):
                return []  # for a refusal of ours that left no state
            return [AckReceived(request, flow)]
        if Do.PASS_UP in found.machine.handle(On.ACK, now):
            return [AckReceived(request, flow)]
        self._forget_if_over(found)
        return []

    def _cancel(self, request: Request, flow: Flow, now: float) -> list[Output]:
        """Answered without state: a repeated CANCEL gets the same answer again (§9.2)."""
        key = server_key(request, "INVITE", flow.interface)
        reply_to = _note_source(request, flow)
        found = self._live.get(key)
        if found is None or found.attempt != _attempt(request):
            return [_stateless(request, 481, key, reply_to)]
        tag = _tag_of(found) or stateless_tag(key)
        ok = Transmit(build_response(request, 200, to_tag=tag).encode(), reply_to)
        if Do.REPORT_CANCEL in found.machine.handle(On.CANCEL, now):
            return [ok, Cancelled(key, tuple(request.headers.all("reason")))]
        return [ok]

    def _handle(
        self,
        found: ServerTransaction,
        event: Event,
        now: float,
        response: Response | None = None,
    ) -> list[Output]:
        outputs: list[Output] = []
        for effect in found.machine.handle(event, now):
            if effect is Do.SEND_TRYING:
                outputs += self._trying(found)
            elif effect is Do.SEND and response is not None:
                outputs += self._sent(found, response)
            elif found.data is not None:  # nothing to repeat before or without an answer
                outputs.append(Transmit(found.data, found.reply_to))
        self._forget_if_over(found)
        return outputs

    def _forget_if_over(self, found: ServerTransaction) -> None:
        if found.machine.state is State.TERMINATED:
            del self._live[found.key]
            self._keep(found, None)
            self._flows.discard(found.flow, found.key)
            if found.merge is not None:
                del self._merge[found.merge]

    def _trying(self, found: ServerTransaction) -> list[Output]:
        request = found.request
        return self._sent(found, build_response(request, 100)) if request is not None else []

    def _sent(self, found: ServerTransaction, response: Response) -> list[Output]:
        data = response.encode()
        self._keep(found, data)
        found.request = None
        return [Transmit(data, found.reply_to)]

    def _keep(self, found: ServerTransaction, data: bytes | None) -> None:
        self._kept += len(data or b"") - len(found.data or b"")
        found.data = data


def _attempt(request: Request) -> tuple[str, str, int]:
    """What a CANCEL has from its INVITE besides the branch (§9.1), which may be easy to guess."""
    headers = request.headers
    return headers.call_id, headers.from_.tag or "", headers.cseq.number


def _event(found: ServerTransaction, status: int) -> On:
    if status < 200:
        return On.PROVISIONAL
    if status < 300:
        return On.SUCCESS
    # RFC 4320 §4.2: by the time that we know of a timeout the client has given up too.
    return On.SILENCE if status == 408 and not found.invite else On.FAILURE


def _note_source(request: Request, flow: Flow) -> Flow:
    """Write `received` and `rport` (§18.2.1, RFC 3581 §4); returns where the answer goes."""
    via = request.headers.via
    noted = via.with_source(*flow.remote)
    if noted is not via:
        request.headers.replace_top_via(noted)
    return response_flow(via, flow)


def _stateless(
    request: Request,
    status: int,
    key: Key,
    reply_to: Flow,
    fields: Fields = (),
) -> Transmit:
    answer = build_response(request, status, fields=fields, to_tag=stateless_tag(key))
    return Transmit(answer.encode(), reply_to)


def _tag_of(found: ServerTransaction) -> str | None:
    """§9.2: the 200 for a CANCEL should have the To tag of the INVITE's own responses."""
    return parse(found.data, _OURS).headers.to.tag if found.data is not None else None
