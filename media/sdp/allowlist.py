"""What may cross of an m-section: everything that is not named here stays on its side."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from media.sdp.address import names_a_host
from media.sdp.session import Media

_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_CONTENT = r"(?:slides|speaker|sl|main|alt)"

VALUES = {
    "ptime": _NUMBER,
    "maxptime": _NUMBER,
    "framerate": _NUMBER,
    "content": re.compile(rf"{_CONTENT}(?:,{_CONTENT})*"),
    "silenceSupp": re.compile(r"(?:on|off) - - - -"),
}
"""Attributes with one value for the whole m-line, and what the value may be."""

FEEDBACK = re.compile(
    r"nack(?: (?:pli|sli|rpsi))?|ack(?: rpsi)?|ccm (?:fir|tstr|tmmbr(?: smaxpr=[0-9]{1,6})?)"
    r"|trr-int [0-9]{1,6}|goog-remb"
)
"""RFC 4585 §4.2, RFC 5104 §7.1. Not transport-cc: it needs a header extension, and none crosses."""

FRAME_SIZE = re.compile(r"[0-9]{1,5}-[0-9]{1,5}")
BANDWIDTH = re.compile(r"b=(?:AS|TIAS|RS|RR):[0-9]{1,10}")

_WORD = "(?:RTP|S?AVPF?|UDP|TCP|TLS|DTLS|SCTP|BFCP|MSRP|UDPTL|udptl|udp|tcp)"
PROTOCOL = re.compile(rf"{_WORD}(?:/{_WORD})*")
"""Of a refused line: words of the IANA table only."""
FORMATS = re.compile(r"[0-9]{1,5}|\*|t38|webrtc-datachannel")
"""Of a refused line that is not RTP. They mean nothing (RFC 3264 §6), so none may tell anything."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the relay can carry. The others are refused with port zero."""

    kinds: frozenset[str] = frozenset({"audio", "video", "text", "application"})
    protocols: frozenset[str] = frozenset({"RTP/AVP", "RTP/AVPF"})
    attributes: frozenset[str] = frozenset({*VALUES, "rtpmap", "fmtp", "rtcp-fb", "framesize"})


def bandwidth(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line[0] == "b" and BANDWIDTH.fullmatch(line)]


def attributes(media: Media, numbers: frozenset[str], rules: Rules) -> Iterator[str]:
    """The a= lines that may cross for the payload types that stay, but for the direction."""
    seen: set[str] = set()
    for line in media.lines:
        name, _, value = line[2:].partition(":")
        if line[0] != "a" or name not in rules.attributes:
            continue
        value = value.strip(" ")
        kept = (
            _whole(name, value, seen) if name in VALUES else _of_format(name, value, numbers, seen)
        )
        if kept is not None:
            yield f"a={name}:{kept}"


def _whole(name: str, value: str, seen: set[str]) -> str | None:
    if name in seen or VALUES[name].fullmatch(value) is None:
        return None
    seen.add(name)
    return value


def _of_format(name: str, value: str, numbers: frozenset[str], seen: set[str]) -> str | None:
    number, _, rest = value.partition(" ")
    if number not in numbers and (number != "*" or name != "rtcp-fb"):
        return None
    rest = rest.strip(" ")
    match name:
        case "rtpmap":  # well-formed, or its codec would not have been kept
            return None if _repeated(number, seen) else f"{number} {rest}"
        case "fmtp":
            parameters = clean_parameters(rest)
            return f"{number} {parameters}" if parameters else None
        case "rtcp-fb":
            return f"{number} {rest}" if FEEDBACK.fullmatch(rest) else None
        case _:
            return f"{number} {rest}" if FRAME_SIZE.fullmatch(rest) else None


def _repeated(number: str, seen: set[str]) -> bool:
    if number in seen:
        return True
    seen.add(number)
    return False


def clean_parameters(text: str) -> str:
    """The parameters of an fmtp without any that holds an address."""
    if _is_clean(text):
        return text
    return ";".join(part.strip(" ") for part in text.split(";") if _is_clean(part))


def _is_clean(text: str) -> bool:
    return text.isascii() and text.isprintable() and not names_a_host(text)


def refused(media: Media) -> tuple[str, tuple[str, ...]]:
    """Protocol and formats of a refused line: as written, if they are words that we know."""
    if PROTOCOL.fullmatch(media.protocol) is None:
        return "RTP/AVP", ("0",)
    return media.protocol, tuple(filter(FORMATS.fullmatch, media.formats)) or ("0",)
