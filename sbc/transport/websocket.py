"""SIP over WebSocket (RFC 7118), the server's side of one connection. Pure: bytes in, bytes out.

RFC 6455 itself is wsproto's work; here stands who is let in, and that one WebSocket message is one
SIP message, no larger than the zone allows.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from sbc.transport.codec import PONG, Answer, Refused

SUBPROTOCOL = "sip"
LINE_END = b"\r\n"


@dataclass(frozen=True, slots=True)
class Door:
    """Who is let in."""

    path: str = "/"
    origins: frozenset[str] = frozenset()
    """Empty: scripts of every page. A client that names no origin is no browser, and is let in:
    it could as well name any, so that nothing would be won by refusing it."""

    def refusal(self, request: Request) -> int | None:
        """The HTTP status for one who is not."""
        origins = [v for k, v in request.extra_headers if k.lower() == b"origin"]
        if request.target.partition("?")[0] != self.path:
            return 404
        if self.origins and (len(origins) > 1 or not self._known(origins)):
            return 403
        return None if SUBPROTOCOL in request.subprotocols else 400

    def _known(self, origins: Sequence[bytes]) -> bool:
        return all(o.decode("latin-1").lower().rstrip("/") in self.origins for o in origins)


class WebSocket:
    __slots__ = ("_connection", "_door", "_fault", "_most", "_text", "midway", "ready")

    def __init__(self, door: Door, most: int) -> None:
        """`most`: bytes of one message."""
        self.ready = False
        self._connection = WSConnection(ConnectionType.SERVER)
        self._door = door
        self._most = most
        self._text = bytearray()
        self.midway = False
        self._fault: Refused | None = None

    def receive(self, data: bytes) -> Sequence[bytes | Answer]:
        if self._fault is not None:
            raise self._fault
        items: list[bytes | Answer] = []
        if not data:
            return items
        try:
            self._connection.receive_data(data)
            for event in self._connection.events():
                self._on(event, items)
        except (RemoteProtocolError, LocalProtocolError) as error:
            self._broken(error, items)
        except Refused as fault:
            self._fault = fault
        if self._fault is not None and not items:
            raise self._fault
        return items

    def encode(self, message: bytes) -> bytes:
        try:
            return self._connection.send(TextMessage(message.decode()))
        except UnicodeDecodeError:
            return self._connection.send(BytesMessage(message))

    def ping(self) -> bytes:
        return self._connection.send(Ping())

    def farewell(self) -> bytes:
        try:
            return self._connection.send(CloseConnection(CloseReason.GOING_AWAY))
        except LocalProtocolError:  # It was not open, or is closed already.
            return b""

    def _on(self, event: Event, items: list[bytes | Answer]) -> None:
        match event:
            case Request():
                self._enter(event, items)
            case TextMessage():
                self._part(event.data.encode(), items, whole=event.message_finished)
            case BytesMessage():
                self._part(bytes(event.data), items, whole=event.message_finished)
            case Ping():
                items.append(Answer(self._connection.send(event.response())))
            case Pong():
                items.append(Answer(b""))
            case CloseConnection():
                items.append(Answer(self._connection.send(event.response()), last=True))
            case _:
                pass

    def _enter(self, request: Request, items: list[bytes | Answer]) -> None:
        status = self._door.refusal(request)
        if status is None:
            accept = AcceptConnection(subprotocol=SUBPROTOCOL)
            items.append(Answer(self._connection.send(accept)))
            self.ready = True
            return
        reject = RejectConnection(status_code=status, headers=[(b"content-length", b"0")])
        items.append(Answer(self._connection.send(reject)))
        raise Refused(f"upgrade refused: {status}")

    def _part(self, data: bytes, items: list[bytes | Answer], *, whole: bool) -> None:
        self._text += data
        if len(self._text) > self._most:
            close = CloseConnection(CloseReason.MESSAGE_TOO_BIG)
            items.append(Answer(self._connection.send(close)))
            raise Refused("message too large")
        self.midway = not whole
        if whole:
            message = bytes(self._text)
            self._text.clear()
            self._message(message, items)

    def _message(self, message: bytes, items: list[bytes | Answer]) -> None:
        text = message.lstrip(LINE_END)
        if text:
            items.append(text)
        elif len(message) >= 2 * len(LINE_END):
            items.append(Answer(self.encode(PONG)))
        else:
            items.append(Answer(b""))

    def _broken(self, error: Exception, items: list[bytes | Answer]) -> None:
        """Against RFC 6455. It says what to answer, if anything."""
        hint = getattr(error, "event_hint", None)
        if isinstance(hint, RejectConnection | CloseConnection):
            with suppress(LocalProtocolError):  # It has been closed already.
                items.append(Answer(self._connection.send(hint)))
        self._fault = Refused(f"not WebSocket: {error}")
