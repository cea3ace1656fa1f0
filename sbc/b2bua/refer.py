"""Refer-To (RFC 3515 §2.1): whom it names, what dialog (RFC 3891 §4), and how it may cross the
border."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from sbc.b2bua.identity import at, escaped, user_of
from sbc.b2bua.replaces import Replaces
from sbc.routing.listeners import Listener
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request
from sbc.sip.uri import Uri

_MOST_FIELDS = 16


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the one who is referred shall do; whatever else the URI says is left out."""

    number: str
    """Whom to call."""
    replaces: Replaces | None = None
    """The call to take the place of."""


def wanted(request: Request) -> Wanted:
    """For us to carry out. Raises BadMessage: 400 for what names nobody, 603 for another method
    than INVITE."""
    values = request.headers.all("refer-to")
    if len(values) != 1:
        raise BadMessage(400, "Not one Refer-To")
    uri = Uri.parse(NameAddr.parse(values[0]).uri)
    number = user_of(uri)
    if not number:
        raise BadMessage(400, "Refer-To names nobody")
    if (uri.param("method") or "INVITE") != "INVITE":
        raise BadMessage(603, "Refer-To asks for no call")
    return Wanted(number, replaces_in(uri))


def replaces_in(uri: Uri) -> Replaces | None:
    """Raises BadMessage for one that names no dialog, and for several."""
    pairs = [each.partition("=") for each in uri.headers.split("&", _MOST_FIELDS)]
    found = [unquote(value) for name, _, value in pairs if unquote(name).lower() == "replaces"]
    if len(found) > 1:
        raise BadMessage(400, "Several Replaces")
    return Replaces.parse(found[0]) if found else None


def refer_to(
    request: Request,
    listener: Listener,
    known_as: Callable[[Replaces], Replaces | None] = lambda _: None,
) -> str | None:
    """The value for the other side, or None if there is nobody in it.

    The new call then comes through us, which knows where that user is. A Replaces names a dialog
    that the other side has never seen: it crosses only as what `known_as` makes of it.
    """
    value = request.headers.get("refer-to")
    if value is None:
        return None
    try:
        uri = Uri.parse(NameAddr.parse(value).uri)
    except BadMessage:
        return None
    user = user_of(uri)
    if not user:
        return None
    try:
        replaces = replaces_in(uri)
    except BadMessage:
        replaces = None
    there = known_as(replaces) if replaces is not None else None
    if there is None:
        return at(user, listener.sent_by)
    return f"<sip:{escaped(user)}@{listener.sent_by}?Replaces={quote(str(there), safe='')}>"
