"""TLS on one connection (RFC 3261 §26.3.1): bytes in, bytes out; no socket and no clock.

Not the event loop's own TLS: a peer is counted against its limits before its handshake begins, the
handshake is timed like a message, and the certificate is judged by the rules of SIP (RFC 5922).
"""

import ssl
from contextlib import suppress
from ipaddress import ip_address

from sbc.routing.certificate_names import identities
from sbc.transport.codec import Refused

CHUNK = 65_536
_HEADER = 5
"""Bytes before each record (RFC 8446 §5.1); the last two are its length."""


class TlsSession:
    __slots__ = (
        "_broken",
        "_head",
        "_in",
        "_left",
        "_object",
        "_out",
        "ended",
        "established",
        "names",
    )

    def __init__(
        self, context: ssl.SSLContext, *, server_side: bool, asked: str | None = None
    ) -> None:
        """`asked`: the name of the server that we want to speak with (SNI)."""
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._in, self._out, server_side, asked)
        self.established = False
        self.names: tuple[str, ...] = ()
        """Of the peer, verified; empty where it was not asked for a certificate."""
        self.ended = False
        """The peer said that it sends nothing more."""
        self._broken = False
        self._head = b""
        self._left = 0
        """Of the record that is coming in: what there is of its header, bytes still to come."""

    @property
    def midway(self) -> bool:
        """A record has begun and is not whole."""
        return self._left > 0 or bool(self._head)

    def begin(self) -> None:
        """The client speaks first."""
        self._shake()

    def receive(self, data: bytes) -> bytes:
        """What was said. Raises Refused; there may be an alert in `outgoing` then."""
        self._follow(data)
        self._in.write(data)
        try:
            if not self.established:
                self._shake()
            return self._read() if self.established else b""
        except ssl.SSLCertVerificationError as error:
            self._broken = True
            raise Refused(f"certificate: {error.verify_message}") from None
        except (ssl.SSLError, OSError) as error:
            self._broken = True
            what = "record" if self.established else "handshake"
            raise Refused(f"{what}: {_reason(error)}") from None

    def seal(self, data: bytes) -> None:
        if not self._broken:
            self._object.write(data)

    def outgoing(self) -> bytes:
        """What is to be written now."""
        return self._out.read()

    def close(self) -> None:
        """Say that nothing more comes."""
        if self.established and not self._broken:
            self._broken = True
            with suppress(ssl.SSLError):  # The peer has yet to say the same: no need to wait.
                self._object.unwrap()

    def _shake(self) -> None:
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return
        self.established = True
        certificate = self._object.getpeercert() or {}
        alternatives = certificate.get("subjectAltName", ())
        self.names = identities((str(pair[0]), str(pair[1])) for pair in alternatives)

    def _read(self) -> bytes:
        parts: list[bytes] = []
        with suppress(ssl.SSLWantReadError):
            while part := self._next():
                parts.append(part)
            self.ended = True
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _next(self) -> bytes:
        try:
            return self._object.read(CHUNK)
        except ssl.SSLZeroReturnError:
            return b""

    def _follow(self, data: bytes) -> None:
        """Count records: OpenSSL does not tell whether it waits for the rest of one."""
        at, end = 0, len(data)
        while at < end:
            if self._left:
                step = min(self._left, end - at)
                self._left -= step
                at += step
                continue
            step = min(_HEADER - len(self._head), end - at)
            self._head += data[at : at + step]
            at += step
            if len(self._head) == _HEADER:
                self._left = int.from_bytes(self._head[3:], "big")
                self._head = b""


def server_name(names: tuple[str, ...]) -> str | None:
    """Of those that are wanted, the one to ask for: the first that is no address (RFC 6066 §3)."""
    for name in names:
        try:
            ip_address(name.strip("[]"))
        except ValueError:
            return name
    return None


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or type(error).__name__
    return str(reason).replace("_", " ").lower()
