"""XML that peers send: what is taken, and what hostile documents cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.b2bua.body.xml import MOST_DEPTH, BadXml, Element, parse, write
from tests.support.hanging import must_not_hang

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><l>&c;</l>"""
OUTSIDE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


def test_elements_attributes_and_text_are_read_with_their_namespaces() -> None:
    root = parse(b'<a xmlns="u" xmlns:p="v" k="1">x<p:b p:k="2"/>y</a>')
    assert root == Element(
        ("u", "a"), {("", "k"): "1"}, [Element(("v", "b"), {("v", "k"): "2"})], "xy"
    )


def test_what_was_read_is_written_and_read_again() -> None:
    text = b'<a xmlns="u" xmlns:p="v" k="&lt;&quot;&amp;">x &lt; y<p:b p:k="2">z</p:b></a>'
    root = parse(text)
    written = write(root, {"v": "pre"})
    assert parse(written) == root
    assert b'xmlns:pre="v"' in written
    assert written.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a>&x;</a>",
        b"<a>&#0;</a>",
        b"<a>\0</a>",
        b"<a b='1' b='2'/>",
        b"<p:a/>",
        b"\xff\xfe<\0a\0/\0>\0",
        b"<a>\xff</a>",
        LAUGHS,
        OUTSIDE,
        b"<!DOCTYPE a><a/>",
        b"<?php x?><a/>",
        b"<a>" * (MOST_DEPTH + 1) + b"</a>" * (MOST_DEPTH + 1),
        b"<a>" + b"<b/>" * 2000 + b"</a>",
        b"<a " + b" ".join(b"a%d=''" % at for at in range(25)) + b"/>",
        b"<a>" + b"x" * 4097 + b"</a>",
        b"<a b='" + b"x" * 4097 + b"'/>",
    ],
)
def test_what_is_malformed_or_more_than_we_take_is_refused(data: bytes) -> None:
    with pytest.raises(BadXml):
        parse(data)


def test_an_encoding_that_it_claims_does_not_matter() -> None:
    root = parse('<?xml version="1.0" encoding="UTF-7"?><a>ü+ADw-</a>'.encode())
    assert root.text == "ü+ADw-"


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS,
        b"<a>" * 30_000,
        b"<a>" + b"<b/>" * 8000 + b"</a>",
        b"<a>" + b"x&lt;" * 6000 + b"</a>",
        b"<" * 30_000,
        b"<a " + b"b" * 30_000,
        b"<a>" + b"]]" * 15_000,
    ],
    ids=range(7),
)
def test_a_hostile_document_does_not_keep_us_busy(data: bytes) -> None:
    with must_not_hang(), pytest.raises(BadXml):
        parse(data)


@given(
    st.binary(max_size=200) | st.text(alphabet="<>/&;=\"' a:!-[]?x\n", max_size=200).map(str.encode)
)
def test_anything_is_read_or_refused(data: bytes) -> None:
    try:
        root = parse(data)
    except BadXml:
        return
    assert parse(write(root, {})) == root
