"""BUNDLE (RFC 9143): several m-lines of one peer share the port of the first.

We take a bundle that a peer offers, and never offer one ourselves: whoever has a plain phone on the
other side loses nothing. Its streams are told apart by payload type, so these must differ.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from media.sdp.media_description import BUNDLE_ONLY, Media, is_rtp
from media.sdp.session import Session

_NAME = r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}"
_MID = re.compile(_NAME)
_GROUP = re.compile(rf"a=group:BUNDLE((?: {_NAME}){{1,64}}) *")
_OF_THE_FIRST = ("a=candidate:", "a=end-of-candidates", "a=rtcp:")
"""Lines that only the m-line with the port has."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """As one side has it."""

    mids: tuple[tuple[int, str], ...] = ()
    """Of all m-lines that have one, by index (RFC 5888)."""
    members: tuple[int, ...] = ()
    """Whose m-lines share a port, in their order: that of the first."""
    alone: tuple[int, ...] = ()
    """Which it would have in a bundle only, and are none of it."""

    def carrier(self, index: int) -> int | None:
        """The m-line whose port this one uses; None: it has its own."""
        return self.members[0] if index in self.members[1:] else None

    def within(self, ours: Session) -> "Bundle":
        """What is left of it in a later description, in which lines may be refused or missing."""
        if not self.mids:
            return self
        count = len(ours.media)
        there = tuple(each for each in self.members if each < count and not _refused(ours, each))
        mids = tuple((index, mid) for index, mid in self.mids if index < count)
        return Bundle(mids, there)


NONE = Bundle()


def accepted(made: Session, ours: Session) -> Bundle:
    """What becomes of the bundle in an offer, as `ours` answers it."""
    mids = tuple(
        (index, mid) for index, line in enumerate(made.media) if (mid := _mid(line)) is not None
    )
    if not mids:
        return NONE
    members = _members(made, ours, {mid: index for index, mid in mids})
    alone = tuple(
        index
        for index, line in enumerate(made.media)
        if BUNDLE_ONLY in line.lines and not line.port and index not in members
    )
    return Bundle(mids, members, alone)


def _members(made: Session, ours: Session, by_mid: dict[str, int]) -> tuple[int, ...]:
    group = next((match[1].split() for match in map(_GROUP.fullmatch, made.lines) if match), [])
    indices = sorted(by_mid[mid] for mid in set(group) if mid in by_mid)
    taken: set[str] = set()
    members: list[int] = []
    for index in indices:
        line, formats = made.media[index], set(made.media[index].formats)
        if not _may_share(ours.media[index]) or formats & taken:
            continue
        if members or line.port:  # the first one has the port
            members.append(index)
            taken |= formats
    return tuple(members)


def _may_share(line: Media) -> bool:
    """RTP and RTCP on one port (§9.3), and no keys of its own."""
    shares = is_rtp(line.protocol) and "a=rtcp-mux" in line.lines and not line.refused
    return shares and not any(each.startswith("a=crypto:") for each in line.lines)


def written(ours: Session, bundle: Bundle) -> Session:
    """Our description, with what it says of the bundle."""
    if not bundle.mids:
        return ours
    mids = dict(bundle.mids)
    media = [_line(index, line, mids.get(index), bundle) for index, line in enumerate(ours.media)]
    lines, members = list(ours.lines), bundle.members
    if members:
        first = media[members[0]].port
        media = [_at(line, first) if at in members else line for at, line in enumerate(media)]
        lines.append(f"a=group:BUNDLE {' '.join(mids[index] for index in members)}")
    return Session(lines, media, ours.connection_ip)


def _line(index: int, line: Media, mid: str | None, bundle: Bundle) -> Media:
    if index in bundle.alone:
        return Media(
            line.kind, 0, line.protocol, line.formats, (), connection_ip=line.connection_ip
        )
    if mid is None:
        return line
    lines: Iterable[str] = line.lines
    if bundle.carrier(index) is not None:
        lines = (each for each in lines if not each.startswith(_OF_THE_FIRST))
    return _like(line, line.port, (*lines, f"a=mid:{mid}"))


def _refused(ours: Session, index: int) -> bool:
    return ours.media[index].refused


def _at(line: Media, port: int) -> Media:
    return _like(line, port, line.lines)


def _like(line: Media, port: int, lines: tuple[str, ...]) -> Media:
    return Media(
        line.kind, port, line.protocol, line.formats, lines, connection_ip=line.connection_ip
    )


def _mid(line: Media) -> str | None:
    mid = line.attribute("mid")
    return mid if mid is not None and _MID.fullmatch(mid) else None
