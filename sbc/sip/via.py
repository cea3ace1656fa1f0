"""Via: the way back (RFC 3261 §20.42; `rport` and `received` by RFC 3581)."""

from functools import lru_cache

from msgspec import Struct

from sbc.sip.errors import BadMessage
from sbc.sip.grammar import Params, format_params, is_token, param, parse_params
from sbc.sip.host import format_host, parse_host_port

_WORTH_KEEPING = 256
_COMMON = frozenset(("UDP", "TCP", "TLS", "SCTP", "WS", "WSS"))


class Via(Struct, frozen=True):
    transport: str
    """In upper case."""

    host: str
    """Sent-by, without brackets."""

    port: int | None = None
    params: Params = ()

    @staticmethod
    def parse(text: str) -> "Via":
        return _parse_cached(text) if len(text) <= _WORTH_KEEPING else _parse(text)

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return (
            f"SIP/2.0/{self.transport} {format_host(self.host)}{port}{format_params(self.params)}"
        )

    @property
    def branch(self) -> str | None:
        return param(self.params, "branch")

    @property
    def received(self) -> str | None:
        """Without the brackets that some put around an IPv6 address (RFC 5118 §4.5)."""
        address = param(self.params, "received")
        return address.strip("[]") if address else None

    @property
    def rport(self) -> int | None:
        """The port that was filled in, if any; see `asks_rport`."""
        text = param(self.params, "rport")
        return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None

    @property
    def asks_rport(self) -> bool:
        return param(self.params, "rport") is not None

    def with_source(self, ip: str, port: int, *, always: bool = False) -> "Via":
        """Note where the request really came from (RFC 3261 §18.2.1, RFC 3581 §4).

        `always`: even when the sender did not ask and its sent-by is right.
        """
        fill = always or self.asks_rport
        if not fill and self.host == ip and param(self.params, "received") is None:
            return self
        params = [pair for pair in self.params if pair[0] not in ("received", "rport")]
        if fill or self.host != ip:
            params.append(("received", ip))
        if fill:
            params.append(("rport", str(port)))
        return Via(self.transport, self.host, self.port, tuple(params))


def _parse(text: str) -> Via:
    head, semicolon, rest = text.partition(";")
    parts = head.split("/", 2)
    if len(parts) != 3 or not _is_sip2(parts[0], parts[1]):
        raise BadMessage(400, "Bad protocol")
    transport, _, sent_by = parts[2].replace("\t", " ").strip(" ").partition(" ")
    if transport not in _COMMON:
        if not is_token(transport):
            raise BadMessage(400, "Bad transport")
        transport = transport.upper()
    host, port = parse_host_port(sent_by.strip(" "))
    return Via(transport, host, port, parse_params(semicolon + rest))


_parse_cached = lru_cache(maxsize=1024)(_parse)  # the same Via comes with every response


def _is_sip2(name: str, version: str) -> bool:
    if name == "SIP" and version == "2.0":
        return True
    name = name.strip(" \t")
    return name.isascii() and name.upper() == "SIP" and version.strip(" \t") == "2.0"
