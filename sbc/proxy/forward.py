"""Messages as a proxy sends them on: requests (RFC 3261 §16.6) and responses (§16.7 step 3)."""

from dataclasses import dataclass

from config.model import Failover
from sbc.actions import Flow
from sbc.proxy.keyed import Keyed, Mode, Passage
from sbc.routing.listeners import Listener, uri_transport
from sbc.sip.headers import Headers
from sbc.sip.message import Request, Response
from sbc.sip.uri import Uri

PARAMETER = "sbc"
"""Of our own URIs in Record-Route and Path."""
DEFAULT_FAILOVER = Failover()
DEFAULT_HOPS = 70
DEFAULT_BREADTH = "60"
"""RFC 5393 §5.3.1. We try one target after the other, so each may have all of it."""
_RECORDED = frozenset({"INVITE", "SUBSCRIBE", "REFER"})
"""Methods that begin dialogs."""


@dataclass(frozen=True, slots=True)
class Hop:
    """Where one request goes next."""

    trunk: str
    flow: Flow
    listener: Listener
    """Ours, towards it."""
    uri: Uri | None = None
    """What stands for a Request-URI at our own address; None: leave it."""
    weight: int = 1
    priority: int = 1
    contact: str | None = None
    """Of a phone: what it is called by, in place of any Request-URI."""


@dataclass(frozen=True, slots=True)
class Way:
    """What a proxy does with a request."""

    mode: Mode
    passage: Passage
    hops: tuple[Hop, ...]
    """Best first; never empty."""
    uri: str
    """After the repair of §16.4."""
    ours: bool
    """The Request-URI names us."""
    along: bool
    """It came by a Route of ours."""
    routes: tuple[str, ...]
    """What is left of the Route set behind our own."""
    loop: str
    """Equal when the same request comes again (RFC 5393 §4.2)."""
    route: str = ""
    """By which it goes, if it begins something."""
    failover: Failover = DEFAULT_FAILOVER
    """Of that route."""
    consumed: bool = False
    """It brings credentials that were for us (RFC 3261 §22.3)."""


def forwarded(
    request: Request, way: Way, hop: Hop, via: str, came: Listener, keyed: Keyed
) -> Request:
    """A copy that is ready to be sent."""
    headers = request.headers.copy()
    left = headers.max_forwards
    headers.set("max-forwards", str(DEFAULT_HOPS if left is None else left - 1))
    if not headers.has("max-breadth"):
        headers.add("Max-Breadth", DEFAULT_BREADTH)
    if way.routes:
        headers.set("route", ", ".join(way.routes))
    elif headers.has("route"):
        headers.remove("route")
    if way.consumed:
        headers.remove("proxy-authorization")
    _record(request, way, headers, (came, hop), keyed)
    headers.add_first("Via", via)
    headers.set("content-length", str(len(request.body)))
    return Request(request.method, _uri(way, hop), headers, request.body)


def without_top_via(response: Response) -> Response:
    """§16.7 step 3. The others are written as one field."""
    headers = response.headers.copy()
    headers.set("via", ", ".join(headers.elements("via")[1:]))
    return Response(response.status, response.reason, headers, response.body)


def _record(
    request: Request, way: Way, headers: Headers, sides: tuple[Listener, Hop], keyed: Keyed
) -> None:
    """Record-Route, or Path (RFC 3327 §5): twice where it comes in by another socket than it goes
    out, so that each side sees the one that it can reach (RFC 5658 §3.2)."""
    came, hop = sides
    if request.method == "REGISTER":
        name = "Path"
    elif request.method in _RECORDED and request.headers.to.tag is None:
        name = "Record-Route"
    else:
        return
    far_flow = None if hop.contact is None else hop.flow
    passage = Passage(
        way.mode, way.passage.near, hop.trunk, name == "Path", way.passage.near_flow, far_flow
    )
    cookie = keyed.cookie(passage, headers.call_id)
    for listener in dict.fromkeys((came, hop.listener)):
        uri = f"sip:{listener.sent_by}{uri_transport(listener.transport)}"
        headers.add_first(name, f"<{uri};lr;{PARAMETER}={cookie}>")


def _uri(way: Way, hop: Hop) -> str:
    """§16.5: a domain that is not ours is left as it is."""
    if hop.contact is not None:
        return hop.contact
    if hop.uri is None or not way.ours:
        return way.uri
    asked = Uri.parse(way.uri)
    return str(Uri(asked.scheme, asked.user, hop.uri.host, hop.uri.port, hop.uri.params))
