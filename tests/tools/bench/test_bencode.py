"""Bencoding, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.bench.bencode import BadBencode, Value, decode, encode

VALUES: st.SearchStrategy[Value] = st.recursive(
    st.integers() | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def test_a_ping_looks_as_rtpengine_expects_it() -> None:
    assert encode({"command": "ping"}) == b"d7:command4:pinge"


def test_integers_and_lists_have_their_own_marks() -> None:
    assert encode({"n": -3, "flags": ["a", "bc"]}) == b"d1:ni-3e5:flagsl1:a2:bcee"


@given(VALUES)
def test_what_is_encoded_is_decoded_to_the_same(value: Value) -> None:
    assert decode(encode(value)) == value


@pytest.mark.parametrize(
    "broken", [b"", b"d", b"i5", b"5:abc", b"d1:a", b"di1e1:ae", b"i1ei2e", b"x", b"d1:ae", b"-1:"]
)
def test_what_is_broken_is_told(broken: bytes) -> None:
    with pytest.raises(BadBencode):
        decode(broken)
