"""Codecs of an m-line: payload types, rtpmap and fmtp (RFC 8866 §6.6, §6.15; RFC 3551 §6)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from media.sdp.address import names_a_host


@dataclass(frozen=True, slots=True)
class Codec:
    payload_type: int
    name: str
    """As written in rtpmap; compare without regard to case."""
    rate: int
    """RTP clock in Hz."""
    channels: int = 1
    fmtp: str | None = None
    key: tuple[str, int, int] = field(init=False, repr=False, compare=False)
    """What makes two codecs the same, whatever their payload types (RFC 3264 §6.1)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", (self.name.lower(), self.rate, self.channels))


STATIC: dict[int, Codec] = {
    codec.payload_type: codec
    for codec in (
        Codec(0, "PCMU", 8000),
        Codec(3, "GSM", 8000),
        Codec(4, "G723", 8000),
        Codec(5, "DVI4", 8000),
        Codec(6, "DVI4", 16000),
        Codec(7, "LPC", 8000),
        Codec(8, "PCMA", 8000),
        Codec(9, "G722", 8000),  # its clock is 8000 by an old mistake (RFC 3551 §4.5.2)
        Codec(10, "L16", 44100, 2),
        Codec(11, "L16", 44100),
        Codec(12, "QCELP", 8000),
        Codec(13, "CN", 8000),
        Codec(14, "MPA", 90000),
        Codec(15, "G728", 8000),
        Codec(16, "DVI4", 11025),
        Codec(17, "DVI4", 22050),
        Codec(18, "G729", 8000),
        Codec(25, "CelB", 90000),
        Codec(26, "JPEG", 90000),
        Codec(28, "nv", 90000),
        Codec(31, "H261", 90000),
        Codec(32, "MPV", 90000),
        Codec(33, "MP2T", 90000),
        Codec(34, "H263", 90000),
    )
}
"""Payload types which need no rtpmap (RFC 3551 tables 4 and 5)."""

COMPANIONS = frozenset({"telephone-event", "cn", "red", "rtx", "ulpfec", "flexfec", "flexfec-03"})
"""Formats which only make sense beside a codec."""

PAYLOAD_TYPES = {str(number): number for number in range(128)}
"""The only spellings of a payload type that we take: no sign, no zero in front."""

_ENCODING = re.compile(
    r" *([A-Za-z0-9][A-Za-z0-9._+-]{0,39})/([1-9][0-9]{0,8})(?:/([1-9][0-9]{0,2}))? *"
)


def is_real(codec: Codec) -> bool:
    """Can this codec carry a stream alone?"""
    return codec.key[0] not in COMPANIONS


def codecs_of(formats: Iterable[str], lines: Iterable[str]) -> tuple[Codec, ...]:
    """The codecs of an RTP m-line in its order; a number with no meaning is left out."""
    maps: dict[str, str] = {}
    parameters: dict[str, str] = {}
    for line in lines:
        start = line[:7]
        if start == "a=rtpma" and line[7:9] == "p:":
            number, _, text = line[9:].partition(" ")
            maps.setdefault(number, text)
        elif start == "a=fmtp:":
            number, _, text = line[7:].partition(" ")
            parameters[number] = f"{parameters[number]};{text}" if number in parameters else text
    codecs = []
    for number in dict.fromkeys(formats):
        codec = parse_codec(number, maps.get(number), parameters.get(number))
        if codec is not None:
            codecs.append(codec)
    return tuple(codecs)


@lru_cache(maxsize=1024)
def parse_codec(number: str, encoding: str | None, fmtp: str | None) -> Codec | None:
    """From a format, its rtpmap and its fmtp; None when that makes no codec or names a host."""
    payload_type = PAYLOAD_TYPES.get(number, -1)
    if encoding is None:
        static = STATIC.get(payload_type)
        return replace(static, fmtp=fmtp) if static is not None else None
    match = _ENCODING.fullmatch(encoding)
    if match is None or payload_type < 0 or names_a_host(match[1]):
        return None
    return Codec(payload_type, match[1], int(match[2]), int(match[3] or 1), fmtp)
