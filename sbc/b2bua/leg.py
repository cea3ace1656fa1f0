"""One side of a call: the path to its peer, and what every message towards it has in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal

from media.control import Side
from sbc.actions import Flow
from sbc.b2bua.content import EMPTY, SDP, Content
from sbc.b2bua.crossing import Field
from sbc.b2bua.wire import Wire
from sbc.dialog.dialog import Dialog
from sbc.routing.listeners import Listener
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, build_response
from sbc.sip.uri import Uri

if TYPE_CHECKING:
    from sbc.b2bua.call import Call
    from sbc.b2bua.usage import Usage


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of a leg, by configuration."""

    zone: str
    trunk: str
    trusted: bool


class Leg:
    __slots__ = (
        "call",
        "call_id",
        "contact",
        "dialog",
        "flow",
        "listener",
        "peer",
        "side",
        "symmetric",
        "usages",
        "user_agent",
        "wire",
    )

    def __init__(
        self,
        call: Call,
        wire: Wire,
        side: Side,
        peer: Peer,
        flow: Flow,
        call_id: str,
        *,
        symmetric: bool,
    ) -> None:
        self.call = call
        self.wire = wire
        self.side: Side = side
        self.peer = peer
        self.flow = flow
        """The path on which the peer was last heard."""
        self.listener: Listener = wire.listeners.of(flow)
        self.call_id = call_id
        self.contact = self.listener.contact(wire.tokens.token(12))
        self.symmetric = symmetric
        """The peer asked for answers at its source port (RFC 3581): it may sit behind a NAT."""
        self.user_agent = ""
        self.usages: list[Usage] = []
        self.dialog: Dialog | None = None
        """The one that was made last: the call's own once it is answered."""

    def response(
        self,
        request: Request,
        status: int,
        fields: Sequence[Field] = (),
        content: Content = EMPTY,
        to_tag: str | None = None,
    ) -> Response:
        """Our answer to a request of this peer."""
        own = (("Server", self.wire.user_agent), *self.session_field())
        sdp = content.sdp
        built = build_response(
            request,
            status,
            None,
            (*own, *fields, *content.fields),
            sdp.encode() if sdp is not None else content.body,
            to_tag=to_tag,
            content_type=SDP if sdp is not None else content.content_type,
        )
        self.traced("out", built)
        return built

    def session_field(self) -> tuple[Field, ...]:
        session = self.call.session
        return (("Session-ID", session.towards_a() if self.side == "a" else session.towards_b()),)

    def traced(self, direction: Literal["in", "out"], message: Request | Response) -> None:
        self.call.trace.add(self.wire.now, self.side, direction, message)

    def flow_heard(self, flow: Flow) -> None:
        """A request came by this path: the peer, or its NAT, may have moved (N1)."""
        if flow.interface == self.flow.interface and flow.transport == self.flow.transport:
            self.flow = flow

    def began(self, usage: Usage) -> None:
        self.usages.append(usage)
        self.dialog = usage.dialog

    def ended(self, usage: Usage) -> None:
        if usage in self.usages:
            self.usages.remove(usage)

    def next_hop(self, dialog: Dialog) -> Flow:
        """Where a request within `dialog` goes (RFC 3261 §12.2.1.1), unless a NAT is in between.

        A connection is used again (RFC 5923). A peer whose Contact names an address that it cannot
        be reached at is answered where it was heard (N1).
        """
        if self.flow.reliable:
            return self.flow
        target = _address(dialog.route_set[0] if dialog.route_set else dialog.remote_target)
        if target is None or self._behind_nat(target):
            return self.flow
        return Flow(self.flow.interface, self.flow.transport, target)

    def _behind_nat(self, target: tuple[str, int]) -> bool:
        if target == self.flow.remote:
            return False
        if self.peer.trusted:
            return False
        if target[0] == self.flow.remote[0]:
            return self.symmetric
        return not ip_address(target[0]).is_global


def _address(text: str) -> tuple[str, int] | None:
    """Host and port of a Route or a Contact URI; None for a name, which is not looked up here."""
    try:
        uri = Uri.parse(NameAddr.parse(text).uri if "<" in text else text)
        return (str(ip_address(uri.host)), uri.port or 5060)
    except (BadMessage, ValueError):
        return None
