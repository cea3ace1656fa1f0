"""Session descriptions as phones write and read them, by themselves and in a few lines.

What a phone writes is full of names and addresses of its own, so that whatever crosses is seen.
"""

from dataclasses import dataclass
from typing import Literal

from tests.support.network import Address

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")
MIRRORED: dict[Direction, Direction] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}
FORMATS = {"audio": ("8", "0", "101"), "video": ("97",), "text": ("98",), "image": ("t38",)}
"""What a phone offers of itself."""
TAKEN = {**FORMATS, "audio": ("8", "0", "101", "96"), "video": ("97", "102")}
"""What it takes when it is offered; numbers mean what `_MAPS` says."""
_MAPS = {
    "101": ("a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15"),
    "96": ("a=rtpmap:96 telephone-event/8000", "a=fmtp:96 0-15"),
    "97": ("a=rtpmap:97 H264/90000", "a=fmtp:97 profile-level-id=42e01f"),
    "102": ("a=rtpmap:102 H264/90000", "a=fmtp:102 profile-level-id=42e01f"),
    "98": ("a=rtpmap:98 t140/1000",),
    "t38": ("a=T38FaxVersion:0", "a=T38MaxBitRate:14400", "a=T38FaxRateManagement:transferredTCF"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One m-line."""

    kind: str
    port: int
    """0: refused, or given up."""
    direction: Direction = "sendrecv"
    formats: tuple[str, ...] = ()
    unspecified: bool = False
    """Held in the manner of RFC 2543: its c= is 0.0.0.0."""

    @property
    def sends(self) -> bool:
        return bool(self.port) and self.direction in {"sendrecv", "sendonly"}

    @property
    def receives(self) -> bool:
        listens = self.direction in {"sendrecv", "recvonly"}
        return bool(self.port) and listens and not self.unspecified


@dataclass(frozen=True, slots=True)
class Described:
    """What a phone reads."""

    session: str
    version: int
    ip: str
    lines: tuple[Line, ...]

    def rtp(self, index: int) -> Address:
        return self.ip, self.lines[index].port


def write(lines: tuple[Line, ...], ip: str, secret: str, version: int) -> str:
    text = [
        "v=0",
        f"o={secret} 4711 {version} IN IP4 {ip}",
        f"s={secret}",
        f"i=call of {secret}",
        f"u=http://{secret}.example/",
        f"e=me@{secret}.example",
        f"c=IN IP4 {ip}",
        "t=0 0",
        f"a=tool:{secret}/1.0",
    ]
    for line in lines:
        text += [
            f"m={line.kind} {line.port} {_protocol(line.kind)} {' '.join(line.formats)}",
            f"i={secret}",
            *(("c=IN IP4 0.0.0.0",) if line.unspecified else ()),
            *(row for number in line.formats for row in _MAPS.get(number, ())),
            f"a={line.direction}",
            f"a=candidate:1 1 UDP 2130706431 {ip} {line.port} typ host",
            f"a=ssrc:1 cname:{secret}@{ip}",
            f"a=x-{secret}:1",
        ]
    return "\r\n".join(text) + "\r\n"


def _protocol(kind: str) -> str:
    return "udptl" if kind == "image" else "RTP/AVP"


def read(body: bytes) -> Described:
    """Raises ValueError, KeyError or IndexError for what no border should write."""
    session, version, ip = "", -1, ""
    directions: list[Direction] = []
    heads: list[list[str]] = []
    common: Direction = "sendrecv"
    for line in body.decode().split("\r\n"):
        key, _, value = line.partition("=")
        if key == "o":
            _, session, number, *_ = value.split(" ")
            version = int(number)
        elif key == "c":
            ip = value.split(" ")[2]
        elif key == "m":
            heads.append(value.split(" "))
            directions.append(common)
        elif key == "a" and value in DIRECTIONS:
            if directions:
                directions[-1] = value
            else:
                common = value
    if not ip and heads:
        raise ValueError("no c= line")
    return Described(
        session,
        version,
        ip,
        tuple(
            Line(head[0], int(head[1]), direction, tuple(head[3:]))
            for head, direction in zip(heads, directions, strict=True)
        ),
    )
