"""What crosses when a client asks us to anchor for it (NG): all but the transport, in one order.

A proxy that hands us a description has its own mind of what may cross; here only what says where
and how packets travel is ours. The order of lines is that of rtpengine 13.1 and later: deployments
and their tests compare it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from media.sdp.address import family
from media.sdp.codec import Codec
from media.sdp.media_description import DIRECTIONS, Media

CONSUMED = frozenset(
    {
        *("candidate", "end-of-candidates", "ice-ufrag", "ice-pwd", "ice-options", "ice-lite"),
        *("ice-mismatch", "remote-candidates", "ice-pacing"),
        *("rtcp", "rtcp-mux", "rtcp-mux-only", "crypto", "key-mgmt", "fingerprint", "setup"),
        *("connection", "tls-id", "mid", "group", "msid-semantic", "ptime", "bundle-only"),
        *DIRECTIONS,
    }
)
"""Attributes that say something of one side only, or that are written anew."""

_OF_CODEC = frozenset({"rtpmap", "fmtp", "rtcp-fb"})
_HEAD_FIRST = "iuepb"
_TIMES = "trz"
NOWHERE = "0.0.0.0"  # noqa: S104 - says: no address


@dataclass(frozen=True, slots=True)
class Passing:
    """How our lines are written for this description."""

    zero_address: bool = False
    """Our own address in the c= line of a stream that is held by 0.0.0.0, too."""
    own_direction: bool = False
    """The direction attribute stays as it was written, even where that is: not at all."""


def head(lines: Sequence[str], origin: str, marks: Sequence[str]) -> tuple[str, ...]:
    """`marks`: a= lines of our own."""
    name = next((line for line in lines if line.startswith("s=")), "s=-")
    return (
        "v=0",
        origin,
        name,
        *(line for letter in _HEAD_FIRST for line in lines if line.startswith(f"{letter}=")),
        *(line for line in lines if line[0] in _TIMES and line[1:2] == "="),
        *(line for line in lines if line.startswith("a=") and _name(line) not in CONSUMED),
        *marks,
    )


def refused(line: Media) -> Media:
    """Port zero, under the address that is none."""
    connection = f"c=IN IP4 {NOWHERE}"
    return Media(line.kind, 0, line.protocol, line.formats, (connection,), connection_ip=NOWHERE)


def body(
    line: Media, offered: Media, formats: Sequence[str], address: str, passing: Passing
) -> list[str]:
    """All lines up to our own transport's. `offered`: the line this one answers, or itself."""
    mid = offered.attribute("mid")
    others = [own for own in line.lines if own.startswith("a=")]
    return [
        *(own for own in line.lines if own.startswith("i=")),
        f"c=IN {_connection(line, address, passing)}",
        *(own for own in line.lines if own.startswith("b=")),
        *([f"a=mid:{mid}"] if mid else []),
        *(own for own in others if _name(own) == "label"),
        *_of_codecs([codec for codec in line.codecs if str(codec.payload_type) in formats], others),
        *(own for own in others if _name(own) == "extmap"),
        *(own for own in others if _is_unknown(own)),
        *_direction(line, passing),
    ]


def _connection(line: Media, address: str, passing: Passing) -> str:
    if line.held and not passing.zero_address:
        address = "::" if ":" in address else NOWHERE
    return f"{family(address)} {address}"


def _of_codecs(codecs: Sequence[Codec], lines: Sequence[str]) -> list[str]:
    """Static payload types get their rtpmap too."""
    done: list[str] = []
    for codec in codecs:
        channels = f"/{codec.channels}" if codec.channels > 1 else ""
        number = codec.payload_type
        done.append(f"a=rtpmap:{number} {codec.name}/{codec.rate}{channels}")
        done += [line for line in lines if line.startswith(f"a=fmtp:{number} ")]
        done += [line for line in lines if line.startswith(f"a=rtcp-fb:{number} ")]
    return done


def _is_unknown(line: str) -> bool:
    """Feedback for every codec belongs to none."""
    name = _name(line)
    if name in _OF_CODEC:
        return line.startswith("a=rtcp-fb:* ")
    return name not in CONSUMED and name not in {"label", "extmap"}


def _direction(line: Media, passing: Passing) -> list[str]:
    if passing.own_direction:
        return [own for own in line.lines if own[2:] in DIRECTIONS]
    sends, receives = line.sends, line.receives
    if sends:
        return ["a=sendrecv" if receives else "a=sendonly"]
    return ["a=recvonly" if receives else "a=inactive"]


def _name(line: str) -> str:
    return line[2:].partition(":")[0].rstrip(" ")
