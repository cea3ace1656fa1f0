"""RFC 3261 §20.10, §20.20, §20.39: name-addr and addr-spec."""

import pytest

from sbc.sip.address import NameAddr, parse_list
from sbc.sip.errors import BadMessage


@pytest.mark.parametrize(
    ("text", "display", "uri", "tag"),
    [
        ('"Alice" <sip:a@b>;tag=1', "Alice", "sip:a@b", "1"),
        ("Alice B <sip:a@b>;Tag=1", "Alice B", "sip:a@b", "1"),
        ("caller<sip:a@b>", "caller", "sip:a@b", None),
        ("<sip:a@b;tag=0>;tag=1", "", "sip:a@b;tag=0", "1"),
        ("sip:a@b;tag=1", "", "sip:a@b", "1"),
        ("sip:a@b", "", "sip:a@b", None),
        (r'"say \"hi\" \\" <sip:a@b>', 'say "hi" \\', "sip:a@b", None),
        ('"<sip:no@no>, x" <sip:a@b> ; tag = 1', "<sip:no@no>, x", "sip:a@b", "1"),
        ("Zoë <sip:a@b>", "Zoë", "sip:a@b", None),
        (
            "token1~` token2'+_ token3*%!.- <sip:m@e>",
            "token1~` token2'+_ token3*%!.-",
            "sip:m@e",
            None,
        ),
        ("*", "", "*", None),
        (f"<sip:{'a' * 300}@b>;tag=1", "", f"sip:{'a' * 300}@b", "1"),
    ],
)
def test_an_address_is_read(text: str, display: str, uri: str, tag: str | None) -> None:
    address = NameAddr.parse(text)
    assert (address.display, address.uri, address.tag) == (display, uri, tag)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<>",
        "<sip:a@b",
        "sip:a@b>",
        '"a <sip:a@b>',
        '"a" sip:a@b',
        "< sip:a@b >",
        "<sip:a @b>",
        "Bell, Alexander <sip:a@b>",
        "<sip:a@b>;;",
        "<sip:a@b>x",
        "sip:a@b?Route=c",
        "sip:a@b,c",
        "<sip:<a>",
        'a"b <sip:a@b>',
        "a\x07b <sip:a@b>",
        "<sip:a\x00@b>",
        "<sip:a@b>, <sip:c@d>",
        "sip:a b",
        r'"a\" <sip:a@b>',
        '<sip:"a@b>',
    ],
)
def test_a_malformed_address_is_refused(text: str) -> None:
    with pytest.raises(BadMessage) as caught:
        NameAddr.parse(text)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (NameAddr("", "sip:a@b"), "<sip:a@b>"),
        (NameAddr("A", "sip:a@b", (("tag", "1"), ("lr", None))), '"A" <sip:a@b>;tag=1;lr'),
        (NameAddr('a"b\\', "sip:a@b"), r'"a\"b\\" <sip:a@b>'),
        (NameAddr("", "*"), "*"),
    ],
)
def test_an_address_is_written_in_brackets(address: NameAddr, text: str) -> None:
    assert str(address) == text
    assert NameAddr.parse(text) == address


def test_a_display_name_cannot_smuggle_a_header() -> None:
    assert str(NameAddr("x\r\nEvil: 1\0", "sip:a@b")) == '"xEvil: 1" <sip:a@b>'


def test_a_parameter_is_found_by_its_lower_case_name() -> None:
    address = NameAddr.parse('<sip:a@b>;+SIP.Instance="<urn:uuid:1>";q=0.7;ob')
    assert address.param("+sip.instance") == '"<urn:uuid:1>"'
    assert (address.param("ob"), address.param("expires")) == ("", None)


def test_a_list_is_split_where_the_grammar_says() -> None:
    found = parse_list('"A, B" <sip:a@b>;q=1, sip:c@d;x="1,2" ,<sip:e,f@g>')
    assert [each.uri for each in found] == ["sip:a@b", "sip:c@d", "sip:e,f@g"]


def test_an_empty_element_is_refused() -> None:
    with pytest.raises(BadMessage):
        parse_list("<sip:a@b>,,<sip:c@d>")
