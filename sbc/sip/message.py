"""Requests and responses (RFC 3261 §7): from bytes, to bytes, and new ones."""

import re
from collections.abc import Sequence
from typing import Final

from sbc.sip.cseq import is_method
from sbc.sip.errors import BadMessage
from sbc.sip.grammar import number
from sbc.sip.headers import Headers
from sbc.sip.limits import DEFAULT, Limits
from sbc.sip.lines import guard, value_of
from sbc.sip.phrases import reason_phrase

_VERSION: Final = "SIP/2.0"
_OTHER_VERSION = re.compile(r"[Ss][Ii][Pp]/[0-9]++\.[0-9]++")
_MOST_LENGTH = 2**32 - 1
_COPIED_FIRST = ("via", "from", "to")
_COPIED_NEXT = ("call-id", "cseq")
_COPIED_NEXT_100 = (*_COPIED_NEXT, "timestamp")

_FieldList = Sequence[tuple[str, str]]


class Request:
    __slots__ = ("body", "headers", "method", "uri")

    def __init__(self, method: str, uri: str, headers: Headers, body: bytes = b"") -> None:
        self.method = method
        self.uri = uri
        """The Request-URI, as written."""
        self.headers = headers
        self.body = body

    def encode(self) -> bytes:
        return _encode(f"{self.method} {self.uri} {_VERSION}", self.headers, self.body)

    def __repr__(self) -> str:
        return f"<Request {self.method}>"


class Response:
    __slots__ = ("body", "headers", "reason", "status")

    def __init__(self, status: int, reason: str, headers: Headers, body: bytes = b"") -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body

    def encode(self) -> bytes:
        return _encode(f"{_VERSION} {self.status} {self.reason}", self.headers, self.body)

    def __repr__(self) -> str:
        return f"<Response {self.status}>"


def parse(data: bytes, limits: Limits = DEFAULT, *, datagram: bool = True) -> Request | Response:
    """Read one message. Of a datagram, what follows the body is dropped (RFC 3261 §18.3)."""
    if data.startswith(b"\r\n"):
        data = data.lstrip(b"\r\n")  # RFC 3261 §7.5
    end = data.find(b"\r\n\r\n")
    if end < 0:
        raise BadMessage(400, "No end of header")
    start, _, text = data[:end].decode("utf-8", "surrogateescape").partition("\r\n")
    if "\n" in start or "\r" in start or "\0" in start:
        raise BadMessage(400, "Stray line end")
    headers = Headers.parse(text, limits)
    body = data[end + 4 :]
    if start[:4].upper() == "SIP/":
        return _response(start, headers, _cut(headers, body, limits, datagram))
    method, _, uri = start.partition(" ")
    request = Request(method, uri.rpartition(" ")[0], headers)
    try:
        _check_start(start, len(data), limits)
        request.body = _cut(headers, body, limits, datagram)
    except BadMessage as bad:
        bad.request = request
        raise
    return request


def build_request(
    method: str,
    uri: str,
    fields: _FieldList,
    body: bytes = b"",
    content_type: str | None = None,
) -> Request:
    """A request with just these fields, and Content-Length."""
    guard(uri, 0)
    if " " in uri or not is_method(method):
        raise ValueError("bad request line")
    return Request(method, uri, _build([], fields, body, content_type), body)


def build_response(
    request: Request,
    status: int,
    reason: str | None = None,
    fields: _FieldList = (),
    body: bytes = b"",
    *,
    to_tag: str | None = None,
    content_type: str | None = None,
) -> Response:
    """A response to this request, with the fields that RFC 3261 §8.2.6.2 has us copy."""
    if reason is None:
        reason = reason_phrase(status)
    else:
        guard(reason, 0)
    headers = request.headers
    lines = headers.copied(_COPIED_FIRST)
    if to_tag and not _has_tag(headers):
        guard(to_tag, 0)
        lines[-1] = f"{lines[-1]};tag={to_tag}"
    lines += headers.copied(_COPIED_NEXT_100 if status == 100 else _COPIED_NEXT)
    return Response(status, reason, _build(lines, fields, body, content_type), body)


def _encode(start: str, headers: Headers, body: bytes) -> bytes:
    text = headers.text
    head = f"{start}\r\n{text}\r\n\r\n" if text else f"{start}\r\n\r\n"
    return head.encode("utf-8", "surrogateescape") + body


def _build(lines: list[str], fields: _FieldList, body: bytes, content_type: str | None) -> Headers:
    """Copied lines came through our parser and may hold a quoted NUL; the others are guarded."""
    own = [f"{name}: {value}" for name, value in fields]
    if content_type is not None:
        own.append(f"Content-Type: {content_type}")
    own.append(f"Content-Length: {len(body)}")
    text = "\r\n".join(own)
    guard(text, len(own) - 1)
    if not lines:
        return Headers.built(own, text)
    lines += own
    return Headers.built(lines, "\r\n".join(lines))


def _has_tag(headers: Headers) -> bool:
    try:
        return headers.to.tag is not None
    except BadMessage:
        return True  # left alone: it could not be understood


def _response(start: str, headers: Headers, body: bytes) -> Response:
    version, _, rest = start.partition(" ")
    status, _, reason = rest.partition(" ")
    if not _is_sip2(version):
        raise BadMessage(505, "Version not supported")
    if len(status) != 3 or not status.isascii() or not status.isdigit():
        raise BadMessage(400, "Bad status line")
    return Response(int(status), reason, headers, body)


def _check_start(start: str, size: int, limits: Limits) -> None:
    if size > limits.bytes:
        raise BadMessage(513, "Message too large")
    parts = start.split(" ")
    if not _is_sip2(parts[-1]):
        other = _OTHER_VERSION.fullmatch(parts[-1])
        raise BadMessage(505, "Version not supported") if other else BadMessage(400, "Bad version")
    if len(parts) != 3 or not parts[1] or not is_method(parts[0]):
        raise BadMessage(400, "Bad request line")


def _is_sip2(version: str) -> bool:
    return version == _VERSION or (version.isascii() and version.upper() == _VERSION)


def _cut(headers: Headers, body: bytes, limits: Limits, datagram: bool) -> bytes:
    """The body, as long as Content-Length says."""
    found = headers.lines("content-length")
    if len(found) > 1:
        raise BadMessage(400, "Repeated Content-Length")
    have = len(body)
    if found:
        length = number(value_of(found[0]), _MOST_LENGTH, "Content-Length")
    elif datagram or not body:
        length = have
    else:
        raise BadMessage(400, "Missing Content-Length")
    if length > limits.body:
        raise BadMessage(413, "Body too large")
    if length > have:
        raise BadMessage(400, "Body shorter than Content-Length")
    return body[:length] if length < have else body
