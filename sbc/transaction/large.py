"""Requests that are too large for UDP (RFC 3261 §18.1.1): by which other way they may go."""

from dataclasses import dataclass

from msgspec.structs import replace

from sbc.actions import Flow
from sbc.sip.message import Request
from sbc.sip.via import Via

MOST_OVER_UDP = 1300
"""Bytes. The path MTU is not known to us; a fragment that is lost takes the whole message along,
and many firewalls let no fragments pass."""


@dataclass(frozen=True, slots=True)
class Reliable:
    """The same peer over TCP."""

    flow: Flow
    host: str
    port: int
    """Of our TCP listener, as peers are told: its Via's sent-by."""


@dataclass(frozen=True, slots=True)
class OverUdp:
    """How a request goes after all if TCP is refused."""

    data: bytes
    flow: Flow
    via: Via


def moved(request: Request, data: bytes, flow: Flow, instead: Reliable) -> OverUdp:
    """Writes TCP into the request's Via; returns what was there."""
    via = request.headers.via
    over_tcp = replace(via, transport="TCP", host=instead.host, port=instead.port)
    request.headers.replace_top_via(over_tcp)
    return OverUdp(data, flow, via)
