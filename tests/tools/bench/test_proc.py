"""The texts of /proc."""

import pytest

from tools.bench.proc import BadProc, Stat, parse_kilobytes, parse_stat, tree

STAT = (
    "1234 (tricky) name ( 7) S 17 1234 1234 0 -1 4194304 5196 0 0 0 151 49 3 2 20 0 1 0 "
    "88 1000 200 18446744073709551615\n"
)
ROLLUP = "55999c68e000-7ffc403d4000 ---p 00000000 00:00 0    [rollup]\nRss:  16 kB\nPss:  283 kB\n"


def test_a_name_with_brackets_and_blanks_does_not_shift_the_fields() -> None:
    assert parse_stat(STAT) == Stat(pid=1234, parent=17, state="S", ticks=200, started=88)


@pytest.mark.parametrize("broken", ["", "12", "12 (name", "12 (name) S 1", "x (name) S 1 2 3"])
def test_a_text_that_is_no_stat_is_told(broken: str) -> None:
    with pytest.raises(BadProc):
        parse_stat(broken)


def test_kilobytes_are_read_as_bytes() -> None:
    assert parse_kilobytes(ROLLUP, "Pss") == 283 * 1024


def test_a_figure_that_is_not_there_is_told() -> None:
    with pytest.raises(BadProc):
        parse_kilobytes(ROLLUP, "Swap")


def test_a_tree_has_children_and_their_children_and_nobody_else() -> None:
    parents = {2: 1, 3: 2, 4: 3, 5: 1, 6: 5}
    assert tree(2, parents) == {2, 3, 4}


def test_a_process_without_children_is_its_own_tree() -> None:
    assert tree(9, {}) == {9}
