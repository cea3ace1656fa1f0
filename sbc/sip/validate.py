"""Is a parsed message fit to be worked on? RFC 3261 §8.2.2 and §16.3, outcomes as in RFC 4475.

What needs policy is not asked here: 405, 415, 420, 483 are for the layers above.
"""

from collections.abc import Callable
from operator import attrgetter

from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.headers import Headers
from sbc.sip.message import Request, Response
from sbc.sip.names import SPELLING
from sbc.sip.uri import Uri

SCHEMES = frozenset(("sip", "sips", "tel"))

_ONE_CONTACT = frozenset(("INVITE", "NOTIFY", "REFER", "SUBSCRIBE", "UPDATE"))

_MANDATORY = attrgetter("call_id", "cseq", "from_.uri", "to.uri", "vias")
"""Max-Forwards and tags are not asked for: RFC 2543 had none (RFC 4475 §3.4.1)."""

_SINGLE = frozenset(
    (
        "call-id",
        "content-disposition",
        "content-length",
        "content-type",
        "cseq",
        "date",
        "event",
        "expires",
        "from",
        "max-forwards",
        "mime-version",
        "min-expires",
        "min-se",
        "rack",
        "refer-to",
        "referred-by",
        "replaces",
        "retry-after",
        "rseq",
        "session-expires",
        "subscription-state",
        "timestamp",
        "to",
    )
)
"""Fields that may stand only once: a second one is how a message is made to mean two things."""


def check_request(request: Request) -> None:
    """Raises `BadMessage`, with `.request` set, when the request must be refused as it stands."""
    try:
        _check_request(request)
    except BadMessage as bad:
        bad.request = request
        raise


def check_response(response: Response) -> None:
    """Raises `BadMessage` when the response must be dropped."""
    if not 100 <= response.status <= 699:
        raise BadMessage(400, "Bad status")
    _check_headers(response.headers)


def _check_request(request: Request) -> None:
    headers = request.headers
    uri = Uri.parse(request.uri)
    if uri.scheme not in SCHEMES:
        raise BadMessage(416, "Unsupported URI scheme")
    if uri.headers:
        raise BadMessage(400, "Headers in Request-URI")  # RFC 3261 §19.1.1
    _check_headers(headers)
    if headers.cseq.method != request.method:
        raise BadMessage(400, "CSeq method does not match")
    if request.method in _ONE_CONTACT and len(headers.contacts) > 1:
        raise BadMessage(400, "Several Contacts")  # RFC 3261 §8.1.1.8
    if request.method == "PRACK" and not headers.has("rack"):
        raise BadMessage(400, "Missing RAck")


def _check_headers(headers: Headers) -> None:
    present = headers.present()
    names = headers.names()
    if len(present) != len(names):
        _check_single(names)
    _, _, sender, receiver, vias = _MANDATORY(headers)
    Uri.parse(sender)
    Uri.parse(receiver)
    if not vias:
        raise BadMessage(400, "Bad Via" if "via" in present else "Missing Via")
    for name in _OPTIONAL.keys() & present:
        _OPTIONAL[name](headers)


def _check_single(names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen and name in _SINGLE:
            raise BadMessage(400, f"Repeated {SPELLING[name]}")
        seen.add(name)


def _check_contacts(headers: Headers) -> None:
    contacts = headers.contacts
    if len(contacts) == 1 and contacts[0].uri == "*" and headers.cseq.method == "REGISTER":
        return
    for contact in contacts:
        Uri.parse(contact.uri)


def _check_routes(headers: Headers) -> None:
    for route in (*headers.route, *headers.record_route):
        Uri.parse(NameAddr.parse(route).uri)


def _check_date(headers: Headers) -> None:
    if not (headers.get("date") or "").endswith("GMT"):
        raise BadMessage(400, "Bad Date")  # RFC 3261 §20.17


_OPTIONAL: dict[str, Callable[[Headers], object]] = {
    "contact": _check_contacts,
    "date": _check_date,
    "expires": attrgetter("expires"),
    "max-forwards": attrgetter("max_forwards"),
    "rack": attrgetter("rack"),
    "record-route": _check_routes,
    "route": _check_routes,
    "rseq": attrgetter("rseq"),
}
