"""RTCP (RFC 3550 §6, RFC 3611, RFC 4585 §6): a compound read, and made fit to cross.

A compound may begin with any packet (RFC 5506), for phones send lone BYE and feedback packets.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct

from media.rtcp_xr import BadRtcp, ExtendedReport, read_extended

__all__ = ["BadRtcp", "ExtendedReport"]

SR, RR, SDES, BYE, APP, RTPFB, PSFB, XR = range(200, 208)
CNAME = 1

_HEADER = Struct("!BBH")
_WORD = Struct("!I")
_BLOCK = Struct("!IIIIII")
_SENDER = Struct("!IIIIII")
_LONGEST = 1452
"""One datagram of an Ethernet path, IPv6 and UDP headers taken off."""

MOST_BYTES = 2048
MOST_PACKETS = 32
"""Of one compound. No end sends half as much; each is read on the way that all media shares."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    ssrc: int
    """The source that this is about."""
    fraction_lost: float
    """0..1 since its previous report."""
    lost: int
    """Cumulative; negative when duplicates outnumber losses."""
    highest: int
    """Extended highest sequence number."""
    jitter: int
    """Timestamp units."""
    lsr: int
    """Middle 32 bits of the NTP time in the last SR; 0: none came."""
    dlsr: int
    """1/65536 s since that SR."""


