"""A-law and µ-law (G.711) where they are all that stands between two peers.

Both carry the same samples, so a relay may put one in the place of the other octet by octet. That
is done only where the policies of both peers leave nothing else.
"""

from dataclasses import dataclass, field

from config.model import CodecPolicy
from media.sdp.codec import STATIC, Codec, is_real
from media.sdp.media_description import Media
from media.sdp.policy import apply_codecs, both
from media.sdp.session import Session

PCMU, PCMA = STATIC[0], STATIC[8]
_OTHER = {PCMU.key: PCMA, PCMA.key: PCMU}


@dataclass(frozen=True, slots=True)
class Swapped:
    """A description in which some lines have the other law."""

    session: Session
    laws: dict[int, Codec] = field(default_factory=dict)
    """By index of those lines: the law in which they came."""


def for_peer(offer: Session, own: CodecPolicy, other: CodecPolicy) -> Swapped:
    """An offer as the policy of the other side can let it by; `own` is that of who offers."""
    laws = {
        index: law
        for index, line in enumerate(offer.media)
        if (law := _law_to_swap(line, own, other)) is not None
    }
    if not laws:
        return Swapped(offer)
    media = [
        _in_law(line, laws[index], _OTHER[laws[index].key]) if index in laws else line
        for index, line in enumerate(offer.media)
    ]
    return Swapped(Session(offer.lines, media, offer.connection_ip), laws)


def back(answer: Session, laws: dict[int, Codec]) -> Session:
    """An answer to such an offer, in the laws of who made it."""
    media = [
        _in_law(line, _OTHER[laws[index].key], laws[index]) if index in laws else line
        for index, line in enumerate(answer.media)
    ]
    return Session(answer.lines, media, answer.connection_ip)


def _law_to_swap(line: Media, own: CodecPolicy, other: CodecPolicy) -> Codec | None:
    if line.kind != "audio" or line.refused:
        return None
    if any(map(is_real, apply_codecs(line.codecs, both(own, other)))):
        return None
    for codec in apply_codecs(line.codecs, own):
        fitting = _OTHER.get(codec.key)
        if fitting is not None and apply_codecs((fitting,), other):
            return codec
    return None


def _in_law(line: Media, law: Codec, wanted: Codec) -> Media:
    """The line with one law in the place of the other, and of every other codec."""
    kept = [
        codec
        for codec in line.codecs
        if codec.key == law.key or (not is_real(codec) and codec.rate == law.rate)
    ]
    if not any(codec.key == law.key for codec in kept):
        return line  # it was refused
    numbers = {codec.payload_type for codec in kept if codec.key != law.key}
    formats = [
        str(wanted.payload_type if codec.key == law.key else codec.payload_type) for codec in kept
    ]
    lines = [each for each in line.lines if _stays(each, numbers)]
    at = next((at for at, each in enumerate(lines) if each.startswith("a=")), len(lines))
    number = wanted.payload_type
    lines.insert(at, f"a=rtpmap:{number} {wanted.name}/{wanted.rate}")
    return Media(
        line.kind,
        line.port,
        line.protocol,
        formats,
        lines,
        connection_ip=line.connection_ip,
        session_direction=line.session_direction,
    )


def _stays(line: str, numbers: set[int]) -> bool:
    name, _, rest = line.partition(":")
    if name not in {"a=rtpmap", "a=fmtp", "a=rtcp-fb"}:
        return True
    number = rest.partition(" ")[0]
    return number == "*" or (number.isdigit() and int(number) in numbers)
