"""Refer-To across the border (RFC 3515): the user it names, at our own address."""

from sbc.b2bua.identity import at, user_of
from sbc.routing.listeners import Listener
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request
from sbc.sip.uri import Uri


def refer_to(request: Request, listener: Listener) -> str | None:
    """The value for the other side, or None if there is nobody in it.

    The new call then comes through us, which knows where that user is. A Replaces in the URI names
    a dialog that the other side has never seen; without a translation it must not cross.
    """
    value = request.headers.get("refer-to")
    if value is None:
        return None
    try:
        user = user_of(Uri.parse(NameAddr.parse(value).uri))
    except BadMessage:
        return None
    if not user:
        return None
    return at(user, listener.sent_by)