@dataclass(frozen=True, slots=True)
class SenderReport:
    ssrc: int
    ntp: int
    """64 bits: seconds since 1900, and fraction."""
    timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...]


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    blocks: tuple[ReportBlock, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    ssrc: int
    items: tuple[tuple[int, bytes], ...]
    """Item type and text."""


@dataclass(frozen=True, slots=True)
class SourceDescription:
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Bye:
    ssrcs: tuple[int, ...]
    reason: bytes


@dataclass(frozen=True, slots=True)
class Feedback:
    packet_type: int
    format: int
    sender: int
    media: int
    information: bytes


@dataclass(frozen=True, slots=True)
class Other:
    packet_type: int


Packet = SenderReport | ReceiverReport | SourceDescription | Bye | Feedback | ExtendedReport | Other


@dataclass(frozen=True, slots=True)
class _Raw:
    """One packet of a compound; the body is all behind the first word, without padding."""

    count: int
    packet_type: int
    body: bytes


def parse(data: bytes) -> tuple[Packet, ...]:
    return tuple(_read(raw) for raw in _split(data))


def ssrcs_of(packets: Iterable[Packet]) -> frozenset[int]:
    """Who sent a compound, and of whom it tells."""
    found: set[int] = set()
    for packet in packets:
        match packet:
            case SenderReport(ssrc=ssrc) | ReceiverReport(ssrc=ssrc):
                found |= {ssrc, *(block.ssrc for block in packet.blocks)}
            case Feedback():
                found |= {packet.sender, packet.media}
            case Bye(ssrcs=ssrcs):
                found |= set(ssrcs)
            case _:  # their sources stand in a report beside them
                pass
    return frozenset(found)


def _split(data: bytes) -> Iterator[_Raw]:
    """RFC 3550 A.2: the lengths must add up, and only the last packet may be padded."""
    if not data or len(data) > MOST_BYTES:
        raise BadRtcp("too large" if data else "empty")
    position = packets = 0
    while position < len(data):
        packets += 1
        if packets > MOST_PACKETS:
            raise BadRtcp("too many packets")
        if len(data) - position < 4:
            raise BadRtcp("a header is cut short")
        first, packet_type, words = _HEADER.unpack_from(data, position)
        end = position + 4 + 4 * words
        if first >> 6 != 2:
            raise BadRtcp("version is not 2")
        if end > len(data):
            raise BadRtcp("a packet is longer than the datagram")
        body = data[position + 4 : end]
        if first & 0x20:
            if end != len(data):
                raise BadRtcp("padding before the last packet")
            body = _without_padding(body)
        yield _Raw(first & 0x1F, packet_type, body)
        position = end


def _without_padding(body: bytes) -> bytes:
    padding = body[-1] if body else 0
    if not padding or padding % 4 or padding > len(body):
        raise BadRtcp("padding does not fit")
    return body[:-padding]


def _read(raw: _Raw) -> Packet:
    match raw.packet_type:
        case 200:
            return _sender_report(raw)
        case 201:
            return ReceiverReport(_word(raw.body, 0), _blocks(raw, 4))
        case 202:
            return SourceDescription(_chunks(raw))
        case 203:
            return _bye(raw)
        case 205 | 206:
            return _feedback(raw)
        case 207:
            return read_extended(raw.body)
        case unread:
            return Other(unread)


def _word(body: bytes, position: int) -> int:
    if position + 4 > len(body):
        raise BadRtcp("a packet is cut short")
    word: int = _WORD.unpack_from(body, position)[0]
    return word


def _sender_report(raw: _Raw) -> SenderReport:
    if len(raw.body) < _SENDER.size:
        raise BadRtcp("a sender report is cut short")
    ssrc, high, low, timestamp, packets, octets = _SENDER.unpack_from(raw.body)
    blocks = _blocks(raw, _SENDER.size)
    return SenderReport(ssrc, high << 32 | low, timestamp, packets, octets, blocks)


def _blocks(raw: _Raw, start: int) -> tuple[ReportBlock, ...]:
    end = start + raw.count * _BLOCK.size
    if end > len(raw.body):
        raise BadRtcp("report blocks are cut short")
    return tuple(_block(raw.body, position) for position in range(start, end, _BLOCK.size))


def _block(body: bytes, position: int) -> ReportBlock:
    ssrc, losses, highest, jitter, lsr, dlsr = _BLOCK.unpack_from(body, position)
    lost = ((losses & 0xFFFFFF) ^ 0x800000) - 0x800000  # 24 bits, signed
    return ReportBlock(ssrc, (losses >> 24) / 256, lost, highest, jitter, lsr, dlsr)


def _chunks(raw: _Raw) -> tuple[Chunk, ...]:
    chunks, position = [], 0
    for _ in range(raw.count):
        ssrc = _word(raw.body, position)
        items, position = _items(raw.body, position + 4)
        chunks.append(Chunk(ssrc, items))
    return tuple(chunks)


def _items(body: bytes, position: int) -> tuple[tuple[tuple[int, bytes], ...], int]:
    """RFC 3550 §6.5: items up to a null octet, and nulls on to the next word."""
    items = []
    while position < len(body) and body[position]:
        text = _text(body, position + 1)
        items.append((body[position], text))
        position += 2 + len(text)
    if position >= len(body):
        raise BadRtcp("a chunk has no end")
    return tuple(items), position // 4 * 4 + 4


def _text(body: bytes, position: int) -> bytes:
    """A length octet, and so many octets."""
    length = body[position] if position < len(body) else 1
    text = body[position + 1 : position + 1 + length]
    if len(text) < length:
        raise BadRtcp("a text is cut short")
    return text


def _bye(raw: _Raw) -> Bye:
    ssrcs = tuple(_word(raw.body, 4 * number) for number in range(raw.count))
    reason = _text(raw.body, 4 * raw.count) if len(raw.body) > 4 * raw.count else b""
    return Bye(ssrcs, reason)


def _feedback(raw: _Raw) -> Feedback:
    sender, media = _word(raw.body, 0), _word(raw.body, 4)
    return Feedback(raw.packet_type, raw.count, sender, media, raw.body[8:])


def hide(data: bytes, cname: bytes, *, extended: bool = True) -> bytes | None:
    """The compound for the other side, or None when nothing of it may cross.

    Reports (`extended`: those of RFC 3611 too) and feedback cross as they are, without padding.
    Descriptions keep only their SSRC, under the neutral `cname`; a BYE loses its reason; APP and
    whatever is unknown stays here.
    """
    try:
        raws = list(_split(data))
        hidden = b"".join(
            _hidden(raw, _read(raw), cname) for raw in raws if extended or raw.packet_type != XR
        )
    except BadRtcp:
        return None
    return hidden if 0 < len(hidden) <= max(len(data), _LONGEST) else None


def _hidden(raw: _Raw, packet: Packet, cname: bytes) -> bytes:
    match packet:
        case SenderReport() | ReceiverReport() | Feedback() | ExtendedReport():
            return _built(raw.count, raw.packet_type, raw.body)
        case SourceDescription(chunks) if chunks:
            item = bytes((CNAME, len(cname))) + cname
            item += bytes(4 - len(item) % 4)
            body = b"".join(_WORD.pack(chunk.ssrc) + item for chunk in chunks)
            return _built(len(chunks), SDES, body)
        case Bye(ssrcs) if ssrcs:
            return _built(raw.count, BYE, raw.body[: 4 * len(ssrcs)])
    return b""


def _built(count: int, packet_type: int, body: bytes) -> bytes:
    return _HEADER.pack(0x80 | count, packet_type, len(body) // 4) + body
