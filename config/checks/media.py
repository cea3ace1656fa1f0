"""Media: ranges of ports that stay apart from each other and from signalling, codecs, latching."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

from config.addresses import IpAddress
from config.model import Config, Latching
from config.problems import Finding, Loc, path_of, quoted


def pairs(config: Config) -> Iterator[Finding]:
    """RTP takes an even port and RTCP the next one (RFC 3550 §11)."""
    for name, interface in config.interfaces.items():
        low, high = interface.media.ports
        even = low + low % 2
        if even + 1 > high:
            message = "the range holds no even port with the odd one behind it"
            hint = f"the next pair is {even}-{even + 1}"
            yield Finding(("interfaces", name, "media", "ports"), message, hint)


def overlaps(config: Config) -> Iterator[Finding]:
    """Two interfaces on one address: a port would belong to two zones."""
    for spans in _by_address(config).values():
        top, widest = 0, ""
        for low, high, name in sorted(spans):
            if low <= top:
                loc: Loc = ("interfaces", name, "media", "ports")
                other = path_of(("interfaces", widest, "media", "ports"))
                yield Finding(loc, f"the range overlaps {other} on the same address")
            if high > top:
                top, widest = high, name


def signalling_inside(config: Config) -> Iterator[Finding]:
    ports: dict[IpAddress, set[int]] = defaultdict(set)
    for interface in config.interfaces.values():
        ports[interface.bind] |= {sip.port for sip in interface.sip if sip.transport == "udp"}
    for address, spans in _by_address(config).items():
        taken = sorted(ports[address])
        for low, high, name in spans:
            index = bisect_left(taken, low)
            if index < len(taken) and taken[index] <= high:
                message = f"the range holds port {taken[index]}, on which SIP is listened for"
                yield Finding(("interfaces", name, "media", "ports"), message)


def codec_orders(config: Config) -> Iterator[Finding]:
    for name, policy in config.codec_policies.items():
        allowed = {codec.lower() for codec in policy.allow}
        for index, codec in enumerate(policy.order):
            if allowed and codec.lower() not in allowed:
                loc: Loc = ("codec_policies", name, "order", index)
                message = f"the codec {quoted(codec)} is ordered but not allowed"
                hint = f"add it to `allow`: {', '.join(policy.allow)}"
                yield Finding(loc, message, hint, word=codec, known=sorted(allowed))


def latching(config: Config) -> Iterator[Finding]:
    """Without latching, a phone behind NAT hears nothing."""
    for name, zone in config.zones.items():
        if zone.trust == "untrusted" and _is_none(zone.latching):
            yield _unlatched(("zones", name, "latching"), name)
    for name, trunk in config.trunks.items():
        own, home = trunk.latching, config.zones.get(trunk.zone)
        if home is not None and home.trust == "untrusted" and _is_none(own):
            yield _unlatched(("trunks", name, "latching"), trunk.zone)


def _is_none(own: Latching | None) -> bool:
    return own is not None and own.mode == "none"


def _unlatched(loc: Loc, zone: str) -> Finding:
    message = f"no latching towards the untrusted zone {quoted(zone)}"
    hint = "mode `ranked` finds phones behind NAT; `signalled` takes only what SDP names"
    return Finding((*loc, "mode"), message, hint, severity="warning")


def _by_address(config: Config) -> dict[IpAddress, list[tuple[int, int, str]]]:
    spans: dict[IpAddress, list[tuple[int, int, str]]] = defaultdict(list)
    for name, interface in config.interfaces.items():
        spans[interface.bind].append((*interface.media.ports, name))
    return spans
