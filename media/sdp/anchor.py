"""Anchoring (RFC 3264, RFC 5853 §3.1): a description that says of us what a peer said of itself.

Nothing is passed on: the result is built anew, and only what `allowlist` names is taken over. An
offer is an offer in whichever message it travels, and so is an answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from config.model import CodecPolicy
from media.sdp import datagrams, passing
from media.sdp.address import family, is_unicast
from media.sdp.allowlist import Rules, attributes, bandwidth, refused
from media.sdp.codec import Codec, is_real
from media.sdp.describe import SideView, describe
from media.sdp.face import UNCHANGED, Face, Faces
from media.sdp.media_description import Media, is_rtp
from media.sdp.numbering import in_numbers_of, renumbered
from media.sdp.origin import Origin, OriginTrack
from media.sdp.policy import EVERY_CODEC, apply_codecs
from media.sdp.session import BadSdp, Session

__all__ = [
    "RULES",
    "BadAnswer",
    "NotSecured",
    "Origin",
    "OriginTrack",
    "Rules",
    "SideView",
    "anchored",
    "answered",
    "check_follows",
    "describe",
    "wanted_streams",
]

RULES = Rules()

REDUCED_SIZE = "a=rtcp-rsize"
"""RTCP crosses as it comes, so both ends must have agreed to it (RFC 5506 §5)."""

_DIRECTIONS = {
    (True, True): "a=sendrecv",
    (True, False): "a=sendonly",
    (False, True): "a=recvonly",
    (False, False): "a=inactive",
}


class Ours(Protocol):
    """The o= line of a description of ours, and our address in it."""

    @property
    def line(self) -> str: ...
    @property
    def address(self) -> str: ...


class BadAnswer(BadSdp):
    """An answer that does not fit the offer, or that leaves no stream."""


class NotSecured(BadAnswer):
    """An answer without the SRTP that its side requires."""


def anchored(
    session: Session,
    origin: Ours,
    ports: Mapping[int, int],
    policy: CodecPolicy = EVERY_CODEC,
    *,
    rules: Rules = RULES,
    faces: Faces = UNCHANGED,
) -> Session:
    """An offer, as our own. `ports` has our RTP port by m-line; a line that has none is refused."""
    media = []
    for index, line in enumerate(session.media):
        face = faces.of(index)
        formats = _kept(line, policy, rules, face)
        shown = _Shown(ports.get(index, 0), origin.address, face, rules)
        media.append(_line(line, line, formats, shown))
    return Session(_head(session, origin, faces, rules), media, origin.address)


def answered(
    offer_sent: Session,
    answer: Session,
    origin: Ours,
    ports: Mapping[int, int],
    policy: CodecPolicy = EVERY_CODEC,
    *,
    rules: Rules = RULES,
    faces: Faces = UNCHANGED,
) -> Session:
    """An answer to `offer_sent`, as our own answer to the other side. Raises BadAnswer."""
    kinds = [line.kind for line in answer.media]
    if kinds != [line.kind for line in offer_sent.media]:
        raise BadAnswer("answer has other m= lines than the offer")
    media = []
    for index, (offered, line) in enumerate(zip(offer_sent.media, answer.media, strict=True)):
        face = faces.of(index)
        formats = _agreed(offered, line, policy, rules, face)
        shown = _Shown(ports.get(index, 0), origin.address, face, rules)
        ours = _line(line, offered, formats, shown)
        as_is = ours.refused or rules.passing is not None
        media.append(ours if as_is else _in_numbers_of(offered, ours))
    left = rules.passing is not None or not all(line.refused for line in media)
    if not left and not all(line.refused for line in offer_sent.media):
        raise BadAnswer("answer leaves no stream")
    return Session(_head(answer, origin, faces, rules), media, origin.address)


def wanted_streams(
    session: Session,
    policy: CodecPolicy = EVERY_CODEC,
    *,
    rules: Rules = RULES,
    faces: Faces = UNCHANGED,
) -> list[tuple[int, str]]:
    """Index and kind of the m-lines that need ports; none means that the offer cannot be taken."""
    return [
        (index, line.kind)
        for index, line in enumerate(session.media)
        if _kept(line, policy, rules, faces.of(index))
    ]


def check_follows(before: Session, after: Session) -> None:
    """Raises BadSdp if who sent `before` may not send `after` next (RFC 3264 §8)."""
    if len(after.media) < len(before.media):
        raise BadSdp("an m= line has gone; it may only be refused")


def _kept(line: Media, policy: CodecPolicy, rules: Rules, face: Face | None) -> tuple[str, ...]:
    """The formats that stay in an offered line; none when the line must be refused."""
    if not _is_reachable(line):
        return ()
    if not is_rtp(line.protocol):
        return datagrams.formats(line, rules.datagrams)
    if not _is_allowed(line, rules, face):
        return ()
    if rules.passing is not None:
        return line.formats
    return _numbers(apply_codecs(line.codecs, policy))


def _agreed(
    offered: Media, line: Media, policy: CodecPolicy, rules: Rules, face: Face | None
) -> tuple[str, ...]:
    """Of an answered line, in the answerer's own payload types."""
    if offered.refused or not _is_reachable(line):
        return ()
    if not is_rtp(offered.protocol):
        kept = datagrams.formats(line, rules.datagrams)
        return tuple(each for each in kept if each in offered.formats)
    if not _is_allowed(line, rules, face):
        return ()
    keys = {codec.key for codec in offered.codecs}
    codecs = [codec for codec in line.codecs if codec.key in keys]
    if rules.passing is not None:
        return _numbers(codecs) or line.formats
    left = apply_codecs(codecs, policy, reorder=False)
    if any(map(is_real, offered.codecs)) and not any(map(is_real, left)):
        return ()
    return _numbers(left)


