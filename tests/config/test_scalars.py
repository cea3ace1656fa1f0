import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.problems import Misread
from config.scalars import Scalar, read_plain, read_quoted


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("5060", 5060),
        ("-1", -1),
        ("1.5", 1.5),
        ("true", True),
        ("false", False),
        ("none", "none"),
        ("20000-20999", "20000-20999"),
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:5060", "192.0.2.1:5060"),
        ("2001:db8::1", "2001:db8::1"),
        ("::1", "::1"),
        ("32s", "32s"),
        ("g722", "g722"),
        ("0900*", "0900*"),
        ("1-2-3", "1-2-3"),
        ("Yes please", "Yes please"),
        ("tru", "tru"),
        ("_1", "_1"),
        ("=", "="),
    ],
)
def test_a_plain_word_is_what_every_reader_takes_it_for(text: str, value: Scalar) -> None:
    read = read_plain(text)
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *[(word, "for a boolean") for word in ("yes", "No", "ON", "off", "oFF", "YES")],
        *[(word, "how a boolean is written") for word in ("True", "FALSE", "tRuE")],
        *[(word, "is no value") for word in ("", "~", "null", "Null", "NULL")],
        ("<<", "merge keys"),
        *[(word, "base 60") for word in ("22:50", "1:30.5", "5060:59", "-1:00", "0:0:0:0:0:0:0:1")],
        *[(word, "for a date") for word in ("2026-01-01", "2026-1-1", "2026-01-01T10:00:00Z")],
        *[(word, "is not decimal") for word in ("0x1F", "0b101", "0o17")],
        *[(word, "octal") for word in ("0777", "0049", "-012", "089")],
        *[(word, "underscores") for word in ("1_000", "1_0.5", "1_0e3")],
        ("+4969123", "plus sign"),
        ("12345678901234567890", "too long"),
        *[
            (word, "number to some readers")
            for word in ("1e3", ".5", "1.", "+1.5", ".inf", "-.INF")
        ],
        (".NaN", "number to some readers"),
        ("a\u00a0b", "U+00A0 (NO-BREAK SPACE)"),
        ("a\tb", "U+0009"),
    ],
)
def test_a_trap_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(Misread, match=re.escape(said)) as refused:
        read_plain(text)
    assert refused.value.hint


@given(st.text("0123456789+-._:exobaAfFnNiItTrRuUsSyYl~ ", max_size=12))
def test_no_word_means_one_thing_here_and_another_to_pyyaml(text: str) -> None:
    """Whatever PyYAML turns into something else than we do is refused."""
    try:
        ours = read_plain(text)
    except Misread:
        return
    loader = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]  # stub
    theirs = loader.construct_object(yaml.ScalarNode(tag, text))
    assert (type(ours), ours) == (type(theirs), theirs)


def test_no_number_is_long_enough_to_stall_the_reader() -> None:
    with pytest.raises(Misread):
        read_plain("9" * 100_000)


def test_a_quoted_word_is_text_whatever_it_looks_like() -> None:
    assert [read_quoted(text) for text in ("0777", "yes", "", "ü")] == ["0777", "yes", "", "ü"]


@pytest.mark.parametrize("text", ["a\0", "a\nb", "a\x1b[2J"])
def test_a_quoted_word_holds_no_controls(text: str) -> None:
    with pytest.raises(Misread, match="invisible character"):
        read_quoted(text)
