"""Client transactions (RFC 3261 §17.1): requests out, responses in."""

from collections.abc import Sequence

from sbc.actions import Flow, Transmit
from sbc.sip.message import Request, Response
from sbc.timers import Timers
from sbc.transaction import invite_client, non_invite_client
from sbc.transaction.events import Failed, FellBack, Key, Output, ResponseReceived, StraySuccess
from sbc.transaction.flows import FlowIndex
from sbc.transaction.hop import ack_of, cancel_of
from sbc.transaction.keys import client_key, sent_by
from sbc.transaction.large import MOST_OVER_UDP, OverUdp, Reliable, moved
from sbc.transaction.machine import Figure, Machine
from sbc.transaction.table import Do, Event, On, State

# By whether the transport is reliable.
_INVITE = {
    reliable: Figure(invite_client.TABLE, invite_client.TIMERS, delays).plan()
    for reliable, delays in ((True, invite_client.RELIABLE), (False, invite_client.UNRELIABLE))
}
_OTHER = {
    reliable: Figure(non_invite_client.TABLE, non_invite_client.TIMERS, delays).plan()
    for reliable, delays in (
        (True, non_invite_client.RELIABLE),
        (False, non_invite_client.UNRELIABLE),
    )
}

_UNANSWERED = {State.CALLING, State.TRYING}


class ClientTransaction:
    __slots__ = (
        *("ack", "cancel_fields", "data", "flow", "key", "machine", "over_udp", "request"),
        "vias",
    )

    def __init__(
        self, key: Key, machine: Machine, request: Request, data: bytes, flow: Flow
    ) -> None:
        self.key = key
        self.machine = machine
        self.request = request
        self.data = data
        self.flow = flow
        self.ack: bytes | None = None
        self.cancel_fields: Sequence[tuple[str, str]] = ()
        self.over_udp: OverUdp | None = None
        self.vias = len(request.headers.elements("via"))
        """More than ours only where we send on what another sent us."""


