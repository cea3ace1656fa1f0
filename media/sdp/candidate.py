"""Candidates in descriptions (RFC 8839 §5.1): where a peer says it may be reached, and our own.

Only addresses count: a name (such as those of mDNS) would have to be looked up on behalf of a peer.
What is not understood is passed over, as §5.1 demands.
"""

import re

from media.control import IceCandidate
from media.sdp.address import UNSPECIFIED, canonical, is_private, is_unicast
from media.sdp.face import IceSaid, Said

MOST = 40
"""Of one m-line."""
HOST = 126
"""Type preference of a host candidate (RFC 8445 §5.1.2.2)."""

_CANDIDATE = re.compile(
    r"[A-Za-z0-9+/]{1,32} ([12]) (?:udp|UDP) ([0-9]{1,10}) ([0-9A-Fa-f.:]{2,45}) ([0-9]{1,5})"
    r" typ (?:host|srflx|prflx|relay)(?: .{0,400})?"
)
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PWD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_HIGHEST = 2**31 - 1


def read(value: str) -> IceCandidate | None:
    """The value of one a=candidate; None: it is of no use to us."""
    match = _CANDIDATE.fullmatch(value)
    if match is None:
        return None
    component, priority, ip, port = int(match[1]), int(match[2]), canonical(match[3]), int(match[4])
    if ip is None or ip in UNSPECIFIED or not is_unicast(ip):
        return None
    if not 0 < port <= 65535 or not 0 < priority <= _HIGHEST:
        return None
    return IceCandidate(component, (ip, port), priority)


def candidates(ice: IceSaid) -> tuple[IceCandidate, ...]:
    found = (read(value) for value in ice.candidates[:MOST])
    return tuple(dict.fromkeys(each for each in found if each is not None))


def checkable(ice: IceSaid, ours: str) -> tuple[IceCandidate, ...]:
    """Those that we may send checks to. Private ones of a peer in the open internet would have us
    knock at hosts of our own network; if it is there, its own checks tell us so."""
    private = is_private(ours)
    return tuple(
        each
        for each in candidates(ice)
        if (":" in each.address[0]) is (":" in ours)
        and (private or not is_private(each.address[0]))
    )


def usable(what: Said, default: tuple[str, int] | None) -> IceSaid | None:
    """What a peer's line says of ICE, if ICE can be done with it. `default`: its c= and m=.

    A default that is none of its candidates means that somebody on the way has changed the
    description and does not know ICE (RFC 8839 §4.2.5): then ICE must not be used.
    """
    ice = what.ice
    if ice is None or not _UFRAG.fullmatch(ice.ufrag) or not _PWD.fullmatch(ice.pwd):
        return None
    known = candidates(ice)
    if default is None or not known or "trickle" in ice.options:
        return ice
    return ice if any(each.address == default for each in known) else None


def host_lines(ip: str, port: int, components: int) -> list[str]:
    """Our candidates: RTP at `port`, and of two components RTCP at the next."""
    return [
        f"a=candidate:1 {component} udp {_priority(component)} {ip} {port + component - 1} typ host"
        for component in range(1, components + 1)
    ]


def _priority(component: int) -> int:
    """RFC 8445 §5.1.2.1"""
    return HOST << 24 | 65_535 << 8 | (256 - component)
