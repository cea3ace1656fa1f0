"""Subscriber, border and notifier on a bad network, in virtual time: random deeds, one seed.

Both ends are small user agents on transaction layers of their own, so that everything is repeated,
lost, overtaken and answered as in life.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from math import inf
from random import Random

from media.control import Welcome
from sbc.actions import Action, Flow, Transmit
from sbc.core import Core
from sbc.sip.message import Request, Response, build_request, build_response
from sbc.sip.message import parse as parse_message
from sbc.tokens import Tokens
from sbc.transaction.events import Output, RequestReceived, ResponseReceived
from sbc.transaction.layer import TransactionLayer
from tests.support.configs import config
from tests.support.documents import ALL, filled
from tests.support.network import Datagram, Network, Quality

BAD = Quality(delay=0.02, jitter=0.05, loss=0.15, copies=0.05, late=0.05)
OUTSIDE, INSIDE = ("192.0.2.1", 5060), ("10.20.0.11", 5060)
AT = {"outer": ("wan", ("203.0.113.10", 5060)), "inner": ("lan", ("10.20.0.5", 5060))}
TOKEN = "pbx-7f3a.inside"


class Peer:
    """A user agent on one wire."""

    def __init__(self, world: EventWorld, wire: str, address: tuple[str, int]) -> None:
        self.world, self.wire, self.address = world, wire, address
        self.flow = Flow(wire, "udp", AT[wire][1])
        self.layer = TransactionLayer()
        self.finals: dict[str, list[int]] = {}
        """Final statuses that its requests had, by branch."""
        self.told: Callable[[Output], None] = lambda _: None

    def carry(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Transmit):
                here = self.address
                self.world.send(Datagram(self.wire, here, output.flow.remote, output.data))
                continue
            if isinstance(output, ResponseReceived) and output.response.status >= 200:
                branch = output.response.headers.via.branch or ""
                self.finals.setdefault(branch, []).append(output.response.status)
            self.told(output)

    def ask(self, method: str, uri: str, fields: list[tuple[str, str]], body: bytes = b"") -> None:
        ip, port = self.address
        branch = f"z9hG4bKp{next(self.world.numbers)}"
        via = ("Via", f"SIP/2.0/UDP {ip}:{port};branch={branch};rport")
        contact = ("Contact", f"<sip:peer@{ip}:{port}>")
        kind = "application/dialog-info+xml" if body else None
        built = build_request(method, uri, [via, *fields, contact], body, kind)
        self.finals[branch] = []
        _, outputs = self.layer.send(built, self.flow, self.world.now)
        self.carry(outputs)

    def respond(self, event: RequestReceived, status: int, *fields: tuple[str, str]) -> None:
        ip, port = self.address
        own = (("Contact", f"<sip:peer@{ip}:{port}>"), *fields)
        built = build_response(event.request, status, None, own, to_tag="there")
        self.carry(self.layer.respond(event.key, built, self.world.now))


class EventWorld:
    def __init__(self, seed: int, quality: Quality = BAD) -> None:
        self.random = Random(seed)
        self.numbers = count(1)
        self.now = 100.0
        self.core = Core(config(), Tokens(f"{seed}".encode()), epoch=1.7e9)
        self.network = Network(self.random, {"outer": quality, "inner": quality})
        self.subscriber = Peer(self, "outer", OUTSIDE)
        self.notifier = Peer(self, "inner", INSIDE)
        self.notifier.told = self._at_notifier
        self.subscriber.told = self._at_subscriber
        self.faults: list[str] = []
        self.received = 0
        """NOTIFYs that the subscriber got."""
        self._deeds: list[tuple[float, int, Callable[[], None]]] = []
        self._dialogs: dict[str, tuple[str, str, str, int]] = {}
        """Of the subscriber: To, From and target and CSeq by Call-ID."""
        self._watched: dict[str, tuple[Request, int]] = {}
        """Of the notifier: the SUBSCRIBE and its own CSeq."""
        self.perform(self.core.relay_up(Welcome(1, "relay", 0), self.now))

    # --- the network ------------------------------------------------------------------------------

    def send(self, datagram: Datagram) -> None:
        self.network.send(datagram, self.now)

    def perform(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Transmit):
                wire = "outer" if action.flow.interface == "wan" else "inner"
                self.send(Datagram(wire, AT[wire][1], action.flow.remote, action.data))
            elif getattr(action, "event", "") == "call_fault":
                self.faults.append(str(action))

    def run(self, until: float) -> None:
        """Whatever is next happens."""
        while True:
            layers = (self.core, self.subscriber.layer, self.notifier.layer)
            deadlines = [each.next_deadline() for each in (*layers, self.network)]
            deadlines.append(self._deeds[0][0] if self._deeds else None)
            at = min((each for each in deadlines if each is not None), default=inf)
            if at > until:
                break
            self.now = max(self.now, at)
            self._step()
        self.now = until

    def _step(self) -> None:
        for datagram in self.network.arrived(self.now):
            self._arrive(datagram)
        while self._deeds and self._deeds[0][0] <= self.now:
            heappop(self._deeds)[2]()
        self.perform(self.core.handle_timeout(self.now))
        for peer in (self.subscriber, self.notifier):
            peer.carry(peer.layer.handle_timeout(self.now))

    def _arrive(self, datagram: Datagram) -> None:
        if datagram.to in {OUTSIDE, INSIDE}:
            peer = self.subscriber if datagram.to == OUTSIDE else self.notifier
            message = parse_message(datagram.data)
            peer.carry(peer.layer.receive(message, peer.flow, self.now))
            return
        interface = AT[datagram.wire][0]
        flow = Flow(interface, "udp", datagram.source)
        self.perform(self.core.receive(datagram.data, flow, self.now))

    def later(self, within: float, deed: Callable[[], None]) -> None:
        at = self.now + self.random.uniform(0, within)
        heappush(self._deeds, (at, next(self.numbers), deed))

    # --- what the two do --------------------------------------------------------------------------

    def subscribe(self, name: str) -> None:
        fields = [
            ("From", f"<sip:200@192.0.2.1>;tag={name}"),
            ("To", "<sip:100@203.0.113.10>"),
            ("Call-ID", name),
            ("CSeq", "1 SUBSCRIBE"),
            ("Event", "dialog"),
            ("Expires", str(self.random.choice((0, 60, 120)))),
        ]
        self.subscriber.ask("SUBSCRIBE", "sip:100@203.0.113.10", fields)

    def _at_subscriber(self, output: Output) -> None:
        if isinstance(output, RequestReceived):
            self.received += 1
            status = self.random.choices((200, 481, 500), (30, 1, 1))[0]
            self.subscriber.respond(output, status)
        elif isinstance(output, ResponseReceived):
            self._answered(output.response)

    def _answered(self, response: Response) -> None:
        """Now and then it goes on with what was granted: longer, or no more."""
        headers = response.headers
        if not 200 <= response.status < 300 or not headers.contacts:
            return
        number = headers.cseq.number + 1
        to, from_ = headers.get("to") or "", headers.get("from") or ""
        expires = self.random.choice((0, 90))
        fields = [
            *(("From", from_), ("To", to), ("Call-ID", headers.call_id)),
            *(("CSeq", f"{number} SUBSCRIBE"), ("Event", "dialog"), ("Expires", str(expires))),
        ]
        if number < 6 and self.random.random() < 0.7:
            target = headers.contacts[0].uri
            self.later(50, lambda: self.subscriber.ask("SUBSCRIBE", target, fields))

    def _at_notifier(self, output: Output) -> None:
        if not isinstance(output, RequestReceived):
            return
        request = output.request
        status = self.random.choices((200, 202, 481, 423), (20, 5, 1, 1))[0]
        expires = request.headers.expires or 0
        call_id = request.headers.call_id
        self.notifier.respond(output, status, ("Expires", str(expires)))
        if status < 300 and self.random.random() < 0.9:
            _, number = self._watched.get(call_id, (request, 0))
            self._watched[call_id] = (request, number)
            state = f"active;expires={expires}" if expires else "terminated;reason=timeout"
            self.later(1, lambda: self._notify(call_id, state))
            if self.random.random() < 0.5:
                self.later(40, lambda: self._notify(call_id, "active"))
            if self.random.random() < 0.2:
                self.later(60, lambda: self._notify(call_id, "terminated;reason=noresource"))

    def _notify(self, call_id: str, state: str) -> None:
        request, number = self._watched[call_id]
        self._watched[call_id] = (request, number + 1)
        headers = request.headers
        to = headers.get("to") or ""
        fields = [
            ("From", to if "tag=" in to else f"{to};tag=there"),
            ("To", headers.get("from") or ""),
            ("Call-ID", call_id),
            ("CSeq", f"{number + 1} NOTIFY"),
            ("Event", headers.get("event") or ""),
            ("Subscription-State", state),
        ]
        body = filled(ALL["application/dialog-info+xml"], TOKEN).encode()
        self.notifier.ask("NOTIFY", headers.contacts[0].uri, fields, body)