class Clients:
    __slots__ = ("_fallen", "_flows", "_live", "_sent_by", "_timers", "strays")

    def __init__(self, timers: Timers) -> None:
        self._timers = timers
        self._live: dict[Key, ClientTransaction] = {}
        self._fallen: dict[Key, Key] = {}
        """Of those that fell back to UDP: by what their answers now show."""
        self._flows = FlowIndex()
        self._sent_by: set[str] = set()  # as many as we have listeners
        self.strays = 0
        """Responses dropped because we wait for nothing of the kind."""

    def __len__(self) -> int:
        return len(self._live)

    def send(
        self, request: Request, flow: Flow, now: float, instead: Reliable | None = None
    ) -> tuple[Key, list[Output]]:
        data, over_udp = request.encode(), None
        if instead is not None and len(data) > MOST_OVER_UDP:
            over_udp = moved(request, data, flow, instead)
            data, flow = request.encode(), instead.flow
        key = client_key(request, request.method)
        if key is None or key in self._live:
            raise ValueError("a request of ours needs a branch of its own")
        plans = _INVITE if request.method == "INVITE" else _OTHER
        machine = Machine(plans[flow.reliable], key, self._timers, now)
        found = self._live[key] = ClientTransaction(key, machine, request, data, flow)
        found.over_udp = over_udp
        self._flows.add(flow, key)
        self._sent_by.add(sent_by(request.headers.via))
        return key, [Transmit(data, flow)]

    def receive(self, response: Response, flow: Flow, now: float) -> list[Output]:
        key = client_key(response, response.headers.cseq.method)
        found = self._find(key) if key is not None else None
        if len(response.headers.vias) != (1 if found is None else found.vias):
            return self._drop()  # §8.1.3.3: it is not for us
        if key is None or found is None:
            return self._stray(response, flow)
        if found.flow.interface != flow.interface:
            return self._drop()  # the source may differ (§18.1.2), the zone may not
        return self._handle(
            found, _event(response.status), now, ResponseReceived(found.key, response, flow)
        )

    def cancel(self, key: Key, fields: Sequence[tuple[str, str]], now: float) -> list[Output]:
        found = self._live.get(key)
        if found is None or found.request.method != "INVITE":
            return []
        found.cancel_fields = fields
        return self._handle(found, On.CANCEL, now)

    def is_silent(self, key: Key) -> bool:
        found = self._live.get(key)
        return found is not None and found.machine.state in _UNANSWERED

    def transport_failed(self, flow: Flow, now: float) -> list[Output]:
        outputs: list[Output] = []
        for key in self._flows.on(flow):
            found = self._live[key]
            if found.over_udp is not None and found.machine.state in _UNANSWERED:
                outputs += self._fall_back(found, found.over_udp, now)
            else:
                outputs += self._handle(found, On.TRANSPORT_ERROR, now)
        return outputs

    def on(self, flow: Flow) -> list[Key]:
        """Those of which nothing was heard yet, by the way that they went."""
        return [k for k in self._flows.on(flow) if self._live[k].machine.state in _UNANSWERED]

    def reroute(self, key: Key, flow: Flow) -> list[Output]:
        """Once more at once, and from now on, by another way of the same kind."""
        found = self._live[key]
        self._flows.discard(found.flow, key)
        found.flow = flow
        self._flows.add(flow, key)
        return [Transmit(found.data, flow)]

    def _fall_back(self, found: ClientTransaction, udp: OverUdp, now: float) -> list[Output]:
        """Begin again, as it would have gone if it were smaller."""
        self._flows.discard(found.flow, found.key)
        found.data, found.flow, found.over_udp = udp.data, udp.flow, None
        request = found.request
        request.headers.replace_top_via(udp.via)
        self._flows.add(udp.flow, found.key)
        self._sent_by.add(sent_by(udp.via))
        shown = client_key(request, request.method)
        if shown is not None and shown != found.key:
            self._fallen[shown] = found.key
        plans = _INVITE if request.method == "INVITE" else _OTHER
        found.machine = Machine(plans[False], found.key, self._timers, now)
        return [FellBack(found.key, udp.flow), Transmit(udp.data, udp.flow)]

    def _find(self, key: Key) -> ClientTransaction | None:
        return self._live.get(key) or self._live.get(self._fallen.get(key, key))

    def on_event(self, key: Key, event: Event, now: float) -> list[Output]:
        """A timer fired, or the transport failed."""
        found = self._live.get(key)
        return [] if found is None else self._handle(found, event, now)

    def _handle(
        self,
        found: ClientTransaction,
        event: Event,
        now: float,
        received: ResponseReceived | None = None,
    ) -> list[Output]:
        outputs: list[Output] = []
        for effect in found.machine.handle(event, now):
            if effect is Do.SEND_CANCEL:
                cancel = cancel_of(found.request, found.cancel_fields)
                outputs += self.send(cancel, found.flow, now)[1]
            elif effect is Do.RETRANSMIT:
                outputs.append(Transmit(found.data, found.flow))
            elif effect is Do.SEND_ACK and received is not None:
                outputs.append(_ack(found, received.response))
            elif found.request.method != "CANCEL":  # nobody asked for the fate of a CANCEL
                outputs += _told(effect, found.key, received)
        if found.machine.state is State.TERMINATED:
            del self._live[found.key]
            self._flows.discard(found.flow, found.key)
            if self._fallen:
                self._fallen.pop(client_key(found.request, found.request.method) or (), None)
        return outputs

    def _stray(self, response: Response, flow: Flow) -> list[Output]:
        headers = response.headers
        accepted = headers.cseq.method == "INVITE" and 200 <= response.status < 300
        if accepted and sent_by(headers.via) in self._sent_by:
            return [StraySuccess(response, flow)]
        return self._drop()

    def _drop(self) -> list[Output]:
        self.strays += 1
        return []


def _ack(found: ClientTransaction, failure: Response) -> Transmit:
    if found.ack is None:
        found.ack = ack_of(found.request, failure).encode()
    return Transmit(found.ack, found.flow)


def _told(effect: Do, key: Key, received: ResponseReceived | None) -> tuple[Output, ...]:
    """What the TU hears. Not a 100: it only stops the repetitions."""
    if received is None:
        return (Failed(key, "timeout" if effect is Do.REPORT_TIMEOUT else "transport"),)
    if effect is Do.PASS_STRAY:
        return (StraySuccess(received.response, received.flow),)
    return () if received.response.status == 100 else (received,)


def _event(status: int) -> On:
    if status < 200:
        return On.PROVISIONAL
    return On.SUCCESS if status < 300 else On.FAILURE
