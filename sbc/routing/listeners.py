"""What peers are told about each of our listeners: Via sent-by and Contact, per interface and
transport."""

from dataclasses import dataclass
from ipaddress import IPv6Address

from config.model import Config, Interface
from sbc.actions import Flow, Transport
from sbc.location.records import QueryType
from sbc.location.wanted import PORTS


@dataclass(frozen=True, slots=True)
class Listener:
    """One SIP socket as the outside sees it: the advertised address, never the bound one (Z2)."""

    interface: str
    zone: str
    transport: Transport
    ip: str
    """The advertised address, without brackets."""
    port: int
    sent_by: str
    """`host:port` as in Via (RFC 3261 §18.1.1), IPv6 in brackets."""
    host: str
    """Host part of a SIP URI."""

    @property
    def ipv6(self) -> bool:
        return ":" in self.ip

    def contact(self, user: str) -> str:
        """A Contact value; short and with nothing of the other side in it (Z7)."""
        return f"<sip:{user}@{self.sent_by}{uri_transport(self.transport)}>"


def uri_transport(transport: Transport) -> str:
    """The parameter of a SIP URI. Of a secure WebSocket it is `ws` as well (RFC 7118 §5.2.3)."""
    if transport == "udp":
        return ""
    return f";transport={'ws' if transport == 'wss' else transport}"


class Listeners:
    """Every listener, found by the flow that uses it."""

    def __init__(self, config: Config) -> None:
        self._by_socket: dict[tuple[str, str], Listener] = {}
        self._shown: set[tuple[str, int]] = set()
        for name, interface in config.interfaces.items():
            for sip in interface.sip:
                self._shown.add((str(interface.shown), sip.port))
                self._shown.add((str(interface.bind), sip.port))
                # The first listener of a transport is the one peers are told.
                self._by_socket.setdefault(
                    (name, sip.transport), _listener(name, interface, sip.transport, sip.port)
                )

    def of(self, flow: Flow) -> Listener:
        return self._by_socket[flow.interface, flow.transport]

    def over_tcp(self, flow: Flow) -> Listener | None:
        """What can reach the peer of a UDP flow over TCP: best the same interface."""
        here = self._by_socket.get((flow.interface, "tcp"))
        if here is not None:
            return here
        udp = self.of(flow)
        return self.in_zone(udp.zone, "tcp", ipv6=udp.ipv6)

    def ways(self, zone: str) -> frozenset[tuple[Transport, QueryType]]:
        """What the listeners of a zone can reach: transport, and A or AAAA for the family."""
        return frozenset(
            (each.transport, "AAAA" if each.ipv6 else "A")
            for each in self._by_socket.values()
            if each.zone == zone and each.transport in PORTS
        )

    def is_ours(self, ip: str, port: int) -> bool:
        """One of our sockets has this address, as peers are told or as this host knows it."""
        return (ip.lower(), port) in self._shown

    def in_zone(self, zone: str, transport: str, *, ipv6: bool) -> Listener | None:
        """The listener of `zone` that can reach an address of that family by that transport."""
        for listener in self._by_socket.values():
            if (listener.zone, listener.transport, listener.ipv6) == (zone, transport, ipv6):
                return listener
        return None


def _listener(name: str, interface: Interface, transport: Transport, port: int) -> Listener:
    shown = interface.shown
    host = f"[{shown}]" if isinstance(shown, IPv6Address) else str(shown)
    return Listener(name, interface.zone, transport, str(shown), port, f"{host}:{port}", host)
