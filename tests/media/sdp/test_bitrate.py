"""(M8)"""

import pytest

from media.sdp.bitrate import HEADERS, bandwidth_of, most_bytes
from media.sdp.codec import Codec
from media.sdp.session import parse
from tests.support.descriptions import sdp

PCMU, EVENTS = Codec(0, "PCMU", 8000), Codec(101, "telephone-event", 8000)
G729, OPUS, H264 = Codec(18, "G729", 8000), Codec(96, "opus", 48000, 2), Codec(97, "H264", 90000)


@pytest.mark.parametrize(
    ("codecs", "bandwidth", "bits"),
    [
        ((PCMU,), None, 64_000 + HEADERS),
        ((G729, PCMU, EVENTS), None, 64_000 + HEADERS),
        ((G729, EVENTS), 500_000.0, 11_800 + HEADERS),  # what a codec needs is known better
        ((OPUS,), 30_000.0, 510_000 + HEADERS),
        ((H264,), 1_000_000.0, 1_000_000),
        ((PCMU, H264), 1_000_000.0, 1_000_000),
        ((H264,), None, None),
        ((EVENTS,), None, None),
        ((), None, None),
        ((), 64_000.0, 64_000),
    ],
)
def test_the_most_that_a_description_allows(
    codecs: tuple[Codec, ...], bandwidth: float | None, bits: float | None
) -> None:
    found = most_bytes(codecs, bandwidth)
    assert found == (None if bits is None else bits / 8)


@pytest.mark.parametrize(
    ("line", "bits"),
    [
        ("b=AS:64", 64_000.0),
        ("b=AS:64\r\nb=TIAS:50000", 50_000.0),
        ("b=TIAS: 50000 ", 50_000.0),
        ("b=RS:800", None),
        ("b=AS:-1", None),
        ("b=AS:0", None),
        ("b=AS:" + "9" * 11, None),
        ("b=AS:６４", None),
        ("a=ptime:20", None),
    ],
)
def test_the_bandwidth_that_an_m_line_names(line: str, bits: float | None) -> None:
    media = parse(sdp(f"m=video 4000 RTP/AVP 97\r\n{line}\r\na=rtpmap:97 H264/90000")).media[0]
    assert bandwidth_of(media) == bits
