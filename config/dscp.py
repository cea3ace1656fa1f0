"""DSCP, the mark by which networks tell classes of traffic apart (RFC 2474), and how it is set."""

from config.problems import Misread, quoted

CODEPOINTS = {
    **{f"cs{number}": 8 * number for number in range(8)},  # RFC 2474 §4.2.2
    **{f"af{c}{drop}": 8 * c + 2 * drop for c in range(1, 5) for drop in range(1, 4)},  # RFC 2597
    "ef": 46,  # RFC 3246
    "voice-admit": 44,  # RFC 5865
    "le": 1,  # RFC 8622
}

_IPPROTO_IP, _IP_TOS = 0, 1
_IPPROTO_IPV6, _IPV6_TCLASS = 41, 67
"""As the kernel counts them; the configuration opens no sockets itself."""


def parse_dscp(written: object) -> int:
    """0..63, from a name or from the number itself."""
    if isinstance(written, int) and not isinstance(written, bool):
        if not 0 <= written <= 63:
            raise Misread(f"{written} is no DSCP", "they are 0 to 63")
        return written
    found = CODEPOINTS.get(written.lower()) if isinstance(written, str) else None
    if found is None:
        raise Misread(f"{quoted(written)} is no DSCP", "write ef, cs3, af41 or a number to 63")
    return found


def socket_option(version: int, dscp: int) -> tuple[int, int, int]:
    """For setsockopt() of a socket of this version of IP; the two lower bits are ECN's."""
    if version == 6:
        return _IPPROTO_IPV6, _IPV6_TCLASS, dscp << 2
    return _IPPROTO_IP, _IP_TOS, dscp << 2
