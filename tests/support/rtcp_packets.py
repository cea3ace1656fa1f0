"""RTCP packets as the figures of RFC 3550 §6, RFC 3611 §4.7 and RFC 4585 §6.1 draw them."""

import struct


def rtcp(packet_type: int, count: int, body: bytes, *, padding: int = 0, version: int = 2) -> bytes:
    if padding:
        body += bytes(padding - 1) + bytes((padding,))
    first = version << 6 | (0x20 if padding else 0) | count
    return struct.pack("!BBH", first, packet_type, len(body) // 4) + body


def report_block(
    ssrc: int,
    fraction: int = 0,
    lost: int = 0,
    *,
    highest: int = 0,
    jitter: int = 0,
    lsr: int = 0,
    dlsr: int = 0,
) -> bytes:
    losses = bytes((fraction,)) + lost.to_bytes(3, "big", signed=True)
    return struct.pack("!I4sIIII", ssrc, losses, highest, jitter, lsr, dlsr)


def sender_report(ssrc: int, *blocks: bytes, ntp: int = 0, extension: bytes = b"") -> bytes:
    info = struct.pack("!IQIII", ssrc, ntp, 160, 50, 8000)
    return rtcp(200, len(blocks), info + b"".join(blocks) + extension)


def receiver_report(ssrc: int, *blocks: bytes) -> bytes:
    return rtcp(201, len(blocks), struct.pack("!I", ssrc) + b"".join(blocks))


def chunk(ssrc: int, *items: tuple[int, bytes]) -> bytes:
    body = struct.pack("!I", ssrc)
    body += b"".join(bytes((kind, len(text))) + text for kind, text in items)
    return body + bytes(4 - len(body) % 4)


def description(*chunks: bytes) -> bytes:
    return rtcp(202, len(chunks), b"".join(chunks))


def bye(*ssrcs: int, reason: bytes | None = None) -> bytes:
    body = b"".join(struct.pack("!I", ssrc) for ssrc in ssrcs)
    if reason is not None:
        text = bytes((len(reason),)) + reason
        body += text + bytes(-len(text) % 4)
    return rtcp(203, len(ssrcs), body)


def application(ssrc: int, name: bytes, data: bytes = b"") -> bytes:
    return rtcp(204, 0, struct.pack("!I4s", ssrc, name) + data)


def feedback(packet_type: int, form: int, sender: int, media: int, control: bytes = b"") -> bytes:
    return rtcp(packet_type, form, struct.pack("!II", sender, media) + control)


def extended(ssrc: int, *blocks: bytes) -> bytes:
    return rtcp(207, 0, struct.pack("!I", ssrc) + b"".join(blocks))


def extended_block(kind: int, body: bytes) -> bytes:
    return struct.pack("!BBH", kind, 0, len(body) // 4) + body


def voip_metrics(ssrc: int, r_factor: int = 127, mos_lq: int = 127, mos_cq: int = 127) -> bytes:
    """RFC 3611 §4.7, word for word of its figure."""
    return extended_block(
        7,
        struct.pack("!I", ssrc)
        + bytes((64, 32, 128, 16))  # loss, discard, burst density, gap density
        + struct.pack("!HH", 200, 3000)  # burst and gap duration
        + struct.pack("!HH", 80, 45)  # round trip, end system
        + struct.pack("!bbBB", -20, -60, 40, 16)  # signal, noise, RERL, Gmin
        + bytes((r_factor, 127, mos_lq, mos_cq))
        + struct.pack("!BBH", 0xB0, 0, 40)  # configuration, nominal delay
        + struct.pack("!HH", 60, 200),
    )


def statistics_summary(
    ssrc: int,
    *,
    flags: int = 0xE0,
    lost: int = 0,
    duplicated: int = 0,
    jitter: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> bytes:
    """RFC 3611 §4.6; `jitter`: least, most, mean, deviation."""
    block = extended_block(
        6,
        struct.pack("!IHHII", ssrc, 0, 100, lost, duplicated)
        + struct.pack("!IIII", *jitter)
        + bytes(4),
    )
    return block[:1] + bytes((flags,)) + block[2:]


def last_references(*each: tuple[int, int, int]) -> bytes:
    """RFC 3611 §4.5: SSRC, LRR, DLRR."""
    return extended_block(5, b"".join(struct.pack("!III", *one) for one in each))
