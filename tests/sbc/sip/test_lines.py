"""RFC 3261 §7.3.1: lines, folding, and what may not hide between them."""

import pytest

from sbc.sip.errors import BadMessage
from sbc.sip.lines import guard, read_lines, value_of

MOST = 100


def test_each_field_is_one_line_with_its_canonical_name() -> None:
    text = "Via: a\r\nv : b\r\nX-Odd:c"
    lines, names, values = read_lines(text, MOST)
    assert lines == ["Via: a", "v : b", "X-Odd:c"]
    assert names == ["via", "via", "x-odd"]
    assert values == {"via": "a", "x-odd": "c"}


def test_a_folded_field_stays_whole() -> None:
    text = "Subject: a\r\n b\r\n\tc\r\nTo :\r\n sip:x"
    lines, names, values = read_lines(text, MOST)
    assert lines == ["Subject: a\r\n b\r\n\tc", "To :\r\n sip:x"]
    assert names == ["subject", "to"]
    assert values == {"subject": "a b c", "to": "sip:x"}


@pytest.mark.parametrize(
    "text",
    [
        "Via",
        "no colon here",
        ": x",
        "a b: c",
        "é: x",
        " Via: x",
        "Via: x\r\n\r\nTo: y",
        "To: x\r\n",
        "X" * 257 + ": y",
    ],
)
def test_what_is_no_header_line_is_refused(text: str) -> None:
    with pytest.raises(BadMessage, match="Bad header line"):
        read_lines(text, MOST)


@pytest.mark.parametrize(
    "text", ["To: a\nVia: b", "To: a\rVia: b", "To: a\n\r\nX: c", "To: a\r\r\nB: c"]
)
def test_a_stray_line_end_is_refused(text: str) -> None:
    with pytest.raises(BadMessage, match="Stray line end"):
        read_lines(text, MOST)


@pytest.mark.parametrize(
    "text", ["To: a\0", 'To: "a\0"', 'To: "a\\\\\0"', "To: \\\0", "To: a\r\nB: \0"]
)
def test_a_bare_nul_is_refused(text: str) -> None:
    with pytest.raises(BadMessage, match="NUL"):
        read_lines(text, MOST)


def test_a_nul_in_a_quoted_pair_is_text() -> None:
    lines, _, values = read_lines('To: "a\\\0" <sip:a@b>\r\nX: c', MOST)
    assert lines[0] == 'To: "a\\\0" <sip:a@b>'
    assert values == {"to": '"a\\ " <sip:a@b>', "session-expires": "c"}


def test_no_value_holds_a_nul() -> None:
    assert value_of('To: "a\\\0" <sip:a@b>;x="\\\0"') == '"a\\ " <sip:a@b>;x="\\ "'


def test_lines_are_counted_before_they_are_read() -> None:
    assert len(read_lines("\r\n".join(["A: b"] * MOST), MOST)[0]) == MOST
    with pytest.raises(BadMessage, match="Too many"):
        read_lines("\r\n".join(["A: b"] * (MOST + 1)), MOST)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A: b", "b"),
        ("A:b", "b"),
        ("A : \t b c \t", "b c"),
        ("A:", ""),
        ("A: b:c", "b:c"),
        ("A:\r\n b \r\n\t c", "b c"),
        ("A: b\r\n ", "b"),
    ],
)
def test_a_value_is_unfolded_and_stripped(line: str, value: str) -> None:
    assert value_of(line) == value


@pytest.mark.parametrize("text", ["a\r\nb", "a\rb", "a\nb", "a\0b"])
def test_a_value_of_ours_with_a_line_end_is_our_fault(text: str) -> None:
    with pytest.raises(ValueError, match="line end or NUL"):
        guard(text, 0)


def test_the_line_ends_that_we_put_there_are_right() -> None:
    guard("a\r\nb\r\nc", 2)
