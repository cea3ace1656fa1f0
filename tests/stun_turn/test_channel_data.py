"""ChannelData messages (RFC 8656 §12.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stun_turn.channel_data import build, is_channel_data, parse
from stun_turn.message import BadStun
from tests.stun_turn.vectors import REQUEST


@given(st.integers(0x4000, 0x7FFF), st.binary(max_size=100), st.booleans())
def test_data_comes_back_without_its_padding(number: int, data: bytes, padded: bool) -> None:
    built = build(number, data, padded=padded)
    assert is_channel_data(built)
    assert parse(built) == (number, data)
    assert not padded or len(built) % 4 == 0


@pytest.mark.parametrize("data", [b"", b"\x40\0\0", b"\x40\0\0\5abc", b"\x80\0\0\0", REQUEST])
def test_what_is_cut_short_or_another_protocol_is_refused(data: bytes) -> None:
    with pytest.raises(BadStun):
        parse(data)
