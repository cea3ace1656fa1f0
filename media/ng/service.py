"""From bytes to bytes: cookies, forms, and what becomes of a fault of ours.

The transports differ only in how a message is framed; all of them end here.
"""

from collections.abc import Callable, Hashable

from media.ng.cookies import Cookies
from media.ng.core import NgCore
from media.ng.message import BadNg, error, form_of, read, split, write

LARGEST_REPLY = 65_507
"""Bytes of a UDP datagram over IPv4."""


class Service:
    def __init__(self, core: NgCore, fault: Callable[[str | None], None], now: float) -> None:
        """`fault` is told while the exception stands, with the call that it costs."""
        self._core = core
        self._fault = fault
        self._cookies = Cookies(now)

    def datagram(
        self, data: bytes, client: Hashable, address: str, now: float, largest: int = 1 << 30
    ) -> bytes | None:
        """The reply with its cookie; None where there is no cookie to answer to.

        `client` is whom the cookie belongs to, `address` whose request is counted.
        """
        framed = split(data)
        if framed is None:
            return None
        reply = self._cookies.reply_to(client, framed.cookie, now)
        if reply is None:
            reply = framed.cookie + b" " + self.document(framed.document, address, now)
            if len(reply) > largest:
                refusal = write(error("The reply is too long for UDP"), form_of(framed.document))
                reply = framed.cookie + b" " + refusal
            self._cookies.store(client, framed.cookie, reply, now)
        return reply

    def document(self, document: bytes, address: str, now: float) -> bytes:
        """The reply to a message without its cookie."""
        form = form_of(document)
        try:
            message = read(document)
        except BadNg as bad:
            return write(error(str(bad)), form)
        try:
            return write(self._core.message(message, address, now), form)
        except Exception:
            call = self._core.current
            self._fault(call)
            if call is not None:
                self._core.discard(call, now)
            return write(error("Internal error"), form)
