"""What a test phone says of the media that it hears, in RTCP (RFC 3550 §6.4.2, App. A)."""

import struct
from itertools import pairwise

from tests.e2e.support.media import MediaEnd


def receiver_report(media: MediaEnd, of: int, rate: int = 8000) -> bytes:
    """Of the source `of`, worked out anew from all that was heard; the sequence has not wrapped."""
    heard = [each for each in media.heard if each.ssrc == of]
    numbers = [each.sequence for each in heard]
    expected = max(numbers) - min(numbers) + 1
    lost = expected - len(numbers)
    jitter = 0.0
    for one, two in pairwise(heard):
        step = abs((two.at - one.at) * rate - (two.sequence - one.sequence) * 160)
        jitter += (step - jitter) / 16
    fraction = round(255 * max(0, lost) / expected)
    losses = bytes((fraction,)) + lost.to_bytes(3, "big", signed=True)
    block = struct.pack("!I4sIIII", of, losses, max(numbers), round(jitter), 0, 0)
    return struct.pack("!BBHI", 0x81, 201, 7, media.ssrc) + block