def _in_numbers_of(offered: Media, line: Media) -> Media:
    """An answer in the offerer's own payload types, whatever the answerer's are (RFC 3264 §6.1)."""
    numbers = in_numbers_of(offered.codecs, line.codecs)
    if not numbers:
        return line
    formats = [str(numbers.get(int(text), int(text))) for text in line.formats]
    lines = renumbered(line.lines, numbers)
    ip = line.connection_ip
    return Media(line.kind, line.port, line.protocol, formats, lines, connection_ip=ip)


def _numbers(codecs: Sequence[Codec]) -> tuple[str, ...]:
    return tuple(str(codec.payload_type) for codec in codecs)


def _is_allowed(line: Media, rules: Rules, face: Face | None) -> bool:
    """Whoever gives a <proto> for our line has seen to it that the peer's can be spoken."""
    return (
        line.kind in rules.kinds
        and face is not None
        and not face.refused
        and (face.protocol is not None or line.protocol in rules.protocols)
    )


def _is_reachable(line: Media) -> bool:
    ip = line.connection_ip
    return not line.refused and ip is not None and is_unicast(ip)


def _head(session: Session, origin: Ours, faces: Faces, rules: Rules) -> tuple[str, ...]:
    if rules.passing is not None:
        return passing.head(session.lines, origin.line, faces.head)
    return (
        "v=0",
        origin.line,
        "s=-",
        f"c=IN {family(origin.address)} {origin.address}",
        *bandwidth(session.lines),
        "t=0 0",
        *faces.head,
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a line of ours is made of, beside what crosses."""

    port: int
    address: str
    face: Face | None
    rules: Rules


def _line(line: Media, offered: Media, formats: tuple[str, ...], shown: _Shown) -> Media:
    """`offered` is the line that this one must fit: itself in an offer."""
    if not is_rtp(offered.protocol):
        return _opaque(line, offered, formats, shown)
    face, through = shown.face, shown.rules.passing
    if not shown.port or not formats or face is None or face.refused:
        if through is not None:
            return passing.refused(offered)
        protocol, formats = refused(offered)
        if face is not None and face.protocol is not None:
            protocol = face.protocol
        return Media(offered.kind, 0, protocol, formats, (), connection_ip=shown.address)
    protocol = face.protocol or offered.protocol
    if through is not None:
        lines = [*passing.body(line, offered, formats, shown.address, through), *face.lines]
    else:
        lines = [
            *bandwidth(line.lines),
            *_with_feedback(attributes(line, frozenset(formats), shown.rules), protocol, line),
            _direction(line, offered),
            *face.lines,
            *_reduced_size(protocol, line, offered),
        ]
    return Media(line.kind, shown.port, protocol, formats, lines, connection_ip=shown.address)


def _with_feedback(lines: list[str], protocol: str, line: Media) -> list[str]:
    """It needs a profile that has it (RFC 4585 §4.2), where the peer's line had one."""
    if protocol.endswith("F") or not line.protocol.endswith("F"):
        return lines
    return [each for each in lines if not each.startswith("a=rtcp-fb:")]


def _reduced_size(protocol: str, line: Media, offered: Media) -> list[str]:
    if not protocol.endswith("F") or REDUCED_SIZE not in line.lines:
        return []
    return [REDUCED_SIZE] if REDUCED_SIZE in offered.lines else []


def _opaque(line: Media, offered: Media, formats: tuple[str, ...], shown: _Shown) -> Media:
    """A line that is not RTP has no face: there is nothing that could be ciphered or measured."""
    through = shown.rules.passing
    if not shown.port or not formats:
        if through is not None:
            return passing.refused(offered)
        return Media(offered.kind, 0, *refused(offered), (), connection_ip=shown.address)
    if through is not None:
        lines = passing.body(line, offered, formats, shown.address, through)
    else:
        said = datagrams.attributes(line, shown.rules.datagrams)
        lines = [*bandwidth(line.lines), *said, _direction(line, offered)]
    return Media(
        line.kind, shown.port, offered.protocol, formats, lines, connection_ip=shown.address
    )


def _direction(line: Media, offered: Media) -> str:
    """Written out always, so that a hold by 0.0.0.0 keeps its meaning beside our own address.

    An answer may only do what the offer lets it (RFC 3264 §6.1).
    """
    sends, receives = line.sends, line.receives
    if offered is not line:
        sends, receives = sends and offered.receives, receives and offered.sends
    return _DIRECTIONS[sends, receives]
