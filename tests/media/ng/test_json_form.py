from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.ng.bencode import MOST_DEPTH
from media.ng.json_form import BadJson, decode, encode


def test_an_object_is_read_as_bencoding_would_be() -> None:
    assert decode(b'{"a":1,"b":["x",{"c":"d"}]}') == {"a": 1, "b": ["x", {"c": "d"}]}


def test_what_bencoding_lacks_becomes_text() -> None:
    assert decode(b'{"a":true,"b":null,"c":1.50,"d":NaN}') == {
        "a": "true",
        "b": "",
        "c": "1.50",
        "d": "NaN",
    }


@pytest.mark.parametrize(
    "data", [b"{", b'{"a":}', b"\xff{}", b"{}{}", b"[" * 100_000, b'{"a":' * 50_000, b"9" * 5000]
)
def test_broken_json_is_refused(data: bytes) -> None:
    with pytest.raises(BadJson):
        decode(data)


def test_depth_and_number_are_bounded() -> None:
    inner = b"[" * MOST_DEPTH * 2 + b"]" * MOST_DEPTH * 2
    for data in (inner, b"[" + b"0," * 30_000 + b"0]"):
        with pytest.raises(BadJson):
            decode(data)


@given(st.binary(max_size=100))
def test_random_bytes_are_a_value_or_refused(data: bytes) -> None:
    with suppress(BadJson):
        decode(data)


def test_bytes_and_surrogates_are_written_as_text() -> None:
    assert encode({"sdp": b"v=0\xff", "n": 3, "l": ["\udcff"]}) == (
        b'{"sdp":"v=0\\ufffd","n":3,"l":["\\ufffd"]}'
    )


def test_half_a_character_is_read_as_none() -> None:
    assert encode(decode(b'{"a":"\\ud800"}')) == b'{"a":"?"}'
