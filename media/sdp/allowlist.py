"""What may cross of an m-section: everything that is not named here stays on its side."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from media.sdp.address import names_a_host
from media.sdp.datagrams import Carried
from media.sdp.media_description import Media
from media.sdp.passing import Passing

_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_CONTENT = r"(?:slides|speaker|sl|main|alt)"

VALUES = {
    "ptime": _NUMBER,
    "maxptime": _NUMBER,
    "framerate": _NUMBER,
    "content": re.compile(rf"{_CONTENT}(?:,{_CONTENT})*"),
    "label": re.compile(r"[0-9]{1,10}"),
    "silenceSupp": re.compile(r"(?:on|off) - - - -"),
}
"""Attributes with one value for the whole m-line, and what the value may be."""

FEEDBACK = re.compile(
    r"nack(?: (?:pli|sli|rpsi))?|ack(?: rpsi)?|ccm (?:fir|tstr|tmmbr(?: smaxpr=[0-9]{1,6})?)"
    r"|trr-int [0-9]{1,6}|goog-remb"
)
"""RFC 4585 §4.2, RFC 5104 §7.1. Not transport-cc: it needs a header extension, and none crosses."""

_REPEATABLE = frozenset({"fmtp", "rtcp-fb"})

FRAME_SIZE = re.compile(r"[0-9]{1,5}-[0-9]{1,5}")
BANDWIDTH = re.compile(r"b=(?:AS|TIAS|RS|RR):[0-9]{1,10} *")

_WORD = "(?:RTP|S?AVPF?|UDP|TCP|TLS|DTLS|SCTP|BFCP|MSRP|UDPTL|udptl|udp|tcp)"
PROTOCOL = re.compile(rf"{_WORD}(?:/{_WORD})*")
"""Of a refused line: words of the IANA table only."""
FORMATS = re.compile(r"[0-9]{1,5}|\*|t38|webrtc-datachannel")
"""Of a refused line that is not RTP. They mean nothing (RFC 3264 §6), so none may tell anything."""


EVERY_KIND = frozenset({"audio", "video", "text", "application"})
"""Of m-lines over RTP."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the relay can carry. The others are refused with port zero."""

    kinds: frozenset[str] = EVERY_KIND
    protocols: frozenset[str] = frozenset({"RTP/AVP", "RTP/AVPF"})
    attributes: frozenset[str] = frozenset({*VALUES, "rtpmap", "fmtp", "rtcp-fb", "framesize"})
    datagrams: frozenset[Carried] = frozenset({"t38", "bfcp"})
    """What is carried though it is not RTP."""
    passing: Passing | None = None
    """Not this list, but everything that is no transport: who asks decides what may cross."""


def bandwidth(lines: Sequence[str]) -> list[str]:
    return [line.rstrip(" ") for line in lines if line[0] == "b" and BANDWIDTH.fullmatch(line)]


def attributes(media: Media, numbers: frozenset[str], rules: Rules) -> list[str]:
    """The a= lines that may cross for the payload types that stay, but for the direction."""
    lines: list[str] = []
    seen: set[tuple[str, str]] = set()
    for line in media.lines:
        if line[0] != "a" or line[2 : line.find(":")] not in rules.attributes:
            continue
        name, number, text = crossing(line)
        if not text or (number and number not in numbers):
            continue
        if name not in _REPEATABLE:
            if (name, number) in seen:
                continue
            seen.add((name, number))
        lines.append(text)
    return lines


@lru_cache(maxsize=1024)
def crossing(line: str) -> tuple[str, str, str]:
    """An a= line as its name, the payload type it is for, and what of it may cross; else empty."""
    name, _, value = line[2:].partition(":")
    value = value.strip(" ")
    if name in VALUES:
        return name, "", f"a={name}:{value}" if VALUES[name].fullmatch(value) else ""
    number, _, rest = value.partition(" ")
    rest = _of_format(name, rest.strip(" "))
    number_for = "" if number == "*" and name == "rtcp-fb" else number
    return name, number_for, f"a={name}:{number} {rest}" if rest else ""


def _of_format(name: str, rest: str) -> str:
    match name:
        case "fmtp":
            return clean_parameters(rest)
        case "rtcp-fb":
            return rest if FEEDBACK.fullmatch(rest) else ""
        case "framesize":
            return rest if FRAME_SIZE.fullmatch(rest) else ""
        case "rtpmap":  # well-formed, or its codec would not have been kept
            return rest
        case _:
            return ""


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
