"""One side of a call: the path to its peer, and what every message towards it has in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal

from config.effective import Terms
from media.control import Side
from media.sdp.fragment import PACKAGE
from sbc.actions import Flow
from sbc.b2bua.content import EMPTY, Content
from sbc.b2bua.crossing import Field
from sbc.b2bua.identity import printable
from sbc.b2bua.privacy import NONE
from sbc.b2bua.wire import Wire
from sbc.dialog.dialog import Dialog
from sbc.routing.listeners import Listener
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.grammar import split_items
from sbc.sip.headers import Headers
from sbc.sip.message import Request, Response, build_response
from sbc.sip.uri import Uri

if TYPE_CHECKING:
    from sbc.b2bua.call import Call
    from sbc.b2bua.usage import Usage

_LONGEST_AGENT = 64


def owed(status: int, terms: Terms) -> tuple[Field, ...]:
    """What an answer of this status must bring (RFC 3261 §8.2.1, §8.2.3, RFC 6665 §8.3.2)."""
    if status == 405:
        return (("Allow", terms.allow),)
    if status == 489:
        return (("Allow-Events", ", ".join(terms.events)),)
    return (("Accept", terms.accept),) if status == 415 else ()


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of a leg, by configuration."""

    zone: str
    trunk: str
    trusted: bool
    user: str | None = None
    """Of an access group: who was authenticated, or whose phone is called."""


class Leg:
    __slots__ = (
        "abilities",
        "call",
        "call_id",
        "contact",
        "flow",
        "heard_reason",
        "listener",
        "local_tag",
        "peer",
        "remote_tag",
        "side",
        "symmetric",
        "terms",
        "told_reason",
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
        self.terms = call.shared.terms[peer.trunk]
        self.abilities: tuple[Field, ...] = (("Allow", self.terms.allow),)
        """What a peer is told in an INVITE and in its answers that it may send us."""
        if self.terms.ice != "none":
            self.abilities += (("Recv-Info", PACKAGE),)
        self.flow = flow
        """The path on which the peer was last heard."""
        self.listener: Listener = wire.listeners.of(flow)
        self.call_id = call_id
        self.contact = self.listener.contact(wire.tokens.token(12))
        self.symmetric = symmetric
        """The peer asked for answers at its source port (RFC 3581): it may sit behind a NAT."""
        self.user_agent = ""
        self.heard_reason: str | None = None
        """Why the call ended, as this peer said."""
        self.told_reason: str | None = None
        """And as it was told."""
        self.usages: list[Usage] = []
        self.local_tag: str | None = None
        self.remote_tag: str | None = None
        """Of the dialog that was made last, and in the end of the call's own: for the record."""

    def response(
        self,
        request: Request,
        status: int,
        fields: Sequence[Field] = (),
        content: Content = EMPTY,
        to_tag: str | None = None,
    ) -> Response:
        """Our answer to a request of this peer."""
        if content.bodied:
            content = content.towards(self.terms, self.host)
        built = build_response(
            request,
            status,
            None,
            (
                ("Server", self.wire.user_agent),
                self.session_field(),
                *owed(status, self.terms),
                *fields,
                *self.said(content),
            ),
            content.payload,
            to_tag=to_tag,
            content_type=content.payload_type,
        )
        self.traced("out", built)
        return built

    def said(self, content: Content) -> tuple[Field, ...]:
        """The header fields of what the other side says, as this peer may see them."""
        if content.claims is NONE:
            return content.fields
        return (*content.fields, *content.claims.fields(self.terms, self.host))

    @property
    def host(self) -> str:
        """Of addresses on our side, as this peer knows them."""
        return self.terms.domain or self.listener.host

    def session_field(self) -> Field:
        session = self.call.session
        return ("Session-ID", session.towards_a() if self.side == "a" else session.towards_b())

    def heard(self, message: Request | Response) -> None:
        """Every message of the peer passes here."""
        self.traced("in", message)
        headers = message.headers
        session_id = headers.get("session-id")
        if session_id is not None:
            self.call.session = self.call.session.heard(self.side, session_id)
        if not self.user_agent:
            name = headers.get("user-agent") or headers.get("server") or ""
            self.user_agent = printable(name)[:_LONGEST_AGENT]

    def traced(self, direction: Literal["in", "out"], message: Request | Response) -> None:
        self.call.trace.add(self.wire.now, self.side, direction, message)

    def flow_heard(self, flow: Flow) -> None:
        """A request came by this path: the peer, or its NAT, may have moved (N1)."""
        if flow.interface == self.flow.interface and flow.transport == self.flow.transport:
            self.flow = flow

    def began(self, usage: Usage) -> None:
        self.usages.append(usage)
        self.speaks_in(usage.dialog)

    def speaks_in(self, dialog: Dialog) -> None:
        self.local_tag, self.remote_tag = dialog.local_tag, dialog.remote_tag

    def ended(self, usage: Usage) -> None:
        if usage in self.usages:
            self.usages.remove(usage)

    def next_hop(self, dialog: Dialog) -> Flow:
        """Where a request within `dialog` goes."""
        return next_hop(dialog, self.flow, self.listener, self.peer, symmetric=self.symmetric)


def next_hop(
    dialog: Dialog, heard: Flow, listener: Listener, peer: Peer, *, symmetric: bool
) -> Flow:
    """Where a request within `dialog` goes (RFC 3261 §12.2.1.1), unless a NAT is in between.

    A connection is used again (RFC 5923), and so is a flow that the peer keeps (`ob`, RFC 5626
    §5.3). A peer whose Contact names an address that it cannot be reached at is answered where it
    was heard (N1).
    """
    if heard.reliable:
        return heard
    hop = dialog.route_set[0] if dialog.route_set else dialog.remote_target
    target = _address(hop)
    if target is None or ";ob" in hop or (":" in target[0]) != listener.ipv6:
        return heard
    if target != heard.remote and _behind_nat(target, heard, peer, symmetric):
        return heard
    return Flow(heard.interface, heard.transport, target)


def _behind_nat(target: tuple[str, int], heard: Flow, peer: Peer, symmetric: bool) -> bool:
    if peer.trusted:
        return False
    if target[0] == heard.remote[0]:
        return symmetric
    return not ip_address(target[0]).is_global


def methods(headers: Headers) -> frozenset[str]:
    """Those that the sender allows; peers say the same in every message."""
    return _methods(", ".join(headers.all("allow")))


@lru_cache(maxsize=1024)
def _methods(text: str) -> frozenset[str]:
    return frozenset(method for method in split_items(text) if method)


@lru_cache(maxsize=1024)
def _address(text: str) -> tuple[str, int] | None:
    """Host and port of a Route or a Contact URI; None for a name, which is not looked up here, and
    for what is nobody's address or that of many."""
    try:
        uri = Uri.parse(NameAddr.parse(text).uri if "<" in text else text)
        ip = ip_address(uri.host)
    except (BadMessage, ValueError):
        return None
    return None if ip.is_multicast or ip.is_unspecified else (str(ip), uri.port or 5060)
