"""Codecs of an m-line: payload types, rtpmap and fmtp (RFC 8866 §6.6, §6.15; RFC 3551 §6)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

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

    @property
    def key(self) -> tuple[str, int, int]:
        """What makes two codecs the same, whatever their payload types (RFC 3264 §6.1)."""
        return self.name.lower(), self.rate, self.channels


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

_RTPMAP = re.compile(
    r"([0-9]{1,3}) +([A-Za-z0-9][A-Za-z0-9._+-]{0,39})/([1-9][0-9]{0,8})(?:/([1-9][0-9]{0,2}))? *"
)


def is_real(codec: Codec) -> bool:
    """Can this codec carry a stream alone?"""
    return codec.name.lower() not in COMPANIONS


def parse_rtpmap(value: str, fmtp: str | None = None) -> Codec | None:
    """None when it is malformed, or when its encoding name tells of a host."""
    match = _RTPMAP.fullmatch(value)
    if match is None or match[1] not in PAYLOAD_TYPES or names_a_host(match[2]):
        return None
    return Codec(PAYLOAD_TYPES[match[1]], match[2], int(match[3]), int(match[4] or 1), fmtp)


def codecs_of(formats: Iterable[str], lines: Iterable[str]) -> tuple[Codec, ...]:
    """The codecs of an RTP m-line in its order; a number with no meaning is left out."""
    maps: dict[str, str] = {}
    parameters: dict[str, str] = {}
    for line in lines:
        if line.startswith("a=rtpmap:"):
            value = line[9:]
            maps.setdefault(value.partition(" ")[0], value)
        elif line.startswith("a=fmtp:"):
            number, _, text = line[7:].partition(" ")
            parameters[number] = f"{parameters[number]};{text}" if number in parameters else text
    found = (_codec(number, maps, parameters) for number in dict.fromkeys(formats))
    return tuple(codec for codec in found if codec is not None)


def _codec(number: str, maps: dict[str, str], parameters: dict[str, str]) -> Codec | None:
    fmtp = parameters.get(number)
    if number in maps:
        return parse_rtpmap(maps[number], fmtp)
    static = STATIC.get(PAYLOAD_TYPES.get(number, -1))
    if static is None or fmtp is None:
        return static
    return Codec(static.payload_type, static.name, static.rate, static.channels, fmtp)
