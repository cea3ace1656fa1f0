"""An engine without sockets: the flow table, and what left by it."""

from dataclasses import dataclass

from media.control import Address
from media.engine.flow import Flow, Local, Send, Up, carries


@dataclass(frozen=True, slots=True)
class Datagram:
    local: Local
    """The port of ours that it left from."""
    to: Address
    data: bytes


class OurMistake(Exception):
    """A fault in the engine or the core."""


class VirtualEngine:
    def __init__(self, up: Up) -> None:
        self._up = up
        self.ports: dict[Local, str] = {}
        """RTP ports which are bound, and the kinds of their streams."""
        self.flows: dict[tuple[Local, Address], Flow] = {}
        self.taken: set[Local] = set()
        """Ports that somebody else has."""
        self.cursed: dict[str, Local] = {}
        """What fails by a mistake of ours: the name of a method, and at which port."""
        self.sent: list[Datagram] = []
        self.dropped: dict[Local, int] = {}
        """What the kernel is said to have thrown away."""

    def _touch(self, method: str, local: Local) -> None:
        if self.cursed.get(method) == local:
            raise OurMistake(f"at 10.0.0.7, {local}")

    def bind(self, local: Local, kind: str) -> bool:
        if local in self.taken:
            return False
        assert local not in self.ports
        self.ports[local] = kind
        return True

    def unbind(self, local: Local) -> None:
        self._touch("unbind", local)
        self.ports.pop(local, None)
        self.flows = {key: flow for key, flow in self.flows.items() if key[0] != local}

    def install(self, flow: Flow) -> None:
        self._touch("install", flow.local)
        assert flow.local in self.ports
        self.flows[flow.local, flow.source] = flow

    def remove(self, local: Local, source: Address) -> None:
        del self.flows[local, source]

    def send(self, send: Send) -> None:
        self.sent.append(Datagram(send.local, send.to, send.data))
        if send.counts is not None:
            send.counts.forwarded += 1

    def arrive(self, local: Local, data: bytes, source: Address, now: float) -> None:
        """From the network. Where nobody listens it is lost."""
        interface, port = local
        if (interface, port & ~1) not in self.ports:
            return
        flow = self.flows.get((local, source))
        if flow is None or not carries(flow, data):
            self._up(local, data, source, now)
            return
        clear = data if flow.inbound is None else flow.inbound(data)
        if clear is not None:
            flow.reception.packet(clear, len(clear), now)
            self._pass_on(flow, clear)

    def _pass_on(self, flow: Flow, clear: bytes) -> None:
        if not flow.forward:
            flow.counts.held += 1
            return
        leaving = clear if flow.outbound is None else flow.outbound(clear)
        if leaving is None:
            return
        if flow.destination is None:
            flow.counts.unsent += 1
        else:
            self.send(Send(leaving, flow.egress, flow.destination, flow.counts))

    def dropped_at(self, local: Local) -> int:
        return self.dropped.get(local, 0)

    def overrun(self) -> dict[str, int]:
        return {interface: packets for (interface, _), packets in self.dropped.items()}

    def taken_out(self) -> list[Datagram]:
        """What was sent since this was last asked."""
        sent, self.sent = self.sent, []
        return sent
