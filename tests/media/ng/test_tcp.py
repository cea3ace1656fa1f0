import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.ng.service import Service
from media.ng.tcp import LONGEST_MESSAGE, TcpTalk
from tests.support.ng import NgWorld

PING, PONG = b"d7:command4:pinge", b"d6:result4:ponge"
A = ("127.0.0.1", 1)


def talk() -> TcpTalk:
    return TcpTalk(Service(NgWorld().core, lambda _: None, 0.0), A, A[0])


def test_messages_follow_each_other_and_so_do_replies() -> None:
    one = talk()
    assert one.receive(b"1 " + PING + b"2 " + PING, 0.0) == b"1 " + PONG + b"2 " + PONG
    assert not one.waits


@given(st.lists(st.integers(1, 5)))
def test_however_it_is_cut_the_replies_are_the_same(sizes: list[int]) -> None:
    one = talk()
    data = b"1 " + PING + b"2 " + PING
    replies = b""
    for size in sizes:
        replies += one.receive(data[:size], 0.0)
        data = data[size:]
    replies += one.receive(data, 0.0)
    assert replies == b"1 " + PONG + b"2 " + PONG


@pytest.mark.parametrize("document", [b"x", b"{}", b"di1e", b"i--"])
def test_what_is_no_bencoding_gets_an_error_and_ends_the_connection(document: bytes) -> None:
    one = talk()
    reply = one.receive(b"7 " + document, 0.0)
    assert reply.startswith(b"7 d6:result5:error")
    assert one.over
    assert one.receive(b"8 " + PING, 0.0) == b""


@pytest.mark.parametrize("data", [b" ", b"c" * 300])
def test_without_a_cookie_the_connection_ends(data: bytes) -> None:
    one = talk()
    assert one.receive(data, 0.0) == b""
    assert one.over


def test_a_message_has_a_longest_size() -> None:
    one = talk()
    assert one.receive(b"1 d3:sdp999999999:", 0.0) == b""
    assert one.waits
    assert b"too long" in one.receive(bytes(LONGEST_MESSAGE), 0.0)
    assert one.over
