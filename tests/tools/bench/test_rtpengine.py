"""What is asked of rtpengine, and read from its answers."""

import pytest

from media.sdp.session import parse
from tools.bench.processes import Broken
from tools.bench.rtpengine import ADDRESS, description, key_of, media_address


def test_our_description_is_one() -> None:
    (media,) = parse(description(("127.0.0.21", 30_000)).encode()).media
    assert (media.kind, media.port) == ("audio", 30_000)


def test_the_port_of_the_answer_is_where_the_stream_goes() -> None:
    answer = {"sdp": description((ADDRESS, 40_002)).encode()}
    assert media_address(answer) == (ADDRESS, 40_002)


@pytest.mark.parametrize("answer", [{}, {"sdp": b"v=0\r\n"}])
def test_an_answer_without_media_is_told(answer: dict[str, bytes]) -> None:
    with pytest.raises(Broken):
        media_address(answer)


def test_the_key_of_the_answer_is_that_of_what_comes_back() -> None:
    line = "a=crypto:1 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw"
    answer = {"sdp": description((ADDRESS, 40_002), "RTP/SAVP", line).encode()}
    assert key_of(answer) == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="
    with pytest.raises(Broken):
        key_of({"sdp": description((ADDRESS, 40_002)).encode()})
