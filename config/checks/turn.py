"""The `turn` section: its interfaces, and ports that are nobody else's."""

from collections.abc import Iterator

from config.addresses import IpAddress
from config.model import Config, Interface, Turn
from config.problems import Finding, Loc, path_of, quoted

_OVER = {"dtls": "udp", "tcp": "tcp", "tls": "tcp", "udp": "udp"}
"""What each way of a client runs over."""


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
    ports = {way: port for way in _OVER if (port := getattr(turn.listen, way)) is not None}
    if not ports:
        yield Finding(("turn", "listen"), "TURN is not listened for by any transport")
    taken = _taken(config)
    for way, port in ports.items():
        loc: Loc = ("turn", "listen", way)
        for _, _, interface in _interfaces(config):
            place = taken.get((interface.bind, _OVER[way], port))
            if place is not None:
                yield Finding(
                    loc, f"{_OVER[way]} port {port} of {interface.bind} is taken by {place}"
                )
        twins = [other for other in ports if other < way and _OVER[other] == _OVER[way]]
        if any(ports[other] == port for other in twins):
            yield Finding(loc, f"{_OVER[way]} port {port} is listened on for {twins[0]} already")


def certificate(config: Config) -> Iterator[Finding]:
    turn = config.turn
    if turn is None:
        return
    listen, loc = turn.listen, ("turn", "listen", "certificate")
    secure = listen.tls is not None or listen.dtls is not None
    if secure and listen.certificate is None:
        yield Finding(("turn", "listen"), "TLS and DTLS need a certificate", "certificate: NAME")
    if listen.certificate is None:
        return
    if not secure:
        yield Finding(loc, "it is shown to nobody", "add tls: 5349", at_key=True)
    found = config.certificates.get(listen.certificate)
    if found is None:
        message = f"there is no certificate {quoted(listen.certificate)}"
        known = sorted(config.certificates)
        yield Finding(loc, message, word=listen.certificate, known=known)
    elif found.chain is None:
        yield Finding(loc, f"{quoted(listen.certificate)} has no `chain` and `key` to show")


def credentials(config: Config) -> Iterator[Finding]:
    turn = config.turn
    if turn is not None and turn.credentials.hmac is None and not turn.credentials.users:
        message = "nobody can be authenticated: there is neither `hmac` nor a user"
        yield Finding(("turn", "credentials"), message)
    if turn is None or turn.credentials.bind_to == "none":
        return
    loc: Loc = ("turn", "credentials", "bind_to")
    if turn.credentials.hmac is None:
        yield Finding(loc, "time-limited accounts need `hmac`", "add hmac: ${FILE:…}")
    if not config.access:
        yield Finding(loc, "nobody can register here", "add an access group", severity="warning")


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
