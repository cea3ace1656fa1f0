from pathlib import Path

import pytest

from sbc.operate.append_file import AppendFile, replace_file
from tests.support.disk import files_no_larger_than


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_lines_are_in_the_file_when_the_append_returns(tmp_path: Path) -> None:
    file = AppendFile(tmp_path / "lines")
    file.append(b'{"n":1}\n')
    file.append(b'{"n":2}\n')
    assert (tmp_path / "lines").read_bytes() == b'{"n":1}\n{"n":2}\n'
    assert file.size == 16
    file.close()


def test_a_half_written_line_is_cut_off_and_counted(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b'{"n":1}\n{"n":2,"rest"')
    file = AppendFile(tmp_path / "lines")
    file.append(b'{"n":3}\n')
    file.close()
    assert file.torn == 1
    assert (tmp_path / "lines").read_bytes() == b'{"n":1}\n{"n":3}\n'


def test_a_line_that_lacks_only_its_end_is_kept(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b'{"n":1}\n{"n":2}')
    file = AppendFile(tmp_path / "lines")
    file.close()
    assert file.torn == 0
    assert (tmp_path / "lines").read_bytes() == b'{"n":1}\n{"n":2}\n'


@pytest.mark.parametrize("head", [b"", b'{"n":1}\n'])
def test_a_torn_line_longer_than_a_read_block_is_found_whole(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "lines").write_bytes(head + b'{"n":"' + b"x" * 200_000)
    file = AppendFile(tmp_path / "lines")
    file.close()
    assert file.torn == 1
    assert (tmp_path / "lines").read_bytes() == head


def test_zeros_that_a_power_cut_left_are_a_torn_line(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b'{"n":1}\n' + bytes(4096))
    file = AppendFile(tmp_path / "lines")
    file.close()
    assert file.torn == 1
    assert (tmp_path / "lines").read_bytes() == b'{"n":1}\n'


def test_an_append_that_meets_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    file = AppendFile(tmp_path / "lines")
    file.append(b'{"n":1}\n')
    with files_no_larger_than(20), pytest.raises(OSError, match="File too large"):
        file.append(b'{"n":2}\n' * 3)
    assert (tmp_path / "lines").read_bytes() == b'{"n":1}\n'
    file.append(b'{"n":3}\n')
    file.close()
    assert (tmp_path / "lines").read_bytes() == b'{"n":1}\n{"n":3}\n'


def test_an_append_to_a_descriptor_that_died_raises_and_does_not_hang(tmp_path: Path) -> None:
    file = AppendFile(tmp_path / "lines")
    file.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        file.append(b"{}\n")


def test_no_descriptor_is_left_when_the_file_cannot_be_opened(tmp_path: Path) -> None:
    before = descriptors()
    (tmp_path / "lines").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        AppendFile(tmp_path / "lines")
    with pytest.raises(OSError, match="No such file"):
        AppendFile(tmp_path / "nowhere" / "lines")
    assert descriptors() == before


def test_a_torn_line_that_cannot_be_cut_is_an_error_and_leaves_no_descriptor(
    tmp_path: Path,
) -> None:
    before = descriptors()
    (tmp_path / "lines").write_bytes(b'{"n":1}')
    with files_no_larger_than(7), pytest.raises(OSError, match="File too large"):
        AppendFile(tmp_path / "lines")
    assert descriptors() == before


def test_a_file_that_was_renamed_or_removed_is_known_as_moved(tmp_path: Path) -> None:
    file = AppendFile(tmp_path / "lines")
    assert not file.moved()
    (tmp_path / "lines").rename(tmp_path / "lines.1")
    assert file.moved()
    (tmp_path / "lines").write_bytes(b"")
    assert file.moved()
    file.close()


def test_a_replaced_file_has_the_new_content_and_no_leftover(tmp_path: Path) -> None:
    (tmp_path / "open").write_bytes(b"old\n")
    (tmp_path / "open.new").write_bytes(b"left by a crash\n")
    replace_file(tmp_path / "open", b"new\n")
    assert (tmp_path / "open").read_bytes() == b"new\n"
    assert [path.name for path in tmp_path.iterdir()] == ["open"]


def test_a_replacement_that_fails_leaves_the_old_content(tmp_path: Path) -> None:
    (tmp_path / "open").write_bytes(b"old\n")
    with files_no_larger_than(3), pytest.raises(OSError, match="File too large"):
        replace_file(tmp_path / "open", b"new content\n")
    assert (tmp_path / "open").read_bytes() == b"old\n"
