"""The command line of the NG relay, in the words of rtpengine's where it has them."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass

from media.control import Address
from media.ng.interfaces import BadInterface, Interfaces, parse_place
from media.ng.settings import Settings
from media.ng.wishes import LEARNING
from media.sdp.address import canonical

USUAL_PORTS = "30000-40000"


@dataclass(frozen=True, slots=True)
class Options:
    ng: Address
    interfaces: Interfaces
    ports: tuple[int, int]
    port_rest: float
    """Seconds between two calls on one port."""
    settings: Settings
    tcp: Address | None = None
    http: Address | None = None


def add_to(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("as rtpengine, for a SIP proxy that speaks NG")
    group.add_argument("--ng", metavar="HOST:PORT", help="where to listen for it (UDP)")
    group.add_argument("--ng-tcp", metavar="HOST:PORT", help="the same over TCP")
    group.add_argument("--ng-http", metavar="HOST:PORT", help="over HTTP and WebSocket")
    group.add_argument(
        "--interface", action="append", default=[], metavar="[NAME/]ADDRESS[!ADVERTISED]"
    )
    group.add_argument("--ports", default=USUAL_PORTS, metavar="MIN-MAX")
    group.add_argument("--port-rest", type=float, default=1.0, metavar="SECONDS")
    group.add_argument("--endpoint-learning", choices=sorted(LEARNING), default="heuristic")
    group.add_argument("--strict-source", action="store_true", help="for every call")
    group.add_argument("--delete-delay", type=float, default=30.0, metavar="SECONDS")
    group.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS")
    group.add_argument("--max-sessions", type=int, metavar="CALLS")


def options_of(arguments: Namespace) -> Options:
    """Raises ValueError."""
    return Options(
        ng=address(arguments.ng),
        interfaces=Interfaces(map(parse_place, arguments.interface)),
        ports=ports_of(arguments.ports),
        port_rest=arguments.port_rest,
        settings=Settings(
            learning=arguments.endpoint_learning,
            delete_delay=arguments.delete_delay,
            most_calls=arguments.max_sessions,
            strict_source=arguments.strict_source,
            silence=arguments.timeout,
        ),
        tcp=address(arguments.ng_tcp) if arguments.ng_tcp else None,
        http=address(arguments.ng_http) if arguments.ng_http else None,
    )


def address(text: str) -> Address:
    """`HOST:PORT`, `[IPv6]:PORT`, or a port alone on every address."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    ip = canonical(host) if host else "0.0.0.0"  # noqa: S104 - as said
    if ip is None or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError(f"{text}: expected HOST:PORT with an IP address")
    return ip, int(port)


def ports_of(text: str) -> tuple[int, int]:
    low, dash, high = text.partition("-")
    if not dash or not low.isdigit() or not high.isdigit():
        raise ValueError(f"{text}: expected MIN-MAX")
    first, last = int(low), int(high)
    if not 1024 <= first < last <= 65535:
        raise ValueError(f"{text}: expected two ports from 1024 to 65535, the lower one first")
    return first, last


__all__ = ["BadInterface", "Options", "add_to", "address", "options_of", "ports_of"]
