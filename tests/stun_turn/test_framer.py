"""Messages out of a stream, however it is cut (RFC 8489 §6.2.2, RFC 8656 §12.5)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stun_turn.channel_data import build
from stun_turn.framer import Framer
from stun_turn.message import BadStun
from tests.stun_turn.vectors import IPV4_RESPONSE, REQUEST

CHANNEL = build(0x4001, b"hello", padded=True)
SENT = REQUEST + CHANNEL + IPV4_RESPONSE + CHANNEL


@given(st.lists(st.integers(0, len(SENT)), max_size=20))
def test_however_it_is_cut_the_same_messages_come_out(cuts: list[int]) -> None:
    framer = Framer()
    places = [0, *sorted(cuts), len(SENT)]
    out = [message for begin, end in pairwise(places) for message in framer.feed(SENT[begin:end])]
    assert out == [REQUEST, CHANNEL[:-3], IPV4_RESPONSE, CHANNEL[:-3]]
    assert len(framer) == 0


def test_half_a_message_waits_for_the_rest() -> None:
    framer = Framer()
    assert framer.feed(REQUEST[:30]) == []
    assert len(framer) == 30
    assert framer.feed(REQUEST[30:]) == [REQUEST]


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\0\0\0",
        b"\0\1\0\2\x21\x12\xa4\x42",
        b"\0\1\0\4bad!",
        b"\xc0\0\0\0",
    ],
)
def test_another_protocol_is_no_stream_of_ours(data: bytes) -> None:
    with pytest.raises(BadStun):
        Framer().feed(data)


def test_what_is_held_never_exceeds_the_longest_message() -> None:
    framer = Framer()
    framer.feed(b"\x40\x00\xff\xff")
    for _ in range(100):
        framer.feed(bytes(1000) if len(framer) < 60_000 else b"")
    assert len(framer) < 65_539 + 1000
