"""Where a trunk's calls are sent: the SIP URI of an endpoint (RFC 3261 §19.1) as a socket address.

Only what this program can act upon is taken; the rest is refused rather than quietly ignored.
"""

import re
from dataclasses import dataclass
from typing import Literal

from config.addresses import IpAddress, parse_address
from config.problems import Misread, did_you_mean, quoted

DEFAULT_PORT = {"udp": 5060, "tcp": 5060, "tls": 5061}
TRANSPORTS = ("udp", "tcp", "tls")

Dialled = Literal["udp", "tcp", "tls"]
"""A WebSocket client is called on the connection that it has made (RFC 7118 §5)."""

_URI = re.compile(
    r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*):"
    r"(?:(?P<user>[^@]*)@)?"
    r"(?:\[(?P<host6>[^\[\]]*)\]|(?P<host>[^:;?\[\]]*))"
    r"(?::(?P<port>[^;?]*))?"
    r"(?P<params>(?:;[^;?]*)*)"
    r"(?:\?(?P<headers>.*))?"
)

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}$)(?:{_LABEL}\.)*(?![0-9]+$){_LABEL}")
"""A host name (RFC 1123 §2.1); one that ends like an address is none."""


@dataclass(frozen=True, slots=True)
class Target:
    transport: Dialled
    """For a name: what it is if the DNS does not say (RFC 3263 §4.1)."""
    address: IpAddress | None
    """None: the host is a name, which is looked up."""
    port: int


def parse_endpoint(uri: str) -> Target:
    """Raises `Misread`."""
    found = _URI.fullmatch(uri)
    if found is None:
        raise Misread(f"{quoted(uri)} is not a SIP URI", "write it like sip:192.0.2.1:5060")
    if found["scheme"].lower() not in ("sip", "sips"):
        raise Misread(f"{quoted(uri)} is not a SIP URI", "write it like sip:192.0.2.1:5060")
    if found["user"] is not None:
        raise Misread("an endpoint has no user part", "the number called comes from the call")
    if found["headers"] is not None:
        raise Misread("headers in an endpoint are not sent", "remove what begins with `?`")
    secure = found["scheme"].lower() == "sips"
    transport = _transport(found["params"], "tls" if secure else "udp")
    if secure and transport == "udp":
        raise Misread("`sips` goes over TLS, not over UDP", "write transport=tls, or sip:")
    if secure:
        transport = "tls"  # RFC 3261 §26.2.2: with `sips`, `transport=tcp` means TLS over TCP
    return Target(transport, _host(found), _port(found["port"], DEFAULT_PORT[transport]))


def _host(found: re.Match[str]) -> IpAddress | None:
    written = found["host"] if found["host6"] is None else found["host6"]
    if found["host6"] is None and _NAME.fullmatch(written):
        return None
    try:
        address = parse_address(written)
    except Misread as error:
        lettered = re.search(r"[g-zG-Z]", written)
        hint = "write an address, or a host name" if lettered else error.hint
        raise Misread(f"the host of the URI: {error}", hint) from None
    if (address.version == 6) != (found["host6"] is not None):
        raise Misread(f"{quoted(written)} has its brackets wrong", "brackets: IPv6 only")
    if address.is_unspecified or address.is_multicast:
        raise Misread(f"{quoted(written)} is not the address of one host")
    return address


def _port(written: str | None, usual: int) -> int:
    if written is None:
        return usual
    port = int(written) if re.fullmatch(r"[0-9]{1,5}", written) else 0
    if not 1 <= port <= 65_535:
        raise Misread(f"{quoted(written)} is not a port: they are 1 to 65535")
    return port


def _transport(params: str, usual: Dialled) -> Dialled:
    transport = usual
    for param in params.split(";")[1:]:
        name, _, value = param.lower().partition("=")
        if name != "transport":
            hint = did_you_mean(name, ("transport",)) or "remove it"
            raise Misread(f"the URI parameter {quoted(param)} has no effect here", hint)
        match value:
            case "udp" | "tcp" | "tls":
                transport = value
            case _:
                hint = did_you_mean(value, TRANSPORTS) or "transports: udp, tcp, tls"
                raise Misread(f"the transport {quoted(value)} is not offered", hint)
    return transport
