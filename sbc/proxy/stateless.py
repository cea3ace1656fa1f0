"""A proxy without memory (RFC 3261 §16.11): equal requests go the same way under the same branch,
and a response finds its way back by what our own Via says.
"""

from ipaddress import ip_address
from typing import cast

from sbc.actions import Flow, Transmit, Transport
from sbc.proxy.forward import Way, forwarded, without_top_via
from sbc.proxy.keyed import Keyed
from sbc.routing.listeners import Listeners
from sbc.sip.message import Request, Response
from sbc.sip.via import Via
from sbc.transaction.keys import COOKIE, DEFAULT_PORT
from sbc.transaction.large import MOST_OVER_UDP, Reliable, moved

PREFIX = "z9hG4bKs0-"
"""Of every branch that we gave a request without keeping anything."""
_BACK = "back"
"""Of our Via: interface and transport that the request came by, and the proof."""


def send(
    request: Request,
    way: Way,
    came: Flow,
    listeners: Listeners,
    keyed: Keyed,
    instead: Reliable | None = None,
) -> Transmit:
    """`instead`: where it goes if it is too large for UDP (§18.1.1)."""
    top = request.headers.via
    below = top.with_source(*came.remote, always=came.reliable)
    if below is not top:
        request.headers.replace_top_via(below)
    hop = way.hops[0]
    branch = f"{PREFIX}{keyed.digest('branch', *_identity(request, top))}.{way.loop}"
    proof = keyed.digest(*_proved(came.interface, came.transport, below, request))
    back = f"{came.interface}.{came.transport}.{proof}"
    via = (
        f"SIP/2.0/{hop.flow.transport.upper()} {hop.listener.sent_by};branch={branch};rport"
        f";{_BACK}={back}"
    )
    sent = forwarded(request, way, hop, via, listeners.of(came), keyed)
    data = sent.encode()
    if instead is None or len(data) <= MOST_OVER_UDP:
        return Transmit(data, hop.flow)
    moved(sent, data, hop.flow, instead)
    return Transmit(sent.encode(), instead.flow)


def is_ours(response: Response) -> bool:
    return (response.headers.via.branch or "").lower().startswith(PREFIX.lower())


def send_back(
    response: Response, flow: Flow, listeners: Listeners, keyed: Keyed
) -> Transmit | None:
    """None: it answers nothing that we sent there, and is dropped."""
    vias = response.headers.vias
    if len(vias) < 2 or not listeners.is_ours(vias[0].host, vias[0].port or DEFAULT_PORT):
        return None
    back = dict(vias[0].params).get(_BACK) or ""
    interface, _, rest = back.partition(".")
    transport, _, proof = rest.partition(".")
    below = vias[1]
    if not keyed.fits(proof, *_proved(interface, transport, below, response)):
        return None
    if listeners.of(flow).sent_by != _shown(vias[0]):
        return None  # the source may differ (§18.1.2), the socket may not
    to = Flow(interface, cast(Transport, transport), _address(below))
    return Transmit(without_top_via(response).encode(), to)


def _identity(request: Request, top: Via) -> tuple[str, ...]:
    """The same for a request and all its repetitions, for its ACK and for its CANCEL."""
    branch = (top.branch or "").lower()
    if len(branch) > len(COOKIE) and branch.startswith(COOKIE):
        return branch, top.host.lower(), str(top.port or DEFAULT_PORT)
    headers = request.headers
    return (
        *(str(top), request.uri, headers.from_.tag or "", headers.call_id),
        str(headers.cseq.number),
    )


def _proved(
    interface: str, transport: str, below: Via, message: Request | Response
) -> tuple[str, ...]:
    return "back", interface, transport, str(below), message.headers.call_id


def _shown(via: Via) -> str:
    host = f"[{via.host}]" if ":" in via.host else via.host
    return f"{host}:{via.port or DEFAULT_PORT}"


def _address(via: Via) -> tuple[str, int]:
    """§18.2.2 and RFC 3581 §4; proved before, so that it is where the request came from."""
    ip = via.received or via.host
    return str(ip_address(ip)), via.rport or via.port or DEFAULT_PORT
