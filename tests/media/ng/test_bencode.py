from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.ng.bencode import (
    MOST_DEPTH,
    MOST_ITEMS,
    BadBencode,
    Read,
    Unfinished,
    decode,
    decode_from,
    encode,
)

VALUES: st.SearchStrategy[Read] = st.recursive(
    st.integers(-(10**18), 10**18) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"i42e", 42),
        (b"i-7e", -7),
        (b"3:abc", "abc"),
        (b"0:", ""),
        (b"li1e2:abe", [1, "ab"]),
        (b"d1:zi1e1:ai2ee", {"z": 1, "a": 2}),
        (b"d1:ai1e1:ai2ee", {"a": 2}),
        (b"le", []),
        (b"de", {}),
        (b"1:\xff", "\udcff"),
    ],
)
def test_each_kind_of_value_is_read(data: bytes, value: Read) -> None:
    assert decode(data) == value


@given(VALUES)
def test_what_is_written_is_read_again(value: Read) -> None:
    assert decode(encode(value)) == value


def test_bytes_that_are_no_text_survive() -> None:
    assert encode(decode(b"d3:sdp2:\xff\x00e")) == b"d3:sdp2:\xff\x00e"


@pytest.mark.parametrize(
    "data",
    [
        *(
            b"",
            b"x",
            b"e",
            b"i",
            b"ie",
            b"i-e",
            b"i01e",
            b"i-0e",
            b"i1",
            b"i1.5e",
            b"i" + b"9" * 20,
        ),
        *(b"3", b"3:", b"3:ab", b"03:abc", b":abc", b"-1:a", b"99999999999:a"),
        *(b"l", b"li1e", b"d", b"d1:a", b"d1:ae", b"di1ei2ee", b"dlei1ee", b"i1ei2e", b"1:ab"),
    ],
)
def test_broken_bencoding_is_refused(data: bytes) -> None:
    with pytest.raises(BadBencode):
        decode(data)


@given(VALUES, st.data())
def test_a_value_that_is_cut_is_unfinished_and_nothing_else(
    value: Read, data: st.DataObject
) -> None:
    whole = encode(value)
    cut = data.draw(st.integers(0, len(whole) - 1))
    if whole[:1] in b"ld":
        with pytest.raises(Unfinished):
            decode_from(whole[:cut], 0)


@given(st.binary(max_size=200))
def test_random_bytes_are_a_value_or_refused(data: bytes) -> None:
    with suppress(BadBencode):
        decode(data)


def test_depth_is_bounded_without_recursion() -> None:
    depth = MOST_DEPTH
    assert decode(b"l" * depth + b"e" * depth)
    for data in (b"l" * (depth + 1) + b"e" * (depth + 1), b"l" * 1_000_000, b"d1:a" * 1_000_000):
        with pytest.raises(BadBencode, match="deep"):
            decode(data)


def test_the_number_of_items_is_bounded() -> None:
    with pytest.raises(BadBencode, match="many"):
        decode(b"l" + b"0:" * (MOST_ITEMS + 1) + b"e")


def test_values_that_follow_each_other_are_read_one_by_one() -> None:
    data = b"d1:ai1eei2e"
    value, end = decode_from(data, 0)
    assert (value, decode_from(data, end)) == ({"a": 1}, (2, len(data)))
