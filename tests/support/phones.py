"""A phone: datagrams and time in, datagrams out. Its calls act out their scripts.

Transactions are those of our own layer, which has tests of its own; messages, dialogs, offers and
answers are written here a second time, so that a phone notices when the border gets them wrong.
What it notices is in `complaints`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from random import Random
from typing import Protocol

from sbc.actions import Flow, Transmit
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, parse
from sbc.sip.validate import check_request, check_response
from sbc.transaction.layer import (
    AckReceived,
    Cancelled,
    Key,
    Output,
    RequestReceived,
    ResponseReceived,
    TransactionLayer,
)
from sbc.transaction.layer import Failed as TransactionFailed
from tests.support.network import Address
from tests.support.phone_text import Self, response

SIP_PORT = 5060
MEDIA_FROM = 10_000
PORTS_EACH = 200
"""Of every call its own, so that a packet which goes astray is seen."""

Outcome = Callable[[Response | None], None]
"""Takes each response to a request of ours; None: none will come."""


class PhoneCall(Protocol):
    """What a phone asks of its calls."""

    index: int
    gone: bool

    def requested(self, key: Key, asked: Request) -> None: ...
    def acknowledged(self, ack: Request) -> None: ...
    def cancelled(self, key: Key) -> None: ...
    def hear(self, port: int, data: bytes) -> None: ...


class Phone:
    def __init__(self, name: str, me: Self, border: str, random: Random, now: float) -> None:
        self.name = name
        self.me = me
        self.border = border
        """Its address in this zone."""
        self.random = random
        self.now = now
        self.complaints: list[str] = []
        self.calls: dict[str, PhoneCall] = {}
        """By Call-ID."""
        self.invited: Callable[[Phone, Key, Request], PhoneCall | None] = lambda *_: None
        """Takes an INVITE that begins a call."""
        self.out: list[tuple[Address, Address, bytes]] = []
        """Source, destination and data of what it wants to send."""
        self._layer = TransactionLayer()
        self._flow = Flow("phone", "udp", (border, SIP_PORT))
        self._outcomes: dict[Key, Outcome] = {}
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self._gone: list[bytes] = []
        self._by_ports: dict[int, PhoneCall] = {}

    def speak_tcp(self) -> None:
        """Its SIP runs over one connection."""
        self.me = replace(self.me, transport="tcp")
        self._flow = replace(self._flow, transport="tcp")

    def guess(self, ip: str) -> None:
        """It writes this address into all that it says."""
        self.me = replace(self.me, guessed=ip)

    @property
    def reliable(self) -> bool:
        return self._flow.reliable

    # --- inputs -----------------------------------------------------------------------------------

    def receive(self, source: Address, to: Address, data: bytes, now: float) -> None:
        self.now = now
        if to[1] == SIP_PORT:
            self._message(source, data)
            return
        call = self._by_ports.get((to[1] - MEDIA_FROM) // PORTS_EACH)
        if call is None:
            self.complain(f"a packet at port {to[1]}, where no call ever was")
        elif not call.gone:
            call.hear(to[1], data)

    def handle_timeout(self, now: float) -> None:
        self.now = now
        while self._later and self._later[0][0] <= now:
            heappop(self._later)[2]()
        self._carry(self._layer.handle_timeout(now))

    def next_deadline(self) -> float | None:
        layer = self._layer.next_deadline()
        if not self._later:
            return layer
        own = self._later[0][0]
        return own if layer is None or own < layer else layer

    def transactions(self) -> int:
        return self._layer.counts()

    # --- for its calls ----------------------------------------------------------------------------

    def complain(self, text: str) -> None:
        self.complaints.append(f"{self.now:.3f} {self.name}: {text}")

    def later(self, delay: float, step: Callable[[], None]) -> None:
        self._order += 1
        heappush(self._later, (self.now + delay, self._order, step))

    def word(self) -> str:
        """One more name that it makes up."""
        return f"{self.me.secret}-{self.random.getrandbits(40):010x}"

    def adopt(self, call_id: str, call: PhoneCall) -> int:
        """Its first media port."""
        self.calls[call_id] = call
        place = len(self._by_ports)
        self._by_ports[place] = call
        return MEDIA_FROM + place * PORTS_EACH

    def forsake(self, call_id: str) -> None:
        """The call's own phone is switched off."""
        self._gone.append(call_id.encode())

    def send(self, data: bytes, outcome: Outcome) -> Key:
        request = parse(data)
        assert isinstance(request, Request)
        key, outputs = self._layer.send(request, self._flow, self.now)
        self._outcomes[key] = outcome
        self._carry(outputs)
        return key

    def cancel(self, key: Key, fields: Sequence[tuple[str, str]] = ()) -> None:
        self._carry(self._layer.cancel(key, fields, self.now))

    def respond(self, key: Key, data: bytes) -> None:
        answer = parse(data)
        assert isinstance(answer, Response)
        self._carry(self._layer.respond(key, answer, self.now))

    def transmit(self, data: bytes) -> None:
        """An ACK: no transaction."""
        self._emit(data, self._flow.remote)

    def packet(self, port: int, to: Address, data: bytes) -> None:
        self.out.append(((self.me.ip, port), to, data))

    # --- within -----------------------------------------------------------------------------------

    def _message(self, source: Address, data: bytes) -> None:
        if source != self._flow.remote:
            self.complain(f"a message from {source}, which is not the border")
        try:
            message = parse(data)
            if isinstance(message, Request):
                check_request(message)
            else:
                check_response(message)
            call_id = message.headers.call_id
        except BadMessage as bad:
            self.complain(f"cannot read what the border wrote: {bad.reason}")
            return
        call = self.calls.get(call_id)
        if call is None or not call.gone:
            self._carry(self._layer.receive(message, self._flow, self.now))

    def _carry(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            match output:
                case Transmit(data, flow):
                    self._emit(data, flow.remote)
                case RequestReceived(key, request, _):
                    self._requested(key, request)
                case ResponseReceived(key, answer, _):
                    self._outcomes[key](answer)
                case TransactionFailed(key, _):
                    self._outcomes[key](None)
                case AckReceived(request, _):
                    call = self.calls.get(request.headers.call_id)
                    if call is not None:
                        call.acknowledged(request)
                case Cancelled(key):
                    for call in list(self.calls.values()):
                        call.cancelled(key)
                case _:
                    pass  # a 2xx long after the end of its transaction

    def _requested(self, key: Key, request: Request) -> None:
        call = self.calls.get(request.headers.call_id)
        if call is not None:
            call.requested(key, request)
        elif request.method == "INVITE" and request.headers.to.tag is None:
            if self.invited(self, key, request) is None:
                self.respond(key, response(self.me, request, 404, tag=self.word()))
        else:
            self.complain(f"{request.method} in a call that never was")
            self.respond(key, response(self.me, request, 481, tag=self.word()))

    def _emit(self, data: bytes, to: Address) -> None:
        if not any(call_id in data for call_id in self._gone):
            self.out.append(((self.me.ip, SIP_PORT), to, data))
