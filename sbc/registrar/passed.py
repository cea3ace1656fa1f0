"""What a REGISTER says to the registrar behind us, and what its answer says to the phone: the one
list of both (RFC 3261 §10, RFC 3327, RFC 3608, RFC 5626, RFC 5627, RFC 8599).

No address of either side crosses. The phone's Contact becomes a name that only that registrar
knows; parameters which tell what the phone is and can do stay.
"""

from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b

from sbc.registrar.binding import Binding
from sbc.routing.listeners import Listener, uri_transport
from sbc.sip.address import NameAddr
from sbc.sip.digest import Challenge, parse_info
from sbc.sip.errors import BadMessage
from sbc.sip.grammar import Params, is_token, number, unquote
from sbc.sip.headers import Headers
from sbc.sip.message import Request, Response
from sbc.sip.uri import Uri

Field = tuple[str, str]

OPTION_TAGS = ("path", "outbound", "gruu")
"""Of the phone's Supported and Require, what goes on."""
_FEATURES = frozenset(
    (
        *("reg-id", "methods", "audio", "video", "text", "data", "control", "application"),
        *("automata", "class", "duplex", "mobility", "events", "priority", "schemes"),
        *("extensions", "isfocus", "actor"),
    )
)
"""Contact parameters of RFC 3840 and RFC 5626; those of the `+` kind besides."""
_PUSH = ("pn-provider", "pn-param", "pn-prid")
"""Of the Contact URI (RFC 8599 §4)."""
_LONGEST, _MOST = 512, 8
_SHIFT = 28
_STEP = 8
"""Our numbers between two of the phone: as many times a challenge may be answered."""


# --- to the registrar -----------------------------------------------------------------------------


def contact(binding: Binding, seconds: int, listener: Listener) -> str:
    """The phone as the registrar shall call it."""
    uri = Uri.parse(binding.uri)
    pushed = "".join(f";{n}={v}" for n, v in uri.params if n in _PUSH and v and len(v) < _LONGEST)
    where = f"sip:{binding.token}@{listener.sent_by}{uri_transport(listener.transport)}{pushed}"
    params = (*features(binding.params), ("q", f"{binding.q:.3g}"), ("expires", str(seconds)))
    return str(NameAddr("", where, params))


def features(params: Params) -> Params:
    return tuple(
        (name, value)
        for name, value in params
        if (name in _FEATURES or name.startswith("+")) and len(value or "") < _LONGEST
    )


def path(token: str, listener: Listener, *, first_hop: bool) -> str:
    """RFC 3327 §4; `ob` says that the flow ends here (RFC 5626 §5.1)."""
    where = f"sip:{token}@{listener.sent_by}{uri_transport(listener.transport)}"
    return f"<{where};lr{';ob' if first_hop else ''}>"


def numbered(request: Request, key: bytes, *whose: str) -> tuple[str, int]:
    """Call-ID and CSeq: as steady as the phone's own, and nothing of them to be seen."""
    headers = request.headers
    turns, within = divmod(headers.cseq.number, 1 << _SHIFT)
    text = "\n".join((*whose, str(turns), headers.call_id))
    digest = blake2b(text.encode("utf-8", "surrogateescape"), key=key, digest_size=16)
    return digest.hexdigest(), within * _STEP + 1


def option_tags(tags: Collection[str]) -> str:
    return ", ".join(each for each in OPTION_TAGS if each in tags)


# --- to the phone ---------------------------------------------------------------------------------


def granted(response: Response) -> dict[str, tuple[int, Params]]:
    """By token: for how long, and the other parameters. Raises BadMessage."""
    found = {}
    for each in response.headers.contacts:
        token = Uri.parse(each.uri).user
        asked = each.param("expires")
        seconds = response.headers.expires if asked is None else number(asked, 2**32 - 1, "expires")
        if token:
            found[token] = (seconds or 0, each.params)
    return found


def gruus(params: Params, domains: Collection[str]) -> Params:
    """Of a Contact in the answer: only those which name a domain of ours (RFC 5627 §4.2)."""
    return tuple(
        (name, value)
        for name, value in params
        if name in {"pub-gruu", "temp-gruu"} and value and _is_of(value, domains)
    )


def _is_of(value: str, domains: Collection[str]) -> bool:
    text = unquote(value) if value.startswith('"') else value
    try:
        return len(text) < _LONGEST and Uri.parse(text).host.lower() in domains
    except BadMessage:
        return False


def service_route(headers: Headers) -> tuple[str, ...]:
    """RFC 3608 §6.3; None of it, if it is beyond all measure."""
    routes = headers.elements("service-route")
    if len(routes) > _MOST or any(len(each) > _LONGEST for each in routes):
        return ()
    try:
        return tuple(f"<{Uri.parse(NameAddr.parse(each).uri)}>" for each in routes)
    except BadMessage:
        return ()


_CHALLENGES: Mapping[int, tuple[str, str]] = {
    401: ("www-authenticate", "WWW-Authenticate"),
    407: ("proxy-authenticate", "Proxy-Authenticate"),
}


def challenges(response: Response) -> tuple[Field, ...]:
    """Of a registrar that knows the phones itself."""
    name, written = _CHALLENGES[response.status]
    found = []
    for text in response.headers.all(name)[:_MOST]:
        try:
            found.append((written, str(Challenge.parse(text[:_LONGEST]))))
        except BadMessage:
            continue  # of another scheme than Digest
    return tuple(found)


def credentials(headers: Headers) -> tuple[Field, ...]:
    """The phone's own, for a registrar that knows it."""
    return tuple(
        (written, text)
        for name, written in (
            ("authorization", "Authorization"),
            ("proxy-authorization", "Proxy-Authorization"),
        )
        for text in headers.all(name)[:_MOST]
        if len(text) < 2 * _LONGEST
    )


def authentication_info(headers: Headers) -> tuple[Field, ...]:
    text = headers.get("authentication-info")
    if text is None or len(text) > _LONGEST:
        return ()
    try:
        parse_info(text)
    except BadMessage:
        return ()
    return (("Authentication-Info", text),)


def refusal_fields(response: Response) -> tuple[Field, ...]:
    """What a phone needs of a refusal: how long it must ask for, and what it must not ask."""
    headers, found = response.headers, []
    for name, written in (("min-expires", "Min-Expires"), ("retry-after", "Retry-After")):
        text = (headers.get(name) or "").partition("(")[0].partition(";")[0].strip()
        if text.isascii() and text.isdigit() and len(text) < 10:
            found.append((written, text))
    unknown = [each for each in headers.elements("unsupported")[:_MOST] if is_token(each)]
    if unknown:
        found.append(("Unsupported", ", ".join(unknown)))
    return tuple(found)


def push(headers: Headers) -> tuple[Field, ...]:
    """That somebody there can wake the phone (RFC 8599 §4.1.1)."""
    found: Sequence[str] = headers.elements("feature-caps")
    kept = [each for each in found[:_MOST] if each.startswith("*;+sip.pn") and len(each) < _LONGEST]
    return tuple(("Feature-Caps", each) for each in kept)
