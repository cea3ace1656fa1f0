"""How much a description lets its sender send: by its codecs, else by b= (RFC 8866 §5.8)."""

from collections.abc import Iterable

from media.sdp.codec import Codec
from media.sdp.media_description import Media

HEADERS = 9_600.0
"""Bits a second: 12 octets of RTP in each packet, which is no shorter than 10 ms."""
_HIGHEST = {
    **dict.fromkeys(("pcmu", "pcma", "g722"), 64_000.0),
    **dict.fromkeys(("g729", "g729a", "g729d", "g729e"), 11_800.0),
    **dict.fromkeys(("g726-16", "g726-24", "g726-32", "g726-40"), 40_000.0),
    **dict.fromkeys(("telephone-event", "cn", "tone"), 0.0),
    "g723": 6_300.0,
    "g728": 16_000.0,
    "gsm": 13_000.0,
    "gsm-efr": 12_200.0,
    "gsm-hr-08": 5_600.0,
    "ilbc": 15_200.0,
    "isac": 56_000.0,
    "amr": 12_200.0,
    "amr-wb": 23_850.0,
    "evs": 128_000.0,
    "speex": 44_000.0,
    "silk": 40_000.0,
    "opus": 510_000.0,
    "t140": 8_000.0,
}
"""Bits a second of the payload, by the encoding name in lower case; the most that it ever needs."""
_RATED = frozenset({"telephone-event", "cn", "tone"})
"""Beside a codec, and never alone."""


def most_bytes(codecs: Iterable[Codec], bandwidth: float | None) -> float | None:
    """Bytes a second of RTP with its header. None: the description does not say.

    `bandwidth`: bits a second, as b= has it; with the headers of IP and UDP (RFC 8866 §5.8), which
    makes it a little generous.
    """
    names = [codec.name.lower() for codec in codecs]
    rates = [_HIGHEST.get(name) for name in names]
    known = [rate for rate in rates if rate is not None]
    if len(known) == len(rates) and set(names) - _RATED:
        return (max(known) + HEADERS) / 8
    return None if bandwidth is None else bandwidth / 8


def bandwidth_of(line: Media) -> float | None:
    """Bits a second: TIAS (RFC 3890) before AS. None: neither is there, or they make no sense."""
    for start, unit in (("b=TIAS:", 1.0), ("b=AS:", 1000.0)):
        for each in line.lines:
            value = each.removeprefix(start).strip()
            if value != each and value.isascii() and value.isdigit() and len(value) <= 10:
                return int(value) * unit or None
    return None
