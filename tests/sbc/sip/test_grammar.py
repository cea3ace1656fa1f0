"""RFC 3261 §25.1: what the headers share."""

import pytest

from sbc.sip.errors import BadMessage
from sbc.sip.grammar import (
    format_params,
    is_token,
    number,
    param,
    parse_params,
    quote,
    split_items,
    split_words,
    unquote,
)


@pytest.mark.parametrize("text", ["INVITE", "z9hG4bK-.!%66*_+`'~", "+sip.instance"])
def test_a_token_may_hold_odd_marks(text: str) -> None:
    assert is_token(text)


@pytest.mark.parametrize("text", ["", "a b", "a;b", 'a"', "é", "a\n"])
def test_other_text_is_no_token(text: str) -> None:
    assert not is_token(text)


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("0068", 68), ("255", 255), ("0" * 5000 + "7", 7), ("0" * 11, 0)]
)
def test_a_number_may_be_written_with_any_count_of_zeros(text: str, value: int) -> None:
    assert number(text, 255, "Max-Forwards") == value


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", " 1", "1.0", "256", "9" * 19, "9" * 6000, "１", "1_0", "²"]
)
def test_what_is_no_number_or_too_large_is_refused(text: str) -> None:
    with pytest.raises(BadMessage, match="Bad Max-Forwards"):
        number(text, 255, "Max-Forwards")


@pytest.mark.parametrize(
    ("text", "words"),
    [("1 ACK", ["1", "ACK"]), (" 1 \t ACK\t", ["1", "ACK"]), ("1\xa0A", ["1\xa0A"])],
)
def test_words_stand_between_spaces_and_tabs(text: str, words: list[str]) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", []),
        ("a", ["a"]),
        ("a, b ,c", ["a", "b", "c"]),
        ('"A, B" <sip:a>, <sip:b;x=1,2>;q=1', ['"A, B" <sip:a>', "<sip:b;x=1,2>;q=1"]),
        (r'"a\", b" <sip:a>, c', [r'"a\", b" <sip:a>', "c"]),
        ('"never closed, a', ['"never closed, a']),
        ("<never closed, a", ["<never closed, a"]),
        ("a,,b,", ["a", "", "b", ""]),
    ],
)
def test_commas_count_only_outside_quotes_and_brackets(text: str, items: list[str]) -> None:
    assert split_items(text) == items


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("", ()),
        (";tag=1", (("tag", "1"),)),
        (" ; Tag = 1 ;lr", (("tag", "1"), ("lr", None))),
        (";a=;b", (("a", ""), ("b", None))),
        (';+sip.instance="<urn:uuid:1;2>"', (("+sip.instance", '"<urn:uuid:1;2>"'),)),
        (r';a="\";" ;b=[::1]:5', (("a", r'"\";"'), ("b", "[::1]:5"))),
    ],
)
def test_parameters_are_read(text: str, params: tuple[tuple[str, str | None], ...]) -> None:
    assert parse_params(text) == params


@pytest.mark.parametrize(
    "text",
    [
        ";",
        ";;",
        ";a;",
        ";=1",
        ";a b",
        ";a=b c",
        ';a="b',
        ';a="b"c',
        ";a=1;A=2",
        "x;a",
        "\xa0;a",
        ";\u212a=1",
        ";a\x00=1",
        "".join(f";p{each}" for each in range(101)),
    ],
)
def test_malformed_parameters_are_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        parse_params(text)


def test_a_bare_parameter_is_empty_and_an_absent_one_is_none() -> None:
    params = parse_params(";lr;tag=1")
    assert (param(params, "lr"), param(params, "tag"), param(params, "q")) == ("", "1", None)


def test_parameters_are_written_as_they_were_read() -> None:
    text = ';lr;+sip.instance="<urn:uuid:1>";q='
    assert format_params(parse_params(text)) == text


@pytest.mark.parametrize("text", ["Alice", 'say "hi"', "back\\slash", "Zoë, 東京", "\udce9"])
def test_quoting_and_unquoting_agree(text: str) -> None:
    assert unquote(quote(text)) == text


def test_no_control_character_survives_quoting() -> None:
    assert quote("a\r\nVia: x\0\x07\x7f") == '"aVia: x"'
