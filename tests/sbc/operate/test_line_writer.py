import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sbc.operate.line_writer import LineWriter

PIPE = 8192
"""Bytes that the pipe holds: two pages. It is ready as long as one of them is free."""


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """Of a small pipe: where to read and where to write."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE)
    yield reader, writer
    os.close(reader)
    os.close(writer)


def test_lines_arrive_whole_and_in_order(ends: tuple[int, int]) -> None:
    reader, writer = ends
    lines = LineWriter(writer)
    assert lines.write("one\n") == 4
    lines.write("tw\u00f6\udcff\n")
    lines.flush()
    assert os.read(reader, 100) == b"one\ntw\xc3\xb6\\udcff\n"


def test_a_reader_that_has_stopped_is_not_waited_for(ends: tuple[int, int]) -> None:
    reader, writer = ends
    lines = LineWriter(writer)
    taken = 0
    with suppress(BlockingIOError):
        for _ in range(1000):
            taken += lines.write(f"{'x' * 99}\n")
    assert 0 < taken < PIPE
    assert len(os.read(reader, PIPE)) == taken
    lines.write("again\n")
    assert os.read(reader, 100) == b"again\n"


def test_a_line_that_was_cut_off_does_not_spoil_the_next(ends: tuple[int, int]) -> None:
    reader, writer = ends
    lines = LineWriter(writer)
    for _ in range(2):
        with pytest.raises(BlockingIOError):
            lines.write("x" * 3 * PIPE)
    os.read(reader, 2 * PIPE)
    lines.write("next\n")
    assert os.read(reader, 100) == b"\nnext\n"
    lines.write("and next\n")
    assert os.read(reader, 100) == b"and next\n"


def test_a_reader_that_has_gone_is_told_as_an_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(OSError, match="pipe"):
        LineWriter(writer).write("lost\n")
    os.close(writer)


def test_a_file_takes_everything(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as file:
        LineWriter(file.fileno()).write(f"{'x' * 100_000}\n")
    assert (tmp_path / "log").stat().st_size == 100_001
