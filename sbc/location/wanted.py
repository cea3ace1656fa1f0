"""What a URI says of where it leads (RFC 3263 §4.1, §4.2), before anything is asked."""

from dataclasses import dataclass
from ipaddress import ip_address

from sbc.actions import Transport
from sbc.location.records import plain
from sbc.sip.uri import Uri

PORTS: dict[Transport, int] = {"udp": 5060, "tcp": 5060, "tls": 5061}


@dataclass(frozen=True, slots=True)
class Wanted:
    host: str
    """A name in lower case, or an address."""
    port: int | None
    transport: Transport | None
    """None: the URI leaves it open."""
    secure: bool
    """`sips`: nothing but TLS will do."""


def wanted(uri: Uri) -> Wanted | None:
    """None: a URI that leads to nobody we could call."""
    if uri.scheme not in {"sip", "sips"}:
        return None
    secure = uri.scheme == "sips"
    written = (uri.param("transport") or "").lower()
    transport: Transport | None
    match written:
        case "udp" | "tcp" | "tls":
            transport = written
        case "":
            transport = None
        case _:  # sctp; and a WebSocket client is called on its connection alone
            return None
    if secure:
        if transport == "udp":
            return None
        transport = "tls"  # RFC 3261 §26.2.2: `transport=tcp` is TLS over TCP
    host = uri.host if is_address(uri.host) else plain(uri.host)
    return Wanted(host, uri.port, transport, secure) if is_name(host) or is_address(host) else None


def is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_name(host: str) -> bool:
    """May it be asked of the DNS? Its labels are short and it does not end like an address."""
    labels = host.split(".")
    return (
        0 < len(host) <= 253
        and all(0 < len(label) <= 63 for label in labels)
        and not labels[-1].isdigit()
    )
