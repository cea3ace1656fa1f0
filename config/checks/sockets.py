"""Signalling sockets: no two listeners on one socket, and no address that means "all of them"."""

from collections.abc import Iterator

from config.addresses import IpAddress, parse_address
from config.model import Config
from config.problems import Finding, Loc, path_of


def binds(config: Config) -> Iterator[Finding]:
    """A zone is known by its socket, so a socket must not take what is meant for another zone's."""
    for name, interface in config.interfaces.items():
        loc: Loc = ("interfaces", name, "bind")
        if interface.bind.is_unspecified:
            message = "a wildcard takes the messages of every zone"
            yield Finding(loc, message, "write the address of this interface")
        elif _is_many(interface.bind):
            yield Finding(loc, f"{interface.bind} is not the address of one host")
    prometheus = config.monitoring.prometheus
    if prometheus is not None and parse_address(prometheus.listen[0]).is_unspecified:
        loc = ("monitoring", "prometheus", "listen")
        message = "the metrics can be read from every zone"
        yield Finding(loc, message, "write one address", severity="warning")


def advertised(config: Config) -> Iterator[Finding]:
    for name, interface in config.interfaces.items():
        shown, loc = interface.advertise, ("interfaces", name, "advertise")
        if shown is None:
            continue
        if shown.is_unspecified or _is_many(shown):
            yield Finding(loc, f"{shown} is not the address of one host")
        elif shown.version != interface.bind.version:
            message = f"peers of an IPv{interface.bind.version} interface are told an IPv"
            yield Finding(loc, f"{message}{shown.version} address", "use a second interface")


def listeners(config: Config) -> Iterator[Finding]:
    """Two on the same address, transport and port: only one of them could be opened."""
    first: dict[tuple[IpAddress, str, int], Loc] = {}
    # TLS and WebSocket are carried by TCP: they take the ports of one space.
    for name, interface in config.interfaces.items():
        for index, listener in enumerate(interface.sip):
            loc: Loc = ("interfaces", name, "sip", index)
            kind = "udp" if listener.transport == "udp" else "tcp"
            socket = (interface.bind, kind, listener.port)
            if first.setdefault(socket, loc) != loc:
                what = f"{listener.transport} port {listener.port} of {interface.bind}"
                yield Finding(loc, f"{what} is taken by {path_of(first[socket])}")
    yield from _metrics(config, first)


def one_of_a_transport(config: Config) -> Iterator[Finding]:
    """A flow names its interface and transport: which of two sockets answers must not be open."""
    for name, interface in config.interfaces.items():
        seen: set[str] = set()
        for index, listener in enumerate(interface.sip):
            if listener.transport in seen:
                loc: Loc = ("interfaces", name, "sip", index)
                message = f"{name} has two {listener.transport} listeners"
                yield Finding(loc, message, "give the second port an interface of its own")
            seen.add(listener.transport)


def _metrics(config: Config, first: dict[tuple[IpAddress, str, int], Loc]) -> Iterator[Finding]:
    if config.monitoring.prometheus is None:
        return
    host, port = config.monitoring.prometheus.listen
    own = parse_address(host)
    for (address, transport, taken), loc in first.items():
        if (transport, taken) == ("tcp", port) and (own == address or own.is_unspecified):
            where: Loc = ("monitoring", "prometheus", "listen")
            yield Finding(where, f"tcp port {port} of {host} is taken by {path_of(loc)}")
            return


def _is_many(address: IpAddress) -> bool:
    return address.is_multicast or str(address) == "255.255.255.255"
