import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from media.control import (
    Close,
    Command,
    Dead,
    Event,
    Failed,
    Hello,
    IcePlan,
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


def line(number: Any, **fields: Any) -> bytes:
    return json.dumps([number, fields]).encode()


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
    assert encode_command(7, Query("c1")) == b'[7,{"type":"query","session":"c1"}]\n'
    assert encode_command(8, ListSessions()) == b'[8,{"type":"list_sessions"}]\n'
    failed = Failed("c1", "no_session", "")
    assert encode_reply(7, failed) == (
        b'[7,{"type":"failed","session":"c1","reason":"no_session","text":""}]\n'
    )
    assert encode_event(Latched("c1", 0, "a", None, ("192.0.2.7", 4000))) == (
        b'[0,{"type":"latched","session":"c1","stream":0,"side":"a","expected":null,'
        b'"source":["192.0.2.7",4000]}]\n'
    )


def test_what_has_a_default_may_be_left_out() -> None:
    number, message = json.loads(encode_command(1, PROGRAM))
    assert "closed" not in message["streams"][0]
    message["streams"][0]["closed"] = False
    assert decode_command(line(number, **message)) == (1, PROGRAM)


def test_a_whole_number_is_a_float_too() -> None:
    number, message = json.loads(encode_command(1, PROGRAM))
    message["initial"] = 30
    _, command = decode_command(line(number, **message))
    assert isinstance(command, Program)
    assert type(command.initial) is float


def test_no_secret_of_ice_shows_in_print() -> None:
    plan = IcePlan("us", "our-secret", "them", "their-secret", lite=True, controlling=False)
    program = Program("c1", (StreamPlan(0, replace(SIDE, ice=plan), SIDE),), True, 30.0, 60.0)
    assert decode_command(encode_command(1, program)) == (1, program)
    assert "secret" not in repr(program)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b"", "Input data was truncated"),
        (b"[", "Input data was truncated"),
        (b"\xff\xfe", "JSON is malformed"),
        (b"[" * 100_000, "Expected `int`, got `array`"),
        (b'[1,{"type":"query","session":' + b"[" * 100_000, "Expected `str`, got `array`"),
        (b'[1,{"type":"query","session":"\xff"}]', "'utf-8' codec can't decode"),
        (b'[1,{"type":"query","session":"c1"}] 7', "JSON is malformed: trailing characters"),
        (b"[NaN,{}]", "JSON is malformed"),
        (b"{}", "Expected `array`, got `object`"),
        (b'"x"', "Expected `array`, got `str`"),
        (b"[]", "Expected `array` of length 2"),
        (line(True, type="query", session="c1"), "Expected `int`, got `bool`"),
        (line(-1, type="query", session="c1"), "Expected `int` >= 0"),
        (line(2**70, type="query", session="c1"), "Expected `int` <= "),
        (line(1), "Object missing required field `type`"),
        (line(1, type="reboot"), "Invalid value 'reboot'"),
        (line(1, type="failed", session="c1", reason="no_session", text=""), "Invalid value"),
        (line(1, type=["query"], session="c1"), "Expected `str`"),
        (line(1, type="query"), "Object missing required field `session`"),
        (line(1, type="query", session=5), "Expected `str`, got `int`"),
        (line(1, type="query", session="c1", force=True), "Object contains unknown field `force`"),
        (line(1, type="hello", protocol=True, instance=""), "Expected `int`, got `bool`"),
        (line(1, type="hello", protocol=1.0, instance=""), "Expected `int`, got `float`"),
        (line(1, type="open", session="c1", streams={}), "Expected `array`, got `object`"),
        (line(1, type="open", session="c1", streams=[7]), "Expected `object`, got `int`"),
    ],
)
def test_a_broken_command_says_what_is_wrong(message: bytes, text: str) -> None:
    with pytest.raises(BadLine, match=f"^{text}"):
        decode_command(message)


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (("initial",), "30", "Expected `float`, got `str` - at `$[1].initial`"),
        (("initial",), True, "Expected `float`, got `bool` - at `$[1].initial`"),
        (("supervise",), 1, "Expected `bool`, got `int` - at `$[1].supervise`"),
        (
            ("streams", 0, "a", "rtp"),
            ["192.0.2.7"],
            "Expected `array` of length 2 - at `$[1].streams[0].a.rtp`",
        ),
        (
            ("streams", 0, "a", "rtp"),
            ["192.0.2.7", "1"],
            "Expected `int`, got `str` - at `$[1].streams[0].a.rtp[1]`",
        ),
        (
            ("streams", 0, "b", "codecs"),
            [{}],
            "Object missing required field `payload_type` - at `$[1].streams[0].b.codecs[0]`",
        ),
    ],
)
def test_the_place_of_a_mistake_is_told(path: tuple[Any, ...], value: Any, text: str) -> None:
    number, message = json.loads(encode_command(9, PROGRAM))
    place = message
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(BadLine) as caught:
        decode_command(line(number, **message))
    assert (str(caught.value), caught.value.number) == (text, 9)


def test_infinity_is_no_time() -> None:
    message = encode_command(1, PROGRAM).replace(b'"initial":30.0', b'"initial":1e999')
    with pytest.raises(BadLine, match="Number out of range"):
        decode_command(message)


def test_an_answer_has_only_the_words_of_the_contract() -> None:
    message = line(1, type="failed", session="c1", reason="bored", text="")
    with pytest.raises(BadLine, match="Invalid enum value 'bored'"):
        decode_answer(message)
    with pytest.raises(BadLine, match="Invalid value 'close'"):
        decode_answer(line(1, type="close", session="c1"))
    dead = line(0, type="dead", session="c1", phase="initial")
    assert decode_answer(dead) == (0, Dead("c1", "initial"))


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
