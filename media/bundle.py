"""Streams that share one port of a side (RFC 9143): who they are, and which one a packet is for.

The stream of the lowest number has the port, the checks, the latches and the keys (the carrier);
the others use them. Packets are told apart by payload type, reports by whom they name.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from media.control import Side
from media.engine.flow import EngineAction
from media.rtcp import Packet, ssrcs_of
from media.side import SideState

if TYPE_CHECKING:
    from media.stream import Stream


def link(streams: Mapping[int, "Stream"], name: Side) -> Iterator[EngineAction]:
    """After they have been agreed on."""
    members: dict[int, list[Stream]] = {}
    for stream in streams.values():
        carrier = stream.end(name).bundle
        if carrier is not None and carrier < stream.index and carrier in streams:
            members.setdefault(carrier, []).append(stream)
    for stream in streams.values():
        side, sharing = stream.end(name), members.get(stream.index, [])
        if sharing or side.members:
            side.members = tuple(sharing)
            for each in sharing:
                each.end(name).share(side)
            yield from stream.wire_all(side)


def heard_by(stream: "Stream", side: SideState, payload_type: int) -> "Stream":
    """Whose packet this is, of the streams on the port of `side`; the carrier's, if nobody's."""
    streams = (stream, *side.members)
    return next((each for each in streams if each.end(side.name).hears(payload_type)), stream)


def told_by(stream: "Stream", side: SideState, packets: Sequence[Packet]) -> "Stream":
    """Of which stream a compound tells: the one that its sender, or one it has heard, is of."""
    about = ssrcs_of(packets)
    for each in (stream, *side.members):
        end = each.end(side.name)
        if end.reception.ssrc in about or each.other(end).reception.ssrc in about:
            return each
    return stream
