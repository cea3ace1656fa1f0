"""The `turn` section: its interfaces, and ports that are nobody else's."""

from collections.abc import Iterator

from config.addresses import IpAddress
from config.model import Config, Interface, Turn
from config.problems import Finding, Loc, path_of


def families(config: Config) -> Iterator[Finding]:
    """A client asks for an address family, not for an interface."""
    seen: dict[int, str] = {}
    for index, name, interface in _interfaces(config):
        version = interface.bind.version
        if version in seen:
            message = f"{name} and {seen[version]} both have IPv{version} addresses"
            hint = "name one interface of each address family"
            yield Finding(("turn", "interfaces", index), message, hint)
        seen.setdefault(version, name)


def relay_ports(config: Config) -> Iterator[Finding]:
    turn = config.turn
    if turn is None:
        return
    loc: Loc = ("turn", "relay_ports")
    low, high = turn.relay_ports
    ours = {interface.bind for _, _, interface in _interfaces(config)}
    for name, other in config.interfaces.items():
        if other.bind not in ours:
            continue
        first, last = other.media.ports
        if first <= high and low <= last:
            place = path_of(("interfaces", name, "media", "ports"))
            yield Finding(loc, f"the range overlaps {place} on the same address")
        taken = [sip.port for sip in other.sip if sip.transport == "udp"]
        for port in taken:
            if low <= port <= high:
                yield Finding(loc, f"the range holds port {port}, on which SIP is listened for")
    if turn.listen.udp is not None and low <= turn.listen.udp <= high:
        message = f"the range holds port {turn.listen.udp}, on which TURN is listened for"
        yield Finding(loc, message)


def listeners(config: Config) -> Iterator[Finding]:
    """Of what else listens on the same address."""
    turn = config.turn
    if turn is None:
        return
    if turn.listen.udp is None and turn.listen.tcp is None:
        yield Finding(("turn", "listen"), "TURN is not listened for by any transport")
    ports: list[tuple[str, int | None]] = [("udp", turn.listen.udp), ("tcp", turn.listen.tcp)]
    taken = _taken(config)
    for transport, port in ports:
        for _, _, interface in _interfaces(config):
            place = taken.get((interface.bind, transport, port or 0))
            if place is not None:
                what = f"{transport} port {port} of {interface.bind}"
                yield Finding(("turn", "listen", transport), f"{what} is taken by {place}")


def credentials(config: Config) -> Iterator[Finding]:
    turn = config.turn
    if turn is not None and turn.credentials.hmac is None and not turn.credentials.users:
        message = "nobody can be authenticated: there is neither `hmac` nor a user"
        yield Finding(("turn", "credentials"), message)


def _interfaces(config: Config) -> Iterator[tuple[int, str, Interface]]:
    turn: Turn | None = config.turn
    for index, name in enumerate(turn.interfaces if turn is not None else ()):
        if name in config.interfaces:
            yield index, name, config.interfaces[name]


def _taken(config: Config) -> dict[tuple[IpAddress, str, int], str]:
    found: dict[tuple[IpAddress, str, int], str] = {}
    for name, interface in config.interfaces.items():
        for index, sip in enumerate(interface.sip):
            transport = "udp" if sip.transport == "udp" else "tcp"
            loc: Loc = ("interfaces", name, "sip", index)
            found[interface.bind, transport, sip.port] = path_of(loc)
    return found
