from typing import Any

import pytest

from media.ng.codecs import filtered
from media.ng.wishes import CodecWishes, Wishes
from media.sdp.session import parse
from tests.support.ng import CALLER, sdp

BODY = sdp(
    CALLER,
    "a=rtpmap:96 opus/48000/2",
    "a=rtpmap:101 telephone-event/8000",
    "a=rtpmap:102 telephone-event/48000",
    formats="96 0 8 101 102",
)


def left(answer: bool = False, flags: frozenset[str] = frozenset(), **codec: Any) -> str:
    wishes = Wishes(codec=CodecWishes(**codec), flags=flags)
    session = filtered(parse(BODY.encode()), wishes, answer=answer)
    return " ".join(session.media[0].formats)


@pytest.mark.parametrize(
    ("codec", "formats"),
    [
        ({}, "96 0 8 101 102"),
        ({"strip": ("PCMU",)}, "96 8 101 102"),
        ({"strip": ("pcmu", "8")}, "96 101 102"),
        ({"strip": ("opus/48000/2",)}, "0 8 101 102"),
        ({"strip": ("opus/8000",)}, "96 0 8 101 102"),
        ({"strip": ("telephone-event/48000",)}, "96 0 8 101"),
        ({"strip": ("all",), "spared": ("PCMA", "telephone-event/8000")}, "8 101"),
        ({"strip": ("all",), "offer": ("PCMA", "PCMU")}, "8 0"),
        ({"offer": ("PCMA",)}, "8 96 0 101 102"),
        ({"strip": ("all",)}, "96 0 8 101 102"),
        ({"strip": ("all",), "offer": ("G729",)}, "96 0 8 101 102"),
    ],
)
def test_codecs_are_stripped_spared_and_put_first(codec: dict[str, Any], formats: str) -> None:
    assert left(**codec) == formats


def test_media_without_a_codec_may_be_allowed() -> None:
    assert left(flags=frozenset({"allow-no-codec-media"}), strip=("all",)) == ""


def test_a_single_codec_is_for_answers_and_keeps_its_events() -> None:
    single = frozenset({"single-codec"})
    assert left(answer=True, flags=single) == "96 102"
    assert left(answer=True, flags=single, strip=("opus",)) == "0 101"
    assert left(flags=single) == "96 0 8 101 102"
