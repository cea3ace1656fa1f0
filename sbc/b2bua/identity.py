"""Who calls whom, as the other side may see it: From, To and Request-URI rebuilt with its own
hosts.

A user part and a display name cross, since they are the call; every host is replaced (S1, Z4).
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import quote, unquote

from sbc.routing.listeners import uri_transport
from sbc.routing.targets import Target
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.host import format_host
from sbc.sip.message import Request
from sbc.sip.uri import Uri

ANONYMOUS_HOST = "anonymous.invalid"
"""RFC 3323 §4.1.1.3: says nothing, so it may stand."""
_SAFE = "-_.!~*'()&=+$,?/"
"""`unreserved` and `user-unreserved` of RFC 3261 §25 without `;`, which some take for the start of
parameters."""
_LONGEST = 128


@dataclass(frozen=True, slots=True)
class Parties:
    """The two users of a call, free of hosts."""

    called: str
    """Unescaped user part of the Request-URI."""
    called_display: str
    to_user: str
    caller: str
    caller_display: str
    anonymous: bool


def parties(request: Request) -> Parties:
    """Read from an initial INVITE. Raises BadMessage for a URI that names nobody."""
    uri = Uri.parse(request.uri)
    if uri.scheme == "sips":
        raise BadMessage(416, "TLS all the way cannot be had")  # RFC 5630 §3.1.1
    called = user_of(uri)
    if not called:
        raise BadMessage(404, "The Request-URI names nobody")
    from_, to = request.headers.from_, request.headers.to
    from_uri = Uri.parse(from_.uri)
    return Parties(
        called=called,
        called_display=printable(to.display),
        to_user=user_of(Uri.parse(to.uri)) or called,
        caller=user_of(from_uri),
        caller_display=printable(from_.display),
        anonymous=from_uri.host.lower() == ANONYMOUS_HOST,
    )


def user_of(uri: Uri) -> str:
    """The user without password and user parameters, unescaped; the number of a tel URI.

    Nobody, where a URI of another scheme may hold a host just as well.
    """
    if uri.scheme in {"sip", "sips"}:
        user = (uri.user or "").partition(":")[0]
    elif uri.scheme == "tel":
        user = uri.host
    else:
        return ""
    user = user.partition(";")[0]
    return printable(unquote(user, errors="replace") if "%" in user else user)


def request_uri(called: str, target: Target) -> str:
    """Where the call goes: the called user at the target's own address, or the phone itself."""
    if target.contact is not None:
        return target.contact
    return f"sip:{escaped(called)}@{_host_port(target)}"


@lru_cache(maxsize=4096)
def escaped(user: str) -> str:
    return quote(user, safe=_SAFE)


def at(user: str, host: str) -> str:
    """An address of ours for that user."""
    return f"<sip:{escaped(user)}@{host}>"


def anonymous(who: Parties) -> Parties:
    """The caller unnamed (RFC 3323 §4.1.1.3)."""
    return replace(who, caller="anonymous", caller_display="Anonymous", anonymous=True)


def from_field(who: Parties, domain: str, tag: str) -> str:
    host = ANONYMOUS_HOST if who.anonymous else domain
    user = f"{escaped(who.caller)}@" if who.caller else ""
    return f"{NameAddr(who.caller_display, f'sip:{user}{host}', ())};tag={tag}"


def to_field(who: Parties, domain: str) -> str:
    return str(NameAddr(who.called_display, f"sip:{escaped(who.to_user)}@{domain}", ()))


def _host_port(target: Target) -> str:
    host = uri_host(target)
    port = f":{target.uri.port}" if target.uri.port else ""
    return f"{host}{port}{uri_transport(target.flow.transport)}"


def uri_host(target: Target) -> str:
    return format_host(target.uri.host)


def printable(text: str) -> str:
    if not text.isprintable():
        text = "".join(each for each in text if each.isprintable())
    return text[:_LONGEST]
