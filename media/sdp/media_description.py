"""One media description: an m= line and what belongs to it (RFC 8866 §5.14)."""

import re
from collections.abc import Sequence

from media.sdp.address import UNSPECIFIED, canonical
from media.sdp.codec import Codec, codecs_of

Address = tuple[str, int]

BUNDLE_ONLY = "a=bundle-only"

_NOT_YET_KNOWN = 9

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

_DIRECTION_LINES = {f"a={direction}": direction for direction in DIRECTIONS}
_RTCP = re.compile(r"([0-9]{1,5})(?: +IN +IP[46] +([0-9A-Fa-f.:]{2,45}))? *")


class Media:
    """One m= line and what follows it up to the next."""

    __slots__ = (
        "_codecs",
        "_direction",
        "connection_ip",
        "formats",
        "kind",
        "lines",
        "port",
        "port_count",
        "protocol",
        "session_direction",
    )

    def __init__(
        self,
        kind: str,
        port: int,
        protocol: str,
        formats: Sequence[str],
        lines: Sequence[str],
        *,
        connection_ip: str | None,
        session_direction: str = "sendrecv",
        port_count: int = 1,
    ) -> None:
        self.kind = kind
        self.port = port
        self.port_count = port_count
        self.protocol = protocol
        self.formats = tuple(formats)
        self.lines = tuple(lines)
        """Those after the m= line."""
        self.connection_ip = connection_ip
        """Of the c= line here, else of that for the whole session."""
        self.session_direction = session_direction
        self._codecs: tuple[Codec, ...] | None = None
        self._direction: str | None = None

    @property
    def line(self) -> str:
        count = f"/{self.port_count}" if self.port_count > 1 else ""
        return f"m={self.kind} {self.port}{count} {self.protocol} {' '.join(self.formats)}"

    @property
    def refused(self) -> bool:
        """Port zero refuses a stream, or ends it; its line keeps its place (RFC 3264 §6).

        In an offer it may also mean that the line is to share the port of another (RFC 9143 §6).
        """
        return self.port == 0 and BUNDLE_ONLY not in self.lines

    def attribute(self, name: str) -> str | None:
        """The first value of a media-level attribute; empty for a property attribute."""
        return next(iter(self.attributes(name)), None)

    def attributes(self, name: str) -> list[str]:
        flag, start = f"a={name}", f"a={name}:"
        return [line[len(start) :] for line in self.lines if line.startswith(start) or line == flag]

    @property
    def direction(self) -> str:
        """As written here, else for the whole session, else `sendrecv` (RFC 8866 §6.7)."""
        if self._direction is None:
            self._direction = direction_of(self.lines) or self.session_direction
        return self._direction

    @property
    def held(self) -> bool:
        """Hold in the manner of RFC 2543: nothing may be sent to this peer.

        Where no candidate is known yet, the port is 9 (RFC 8840 §4.1.1), and nothing is held.
        """
        return self.connection_ip in UNSPECIFIED and self.port != _NOT_YET_KNOWN

    @property
    def sends(self) -> bool:
        return not self.refused and self.direction in {"sendrecv", "sendonly"}

    @property
    def receives(self) -> bool:
        can = not self.refused and not self.held
        return can and self.direction in {"sendrecv", "recvonly"}

    @property
    def rtp(self) -> Address | None:
        """Where this peer wants RTP; None when it wants none."""
        ip = self.connection_ip
        return None if not self.port or ip is None or ip in UNSPECIFIED else (ip, self.port)

    @property
    def rtcp(self) -> Address | None:
        """As said by a=rtcp (RFC 3605), else the port after that of RTP."""
        rtp = self.rtp
        if rtp is None:
            return None
        value = next((line[7:] for line in self.lines if line[:7] == "a=rtcp:"), "")
        match = _RTCP.fullmatch(value)
        ip, port = rtp[0], rtp[1] + 1
        if match is not None and 0 < int(match[1]) <= 65535:
            ip, port = canonical(match[2] or ip) or ip, int(match[1])
        return None if ip in UNSPECIFIED or port > 65535 else (ip, port)

    @property
    def codecs(self) -> tuple[Codec, ...]:
        """Those of an RTP m-line in the peer's order, static payload types included."""
        if self._codecs is None:
            self._codecs = codecs_of(self.formats, self.lines) if is_rtp(self.protocol) else ()
        return self._codecs


def is_rtp(protocol: str) -> bool:
    """Are the formats of this <proto> payload types?"""
    return protocol.startswith("RTP/") or "/RTP/" in protocol


def direction_of(lines: Sequence[str]) -> str | None:
    """The first direction that these lines give (RFC 8866 §6.7)."""
    for line in lines:
        if len(line) == 10 and line in _DIRECTION_LINES:
            return _DIRECTION_LINES[line]
    return None
