"""Streams that are not RTP but that a relay can carry all the same, datagram by datagram.

Fax over UDPTL (T.38 annex D), floor control over UDP (RFC 8856), and, where a policy says so, what
nobody here knows. Of their attributes too only those cross that are named.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from media.sdp.media_description import Media

Carried = Literal["t38", "bfcp", "unknown"]

_COUNT = re.compile(r"[0-9]{1,10}")
_COUNTS = re.compile(r"[0-9]{1,10}(?: [0-9]{1,10}){0,31}")
_SWITCH = re.compile(r"(?:[01])?")
_CONTROL = re.compile(r"(?:c-only|s-only|c-s)(?: (?:c-only|s-only|c-s)){0,2}")


@dataclass(frozen=True, slots=True)
class _Form:
    kind: str | None
    """Of the m-line; None: any."""
    protocol: re.Pattern[str]
    formats: re.Pattern[str]
    attributes: Mapping[str, re.Pattern[str]]


FORMS: dict[Carried, _Form] = {
    "t38": _Form(
        "image",
        re.compile("udptl|UDPTL"),
        re.compile("t38"),
        {
            "T38FaxVersion": _COUNT,
            "T38MaxBitRate": _COUNT,
            "T38FaxFillBitRemoval": _SWITCH,
            "T38FaxTranscodingMMR": _SWITCH,
            "T38FaxTranscodingJBIG": _SWITCH,
            "T38FaxRateManagement": re.compile("localTCF|transferredTCF"),
            "T38FaxMaxBuffer": _COUNT,
            "T38FaxMaxDatagram": _COUNT,
            "T38FaxMaxIFP": _COUNT,
            "T38FaxUdpEC": re.compile("t38UDP(?:Redundancy|FEC|NoEC)"),
            "T38FaxUdpECDepth": _COUNTS,
            "T38FaxUdpFECMaxSpan": _COUNT,
            "T38ModemType": re.compile("t38(?:G3Fax|V34G3)"),
        },
    ),
    "bfcp": _Form(
        "application",
        re.compile("UDP/BFCP"),
        re.compile(r"\*"),
        {
            "floorctrl": _CONTROL,
            "confid": _COUNT,
            "userid": _COUNT,
            "bfcpver": _COUNTS,
            "floorid": re.compile(r"[0-9]{1,10}(?: m-?stre?a?m:[0-9]{1,10}(?: [0-9]{1,10}){0,7})?"),
        },
    ),
    "unknown": _Form(None, re.compile("udp|UDP"), re.compile("[A-Za-z0-9.-]{1,32}"), {}),
}
"""TCP and TLS are not among them: MSRP (RFC 4975) and floor control over TCP are refused."""


def carried(line: Media, allowed: frozenset[Carried]) -> Carried | None:
    """As what this line may cross, if it may."""
    for name, form in FORMS.items():
        if form.kind in {None, line.kind} and form.protocol.fullmatch(line.protocol):
            return name if name in allowed else None
    return None


def formats(line: Media, allowed: frozenset[Carried]) -> tuple[str, ...]:
    """What crosses of its formats; nothing: the line must be refused."""
    name = carried(line, allowed)
    return () if name is None else tuple(filter(FORMS[name].formats.fullmatch, line.formats))


def attributes(line: Media, allowed: frozenset[Carried]) -> list[str]:
    """The a= lines that may cross, each name once (`floorid`: as often as it comes)."""
    name = carried(line, allowed)
    known = FORMS[name].attributes if name is not None else {}
    lines: dict[str, str] = {}
    for each in line.lines:
        word, colon, value = each[2:].partition(":")
        value = value.strip(" ")
        pattern = known.get(word) if each[:2] == "a=" else None
        if pattern is not None and pattern.fullmatch(value):
            key = f"{word}:{value}" if word == "floorid" else word
            lines.setdefault(key, f"a={word}{colon}{value}")
    return list(lines.values())
