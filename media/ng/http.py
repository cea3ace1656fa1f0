"""NG over HTTP (RFC 9112) and WebSocket (RFC 6455), and what else is asked on that port.

`POST /ng` has a message with its cookie, `POST /ng-plain` one without; `GET /ping` and `GET
/metrics` are for those who watch. As WebSocket subprotocols the two are `ng.rtpengine.com` and
`ng-plain.rtpengine.com`.
"""

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from media.ng.service import Service
from media.ng.tcp import LONGEST_MESSAGE
from media.ng.websocket import PLAIN, SUBPROTOCOLS, WebSocket, accept_key

LONGEST_HEAD = 8192
"""Bytes of the request line and the fields."""

_REQUEST = re.compile(r"([A-Z]{1,16}) (/[!-~]{0,255}) HTTP/1\.([01])")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}):[ \t]*([ -~\t]*?)[ \t]*")
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 411: "Length Required"} | {
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
}
NG_TYPE, JSON_TYPE, TEXT = "application/x-rtpengine-ng", "application/json", "text/plain"


@dataclass(frozen=True, slots=True)
class _Head:
    method: str
    path: str
    fields: dict[str, str]
    keep: bool
    """The connection goes on behind the response."""


class _Bad(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class HttpTalk:
    """What one client says; after an upgrade it is a WebSocket."""

    __slots__ = ("_address", "_client", "_data", "_head", "_metrics", "_service", "_socket", "over")

    def __init__(
        self, service: Service, client: Hashable, address: str, metrics: Callable[[float], str]
    ) -> None:
        self._service = service
        self._client = client
        self._address = address
        self._metrics = metrics
        self._data = bytearray()
        self._head: _Head | None = None
        self._socket: WebSocket | None = None
        self.over = False

    @property
    def waits(self) -> bool:
        return self._socket.waits if self._socket is not None else bool(self._data or self._head)

    def receive(self, data: bytes, now: float) -> bytes:
        if self._socket is not None:
            return self._by_socket(data, now)
        self._data += data
        replies = []
        try:
            while not self.over and (reply := self._one(now)) is not None:
                replies.append(reply)
        except _Bad as bad:
            self.over = True
            replies.append(_response(bad.status, TEXT, b"", keep=False))
        return b"".join(replies)

    def _one(self, now: float) -> bytes | None:
        if self._socket is not None:
            data, self._data = bytes(self._data), bytearray()
            return self._by_socket(data, now) if data else None
        if self._head is None:
            self._head = self._read_head()
        head = self._head
        if head is None:
            return None
        body = self._read_body(head)
        if body is None:
            return None
        self._head = None
        if head.fields.get("upgrade", "").lower() == "websocket":
            return self._upgraded(head)
        self.over = not head.keep
        return self._answer(head, body, now)

    def _read_head(self) -> _Head | None:
        end = self._data.find(b"\r\n\r\n", 0, LONGEST_HEAD)
        if end < 0:
            if len(self._data) >= LONGEST_HEAD:
                raise _Bad(431)
            return None
        lines = self._data[:end].decode("latin-1").split("\r\n")
        del self._data[: end + 4]
        return _head(lines)

    def _read_body(self, head: _Head) -> bytes | None:
        if "transfer-encoding" in head.fields:
            raise _Bad(411)
        text = head.fields.get("content-length", "0")
        if not text.isascii() or not text.isdigit() or len(text) > 10:
            raise _Bad(400)
        length = int(text)
        if length > LONGEST_MESSAGE:
            raise _Bad(413)
        if len(self._data) < length:
            return None
        body = bytes(self._data[:length])
        del self._data[:length]
        return body

    def _answer(self, head: _Head, body: bytes, now: float) -> bytes:
        kind = head.fields.get("content-type", "").partition(";")[0].strip().lower()
        reply: bytes | None = None
        match head.method, head.path:
            case "GET", "/ping":
                kind, reply = TEXT, b"pong"
            case "GET", "/metrics":
                kind, reply = TEXT, self._metrics(now).encode()
            case "POST", "/ng" if kind == NG_TYPE:
                reply = self._service.datagram(body, self._client, self._address, now)
            case "POST", "/ng-plain" if kind in {NG_TYPE, JSON_TYPE}:
                reply = self._service.document(body, self._address, now)
            case _:
                return _response(404, TEXT, b"", keep=head.keep)
        if reply is None:
            return _response(400, TEXT, b"", keep=head.keep)
        return _response(200, kind, reply, keep=head.keep)

    # --- WebSocket --------------------------------------------------------------------------------

    def _upgraded(self, head: _Head) -> bytes:
        names = [each.strip() for each in head.fields.get("sec-websocket-protocol", "").split(",")]
        name = next((each for each in names if each in SUBPROTOCOLS), None)
        key = head.fields.get("sec-websocket-key", "")
        version = head.fields.get("sec-websocket-version")
        if name is None or not key or version != "13" or head.method != "GET":
            raise _Bad(400)
        self._socket = WebSocket(name == PLAIN, LONGEST_MESSAGE)
        return (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(key)}\r\nSec-WebSocket-Protocol: {name}\r\n\r\n"
        ).encode()

    def _by_socket(self, data: bytes, now: float) -> bytes:
        assert self._socket is not None
        out = bytearray()
        for message in self._socket.receive(data):
            if self._socket.plain:
                reply: bytes | None = self._service.document(message.data, self._address, now)
            else:
                reply = self._service.datagram(message.data, self._client, self._address, now)
            if reply is not None:
                out += self._socket.message(reply, message.text)
        out += self._socket.taken_out()
        self.over = self._socket.over
        return bytes(out)


def _head(lines: list[str]) -> _Head:
    request = _REQUEST.fullmatch(lines[0])
    if request is None:
        raise _Bad(400)
    fields: dict[str, str] = {}
    for line in lines[1:]:
        field = _FIELD.fullmatch(line)
        if field is None or (field[1].lower() == "content-length" and "content-length" in fields):
            raise _Bad(400)
        fields[field[1].lower()] = field[2]
    connection = fields.get("connection", "").lower()
    keep = "keep-alive" in connection if request[3] == "0" else "close" not in connection
    return _Head(request[1], request[2].partition("?")[0], fields, keep)


def _response(status: int, kind: str, body: bytes, *, keep: bool) -> bytes:
    connection = "keep-alive" if keep else "close"
    return (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: {connection}\r\n\r\n"
    ).encode() + body
