"""A session description as lossless lines (RFC 8866): strict where it matters, untouched elsewhere.

What was parsed is written back byte for byte. Nothing here is ever changed in place: whoever wants
another description builds a new one (see `anchor`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from media.sdp.address import connection_address
from media.sdp.codec import PAYLOAD_TYPES
from media.sdp.media_description import Media, direction_of, is_rtp

MOST_BYTES = 32 * 1024
MOST_LINE_CHARACTERS = 2048
MOST_MEDIA = 64

KINDS = frozenset({"audio", "video", "text", "application", "message", "image", "data", "control"})
"""The <media> of RFC 8866 §5.14, and two of RFC 2327."""

_LINE_TYPES = frozenset(f"{letter}=" for letter in "abcdefghijklmnopqrstuvwxyz")
_ORIGIN = re.compile(r"o=([^ ]+) ([0-9]{1,32}) ([0-9]{1,32}) IN IP([46]) ([^ ]+) *")
_MEDIA = re.compile(r"m=([a-z]+) +([0-9]{1,5})(?:/([1-9][0-9]{0,4}))? +([!-~]+)((?: +[!-~]+)+) *")


class BadSdp(Exception):
    """The peer sent a description that we do not take; `reason` may be told to it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class OriginField:
    """The o= line of RFC 8866 §5.2, as the peer wrote it."""

    user: str
    session_id: int
    version: int
    ip_version: int
    address: str


class Session:
    """A whole description. `encode` gives back the very bytes that were parsed."""

    __slots__ = ("_body", "connection_ip", "lines", "media")

    def __init__(
        self,
        lines: Sequence[str],
        media: Sequence[Media],
        connection_ip: str | None,
        body: bytes | None = None,
    ) -> None:
        self.lines = tuple(lines)
        """Those before the first m= line."""
        self.media = tuple(media)
        self.connection_ip = connection_ip
        """Of the c= line for the whole session."""
        self._body = body

    def encode(self) -> bytes:
        if self._body is None:
            lines = [*self.lines]
            for media in self.media:
                lines.append(media.line)
                lines.extend(media.lines)
            lines.append("")
            self._body = "\r\n".join(lines).encode("utf-8", "surrogateescape")
        return self._body

    @property
    def origin(self) -> OriginField:
        match = _ORIGIN.fullmatch(self.lines[1])
        assert match is not None  # parsed, or built by us
        return OriginField(match[1], int(match[2]), int(match[3]), int(match[4]), match[5])


def parse(body: bytes) -> Session:
    """Raises BadSdp. LF alone ends a line too, and any byte in a line survives but NUL and CR."""
    if len(body) > MOST_BYTES:
        raise BadSdp("session description too large")
    lines = _split(body)
    _check_start(lines)
    if len(body) > MOST_LINE_CHARACTERS and max(map(len, lines)) > MOST_LINE_CHARACTERS:
        raise BadSdp("line too long")
    (head, connection), *sections = _sections(lines)
    if len(sections) > MOST_MEDIA:
        raise BadSdp("too many m= lines")
    direction = direction_of(head) or "sendrecv"
    media = [_parse_media(own, ip or connection, direction) for own, ip in sections]
    return Session(head, media, connection, bytes(body))


def _split(body: bytes) -> list[str]:
    text = body.decode("utf-8", "surrogateescape")
    lines = text.split("\r\n")
    pairs = len(lines) - 1
    if body.count(b"\r") != pairs or b"\0" in body:
        raise BadSdp("CR or NUL within a line")
    if body.count(b"\n") != pairs:
        lines = [line.removesuffix("\r") for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _check_start(lines: list[str]) -> None:
    if lines[:1] != ["v=0"]:
        raise BadSdp("v=0 must come first")
    if len(lines) < 2 or _ORIGIN.fullmatch(lines[1]) is None:
        raise BadSdp("o= with six fields must come second")


def _sections(lines: list[str]) -> list[tuple[list[str], str | None]]:
    """The lines of the session, then those of each m= line; with the address of their c= line."""
    current: list[str] = []
    sections = [current]
    addresses: dict[int, str] = {}
    for line in lines:
        start = line[:2]
        if start != "a=":
            if start == "m=":
                sections.append(current := [])
            elif start == "c=":
                addresses.setdefault(len(sections) - 1, _connection(line))
            elif start not in _LINE_TYPES:
                raise BadSdp("a line is not <type>=<value>")
        current.append(line)
    return [(section, addresses.get(index)) for index, section in enumerate(sections)]


def _parse_media(section: list[str], connection: str | None, direction: str) -> Media:
    match = _MEDIA.fullmatch(section[0])
    if match is None:
        raise BadSdp("malformed m= line")
    kind, port, count, protocol, formats = match.groups()
    if kind not in KINDS:
        raise BadSdp("unknown media type")
    if int(port) > 65535:
        raise BadSdp("port out of range")
    media = Media(
        kind,
        int(port),
        protocol,
        formats.split(),
        section[1:],
        connection_ip=connection,
        session_direction=direction,
        port_count=int(count or 1),
    )
    if is_rtp(protocol) and not PAYLOAD_TYPES.keys() >= set(media.formats):
        raise BadSdp("bad payload type")
    if media.connection_ip is None and not media.refused:
        raise BadSdp("no connection address")
    return media


def _connection(line: str) -> str:
    address = connection_address(line[2:])
    if address is None:
        raise BadSdp("connection address must be an IP address")
    return address
