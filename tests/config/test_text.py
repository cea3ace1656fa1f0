import pytest

from config.problems import Place
from config.text import MOST_BYTES, MOST_FINDINGS, Text, character, from_bytes, from_str


def places(text: Text) -> list[tuple[int, int, str]]:
    found = [(finding.place, finding.message) for finding in text.findings]
    return [(place.line, place.column, message) for place, message in found if place is not None]


def test_plain_utf8_is_taken_as_it_is() -> None:
    text = from_bytes("f", "a: ü\nb: 1\n".encode())
    assert (text.lines, text.findings) == (("a: ü", "b: 1"), ())


def test_a_byte_order_mark_and_windows_line_ends_change_no_place() -> None:
    text = from_bytes("f", b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert text.body.startswith("a")
    assert (text.lines, text.findings) == (("a: 1", "b: 2"), ())


@pytest.mark.parametrize("body", ["", "\n", "  \r\n \n", "\ufeff"])
def test_a_file_of_nothing_is_called_empty(body: str) -> None:
    assert places(from_str("f", body)) == [(1, 1, "the file is empty")]


@pytest.mark.parametrize(
    ("body", "line", "column", "name"),
    [
        ("a: \0\n", 1, 4, "U+0000 (a control character)"),
        ("a: 1\n b\x1b\n", 2, 3, "U+001B (a control character)"),
        ("a\x85b: 1", 1, 2, "U+0085 (a control character)"),
        ("a\u2028b: 1", 1, 2, "U+2028 (LINE SEPARATOR)"),
        ("a: 1\rb: 2\n", 1, 5, "U+000D (a control character)"),
        ("a: 1\n\ufeffb: 2", 2, 1, "U+FEFF (ZERO WIDTH NO-BREAK SPACE)"),
        ("a: 1 # \u202e", 1, 8, "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ("a: \ud800", 1, 4, "U+D800 (a control character)"),
    ],
)
def test_a_character_that_moves_lines_or_hides_is_refused(
    body: str, line: int, column: int, name: str
) -> None:
    assert places(from_str("f", body)) == [(line, column, f"the invisible character {name}")]


def test_every_tab_in_an_indentation_is_reported_and_no_other() -> None:
    text = from_str("f", "a:\n\tb: 1\n  \tc: 2\nd: 1\t# x\n")
    assert places(text) == [
        (2, 1, "a tab as indentation"),
        (3, 3, "a tab as indentation"),
    ]


def test_what_is_not_utf8_is_named_with_its_place() -> None:
    text = from_bytes("f", b"a: 1\nb: \xff\n")
    assert places(text) == [(2, 4, "byte 0xff is not UTF-8")]


def test_utf16_is_recognised() -> None:
    text = from_bytes("f", "version: 1\n".encode("utf-16"))
    assert places(text) == [(1, 1, "byte 0xff is not UTF-8 (it looks like UTF-16)")]


def test_a_huge_file_is_refused_unread() -> None:
    wanted = [(1, 1, "the file is larger than 1 MiB")]
    assert places(from_bytes("f", b"#" * (10 << 20))) == wanted
    assert places(from_str("f", "#" * (MOST_BYTES + 1))) == wanted
    assert from_str("f", "#" * MOST_BYTES).findings == ()


def test_a_binary_file_is_reported_briefly() -> None:
    assert len(from_bytes("f", b"\0" * 100_000).findings) == MOST_FINDINGS


@pytest.mark.parametrize(
    ("place", "inside"),
    [
        (Place(1, 1), Place(1, 1)),
        (Place(1, 4), Place(1, 4)),
        (Place(1, 99), Place(1, 4)),
        (Place(3, 1), Place(2, 3)),
    ],
)
def test_a_place_behind_the_end_is_drawn_into_the_file(place: Place, inside: Place) -> None:
    assert from_str("f", "abc\nde\n").inside(place) == inside


def test_a_character_is_called_by_number_and_name() -> None:
    assert character("\u00a0") == "U+00A0 (NO-BREAK SPACE)"
