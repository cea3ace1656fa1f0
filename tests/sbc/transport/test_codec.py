import pytest

from sbc.sip.errors import BadMessage
from sbc.sip.stream import StreamFramer
from sbc.transport.codec import PONG, Answer, SipStream

OPTIONS = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n"


def test_messages_and_answers_to_pings_come_in_their_order() -> None:
    codec = SipStream(StreamFramer())
    assert codec.ready
    assert codec.receive(OPTIONS + b"\r\n\r\n" + OPTIONS) == [OPTIONS, Answer(PONG), OPTIONS]
    assert codec.encode(OPTIONS) == OPTIONS
    assert codec.ping() == codec.farewell() == b""


def test_a_message_has_begun_until_it_is_whole() -> None:
    codec = SipStream(StreamFramer())
    for at in range(len(OPTIONS)):
        assert codec.midway == (at > 0)
        codec.receive(OPTIONS[at : at + 1])
    assert not codec.midway
    codec.receive(b"\r\n")
    assert not codec.midway


def test_a_fault_behind_a_whole_message_comes_next() -> None:
    codec = SipStream(StreamFramer())
    assert codec.receive(OPTIONS + b"junk\r\n\r\n") == [OPTIONS]
    with pytest.raises(BadMessage):
        codec.receive(b"")
