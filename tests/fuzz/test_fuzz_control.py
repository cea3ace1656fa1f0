"""Hostile lines on the control socket: a clean error or a command, never anything else."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from media.control import Command
from media.wire import BadLine, decode_answer, decode_command, encode_command
from tests.support.control_values import values

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner)
)


def survives(line: bytes) -> None:
    for decode in (decode_command, decode_answer):
        error = BadLine("read")
        try:
            decode(line)
        except BadLine as found:
            error = found
        assert 0 < len(str(error)) <= 400
        assert error.number >= 0


@given(st.binary(max_size=200))
def test_random_bytes(line: bytes) -> None:
    survives(line)


@given(JSON)
def test_random_json(value: Any) -> None:
    survives(json.dumps(value).encode())


@given(values(Command), st.data())
def test_commands_with_one_value_changed(command: Command, data: st.DataObject) -> None:
    message = json.loads(encode_command(1, command))
    place: Any = message
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    survives(json.dumps(message).encode())


@given(values(Command), st.integers(0, 400), st.binary(min_size=1, max_size=3))
def test_commands_with_bytes_replaced(command: Command, position: int, new: bytes) -> None:
    line = encode_command(1, command)
    survives(line[:position] + new + line[position + len(new) :])
