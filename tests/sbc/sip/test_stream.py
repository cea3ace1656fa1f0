"""RFC 3261 §18.3 and RFC 5626 §4.4.1: messages and keep-alives out of a byte stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.sip.errors import BadMessage
from sbc.sip.limits import Limits
from sbc.sip.stream import PING, Ping, StreamFramer

ONE = b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h\r\nContent-Length: 5\r\n\r\nhello"
TWO = b"SIP/2.0 200 OK\r\nL :\r\n  4\r\nVia: SIP/2.0/TCP h\r\n\r\n\r\n\r\n"
THREE = b"BYE sip:a@b SIP/2.0\r\nCONTENT-LENGTH:0\r\nX-Content-Length: 9\r\n\r\n"


def head(*lines: bytes) -> bytes:
    return b"\r\n".join([b"OPTIONS sip:a@b SIP/2.0", b"Via: SIP/2.0/TCP h", *lines, b"", b""])


def in_pieces(data: bytes, size: int) -> list[bytes | Ping]:
    framer = StreamFramer()
    return [
        item
        for start in range(0, len(data), size)
        for item in framer.feed(data[start : start + size])
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_messages_come_whole_in_whatever_pieces_they_came(size: int) -> None:
    assert in_pieces(ONE + TWO + THREE + ONE, size) == [ONE, TWO, THREE, ONE]


@given(st.lists(st.sampled_from([ONE, TWO, THREE])), st.randoms(use_true_random=False))
def test_no_cut_changes_what_is_read(messages: list[bytes], cuts: object) -> None:
    data = b"".join(messages)
    framer, found = StreamFramer(), []
    while data:
        size = cuts.randint(1, 40)  # type: ignore[attr-defined]
        found += framer.feed(data[:size])
        data = data[size:]
    assert found == messages


@pytest.mark.parametrize("size", [1, 2, 3, 4, 1000])
def test_a_double_line_end_is_a_ping(size: int) -> None:
    assert in_pieces(b"\r\n\r\n" + ONE + b"\r\n\r\n", size) == [PING, ONE, PING]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 1000])
def test_a_single_line_end_is_no_ping(size: int) -> None:
    assert in_pieces(b"\r\n" + ONE + b"\r\n" + THREE + b"\r\n", size) == [ONE, THREE]


def test_pings_that_come_at_once_are_one() -> None:
    assert in_pieces(b"\r\n" * 1001 + ONE, 100_000) == [PING, ONE]


def test_half_a_ping_waits_for_its_other_half() -> None:
    framer = StreamFramer()
    assert framer.feed(b"\r\n\r\n\r\n") == [PING]
    assert framer.feed(b"\r") == []
    assert framer.feed(b"\n") == [PING]


def test_nothing_comes_of_nothing() -> None:
    framer = StreamFramer()
    assert framer.feed(b"") == []
    assert framer.feed(b"\r") == []
    assert framer.feed(b"OPTIONS") == []


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "Missing Content-Length"),
        ([b"l: 1", b"Content-Length: 1"], "Repeated Content-Length"),
        ([b"l: -1"], "Bad Content-Length"),
        ([b"l: 1\n"], "Bad Content-Length"),
        ([b"l: 0x10"], "Bad Content-Length"),
        ([b"l:"], "Bad Content-Length"),
    ],
)
def test_without_one_right_length_the_stream_is_lost(lines: list[bytes], reason: str) -> None:
    with pytest.raises(BadMessage, match=reason) as caught:
        StreamFramer().feed(head(*lines))
    assert caught.value.status == 400


def test_a_fault_brings_the_request_to_answer() -> None:
    with pytest.raises(BadMessage) as caught:
        StreamFramer().feed(head(b"Call-ID: x"))
    assert caught.value.request is not None
    assert caught.value.request.headers.call_id == "x"


@pytest.mark.parametrize("start", [b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n", b"garbage\r\nmore\r\n\r\n"])
def test_what_is_no_request_is_not_answered(start: bytes) -> None:
    with pytest.raises(BadMessage) as caught:
        StreamFramer().feed(start)
    assert caught.value.request is None


def test_what_came_before_a_fault_is_delivered_first() -> None:
    framer = StreamFramer()
    assert framer.feed(ONE + head()) == [ONE]
    for _ in range(2):
        with pytest.raises(BadMessage, match="Missing Content-Length"):
            framer.feed(b"")


def test_a_stream_that_never_ends_its_header_is_cut_off() -> None:
    framer = StreamFramer(Limits(bytes=100))
    assert framer.feed(b"a" * 100) == []
    with pytest.raises(BadMessage) as caught:
        framer.feed(b"a")
    assert caught.value.status == 513


def test_a_too_large_message_is_refused_before_its_body_comes() -> None:
    data = head(b"l: 100")
    StreamFramer(Limits(bytes=len(data) + 100)).feed(data)
    with pytest.raises(BadMessage) as caught:
        StreamFramer(Limits(bytes=len(data) + 99)).feed(data)
    assert caught.value.status == 513
    assert caught.value.request is not None


def test_a_large_body_in_single_bytes_is_read_once() -> None:
    """Quadratic work on these 60,000 pieces would take minutes."""
    body = b"\r" * 60_000
    data = head(b"l: 60000") + body
    assert in_pieces(data, 1) == [data]


def test_a_large_header_in_single_bytes_is_read_once() -> None:
    data = head(b"l: 0", b"X: " + b"y" * 60_000)
    assert in_pieces(data, 1) == [data]
