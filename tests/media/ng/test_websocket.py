from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.ng.websocket import Message, WebSocket, accept_key


def frame(
    opcode: int, data: bytes, *, final: bool = True, mask: bytes = b"\x01\x02\x03\x04"
) -> bytes:
    size = len(data)
    if size < 126:
        head = pack("!BB", final << 7 | opcode, 0x80 | size)
    elif size < 1 << 16:
        head = pack("!BBH", final << 7 | opcode, 0x80 | 126, size)
    else:
        head = pack("!BBQ", final << 7 | opcode, 0x80 | 127, size)
    return head + mask + bytes(each ^ mask[at % 4] for at, each in enumerate(data))


def web(longest: int = 100_000) -> WebSocket:
    return WebSocket(False, longest)


def test_the_key_of_the_rfc_is_accepted_as_there() -> None:
    assert accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_message_of_every_size_is_read_and_written(size: int) -> None:
    data = bytes(each & 255 for each in range(size))
    assert list(web().receive(frame(2, data))) == [Message(data, False)]
    assert web().message(data, False).endswith(data)


def test_fragments_are_joined_and_a_ping_may_come_between() -> None:
    one = web()
    parts = frame(1, b"ab", final=False) + frame(9, b"p") + frame(0, b"cd")
    assert list(one.receive(parts)) == [Message(b"abcd", True)]
    assert one.taken_out() == b"\x8a\x01p"


@pytest.mark.parametrize(
    "data",
    [
        b"\x81\x01a",
        frame(3, b""),
        frame(0, b""),
        frame(1, b"", final=False) * 2,
        frame(9, b"", final=False),
        b"\xc1" + frame(1, b"")[1:],
    ],
)
def test_what_breaks_the_protocol_ends_it(data: bytes) -> None:
    one = web()
    list(one.receive(data))
    assert one.over
    assert one.taken_out() == b"\x88\x02\x03\xea"


def test_a_message_that_is_too_long_is_refused_before_it_has_come() -> None:
    one = web(longest=1000)
    list(one.receive(frame(2, bytes(900), final=False)))
    list(one.receive(frame(0, bytes(200))[:8]))
    assert one.over
    assert one.taken_out() == b"\x88\x02\x03\xf1"


def test_a_close_is_answered_in_kind() -> None:
    one = web()
    list(one.receive(frame(8, b"\x03\xe8bye")))
    assert (one.over, one.taken_out()) == (True, b"\x88\x02\x03\xe8")


@given(st.binary(max_size=100))
def test_random_bytes_break_nothing(data: bytes) -> None:
    one = web()
    list(one.receive(data))
    one.taken_out()
