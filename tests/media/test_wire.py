import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.control import (
    Close,
    CodecClock,
    Command,
    Dead,
    Event,
    Failed,
    Hello,
    Latched,
    ListSessions,
    Open,
    Program,
    Query,
    Reply,
    StreamPlan,
    StreamRequest,
)
from media.wire import (
    BadLine,
    Lines,
    decode_answer,
    decode_command,
    encode_command,
    encode_event,
    encode_reply,
)
from tests.support.control_values import values
from tests.support.side_plans import side_plan

SIDE = side_plan(("192.0.2.7", 4000))
PROGRAM = Program("c1", (StreamPlan(0, SIDE, SIDE),), True, 30.0, 60.0)


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


@given(st.integers(0, 2**62), values(Command))
def test_every_command_comes_back_as_it_was(number: int, command: Command) -> None:
    assert decode_command(encode_command(number, command)) == (number, command)


@given(st.integers(0, 2**62), values(Reply))
def test_every_reply_comes_back_as_it_was(number: int, reply: Reply) -> None:
    assert decode_answer(encode_reply(number, reply)) == (number, reply)


@given(values(Event))
def test_every_event_comes_back_as_it_was(event: Event) -> None:
    assert decode_answer(encode_event(event)) == (0, event)


def test_a_line_reads_as_the_documents_show_it() -> None:
    assert encode_command(7, Query("c1")) == b'{"id":7,"do":"query","session":"c1"}\n'
    assert encode_command(8, ListSessions()) == b'{"id":8,"do":"list_sessions"}\n'
    failed = Failed("c1", "no_session", "")
    assert encode_reply(7, failed) == (
        b'{"id":7,"reply":"failed","session":"c1","reason":"no_session","text":""}\n'
    )
    assert encode_event(Latched("c1", 0, "a", None, ("192.0.2.7", 4000))) == (
        b'{"event":"latched","session":"c1","stream":0,"side":"a","expected":null,'
        b'"source":["192.0.2.7",4000]}\n'
    )


def test_what_has_a_default_may_be_left_out() -> None:
    message = json.loads(encode_command(1, PROGRAM))
    del message["streams"][0]["closed"]
    assert decode_command(line(**message)) == (1, PROGRAM)


def test_a_whole_number_is_a_float_too() -> None:
    message = json.loads(encode_command(1, PROGRAM))
    message["initial"] = 30
    _, command = decode_command(line(**message))
    assert isinstance(command, Program)
    assert type(command.initial) is float


def test_the_same_codec_of_two_calls_is_one_value() -> None:
    once, again = (decode_command(encode_command(1, PROGRAM))[1] for _ in range(2))
    assert isinstance(once, Program)
    assert isinstance(again, Program)
    assert once.streams[0].a.codecs[0] is again.streams[0].b.codecs[0]
    assert once.streams[0].a.codecs == (CodecClock(0, "PCMU", 8000),)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"id":1,"do":"query","session":' + b"9" * 10_000 + b"}", "not JSON"),
        (b'{"id":NaN}', "not JSON: NaN is no number"),
        (b"[]", "not an object"),
        (b'"x"', "not an object"),
        (line(do="query", session="c1"), "id: expected a positive int"),
        (line(id=True, do="query", session="c1"), "id: expected a positive int"),
        (line(id=-1, do="query", session="c1"), "id: expected a positive int"),
        (line(id=2**70, do="query", session="c1"), "id: expected a positive int"),
        (line(id=1), "no such do: None"),
        (line(id=1, do="reboot"), "no such do: 'reboot'"),
        (line(id=1, do=["query"], session="c1"), r"no such do: \['query'\]"),
        (line(id=1, do="query"), "query: session: missing"),
        (line(id=1, do="query", session=5), "query: session: expected str"),
        (line(id=1, do="query", session="c1", force=True), "query: unknown field among 'session'"),
        (line(id=1, do="hello", protocol=True, instance=""), "hello: protocol: expected int"),
        (line(id=1, do="hello", protocol=1.0, instance=""), "hello: protocol: expected int"),
        (line(id=1, do="hello", protocol=2**63, instance=""), "hello: protocol: expected int"),
        (line(id=1, do="open", session="c1", streams={}), "open: streams: expected array"),
        (line(id=1, do="open", session="c1", streams=[7]), "open: streams.0: expected object"),
    ],
)
def test_a_broken_command_says_what_is_wrong(message: bytes, text: str) -> None:
    with pytest.raises(BadLine, match=f"^{text}"):
        decode_command(message)


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (("initial",), "30", "program: initial: expected float"),
        (("initial",), True, "program: initial: expected float"),
        (("initial",), 2**64, "program: initial: expected int"),
        (("supervise",), 1, "program: supervise: expected bool"),
        (
            ("streams", 0, "a", "rtp"),
            ["192.0.2.7"],
            "program: streams.0.a.rtp: expected array of 2",
        ),
        (("streams", 0, "a", "rtp"), ["192.0.2.7", "1"], "program: streams.0.a.rtp: expected int"),
        (
            ("streams", 0, "b", "codecs"),
            [{}],
            "program: streams.0.b.codecs.0.payload_type: missing",
        ),
    ],
)
def test_the_place_of_a_mistake_is_told(path: tuple[Any, ...], value: Any, text: str) -> None:
    message = json.loads(encode_command(9, PROGRAM))
    place = message
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(BadLine, match=f"^{text}") as caught:
        decode_command(line(**message))
    assert caught.value.number == 9


def test_infinity_is_no_time() -> None:
    message = encode_command(1, PROGRAM).replace(b'"initial":30.0', b'"initial":1e999')
    with pytest.raises(BadLine, match="initial: expected float"):
        decode_command(message)


def test_an_answer_has_only_the_words_of_the_contract() -> None:
    message = line(id=1, reply="failed", session="c1", reason="bored", text="")
    with pytest.raises(BadLine, match="reason: expected one of ports_exhausted"):
        decode_answer(message)
    with pytest.raises(BadLine, match="no such event"):
        decode_answer(line(event="failed"))
    assert decode_answer(line(event="dead", session="c1", phase="initial"))[1] == Dead(
        "c1", "initial"
    )


def test_hello_open_and_close_are_commands() -> None:
    request = StreamRequest(0, "audio", "wan", "lan")
    for command in (Hello(1, "i"), Open("c1", (request,)), Close("c1")):
        assert decode_command(encode_command(3, command)) == (3, command)


# --- lines ----------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=9).filter(lambda b: b"\n" not in b)), st.data())
def test_lines_are_found_however_the_bytes_are_cut(lines: list[bytes], data: st.DataObject) -> None:
    stream, found = b"".join(each + b"\n" for each in lines), []
    reader = Lines()
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += reader.feed(stream[:size])
        stream = stream[size:]
    assert found == lines


def test_a_line_without_end_is_not_kept_for_ever() -> None:
    reader = Lines(limit=100)
    reader.feed(b"x" * 100)
    with pytest.raises(BadLine, match="longer than 100 bytes"):
        reader.feed(b"x")


def test_a_long_line_is_refused_even_if_it_comes_whole() -> None:
    with pytest.raises(BadLine, match="longer"):
        Lines(limit=100).feed(b"x" * 101 + b"\n")
