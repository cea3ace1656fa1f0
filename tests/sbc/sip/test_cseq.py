"""RFC 3261 §20.16 and RFC 3262 §7.2."""

import pytest

from sbc.sip.cseq import CSeq, is_method, parse_rack
from sbc.sip.errors import BadMessage


@pytest.mark.parametrize(
    ("text", "cseq"),
    [
        ("1 INVITE", CSeq(1, "INVITE")),
        ("0009  \t INVITE", CSeq(9, "INVITE")),
        ("2147483647 RE%47IST%45R", CSeq(2147483647, "RE%47IST%45R")),
        ("0\tinvite", CSeq(0, "invite")),
    ],
)
def test_a_cseq_is_read(text: str, cseq: CSeq) -> None:
    assert CSeq.parse(text) == cseq


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "INVITE",
        "1 INVITE x",
        "-1 INVITE",
        "2147483648 INVITE",
        "1 IN@VITE",
        "1INVITE",
        "1\x0bINVITE",
    ],
)
def test_a_malformed_cseq_is_refused(text: str) -> None:
    with pytest.raises(BadMessage, match="Bad CSeq"):
        CSeq.parse(text)


def test_a_cseq_is_written_plainly() -> None:
    assert str(CSeq(9, "INVITE")) == "9 INVITE"


def test_a_rack_is_read() -> None:
    assert parse_rack("776656 1 INVITE") == (776656, 1, "INVITE")


@pytest.mark.parametrize("text", ["", "1 1", "1 1 IN VITE", "4294967296 1 INVITE", "1 -1 INVITE"])
def test_a_malformed_rack_is_refused(text: str) -> None:
    with pytest.raises(BadMessage, match="Bad RAck"):
        parse_rack(text)


@pytest.mark.parametrize(("text", "right"), [("PRACK", True), ("NEW-1", True), ("A B", False)])
def test_a_method_is_any_token(text: str, right: bool) -> None:
    assert is_method(text) is right
