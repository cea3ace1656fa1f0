import pytest
from msgspec import ValidationError
from msgspec.json import decode, encode

from media.value import Value


class Point(Value, frozen=True):
    x: int
    y: int = 0


def test_values_are_equal_by_their_fields_and_may_be_keys() -> None:
    assert {Point(1, 2): "here"}[Point(1, 2)] == "here"
    assert Point(1) != Point(2)


def test_a_value_is_never_changed() -> None:
    with pytest.raises(AttributeError):
        Point(1).x = 2  # type: ignore[misc]


def test_a_value_is_read_as_it_was_written_and_nothing_beyond_it() -> None:
    assert decode(encode(Point(1)), type=Point) == Point(1)
    with pytest.raises(ValidationError, match="unknown field `z`"):
        decode(b'{"x":1,"z":2}', type=Point)
