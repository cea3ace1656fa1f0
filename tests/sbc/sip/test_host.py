"""Hosts, ports and IPv6 references (RFC 3261 §25.1, RFC 5118 §4)."""

import pytest

from sbc.sip.errors import BadMessage
from sbc.sip.host import format_host, parse_host_port


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("example.com", "example.com", None),
        ("my_host", "my_host", None),
        ("192.0.2.1:5060", "192.0.2.1", 5060),
        ("host : 5060", "host", 5060),
        ("[2001:db8::1]", "2001:db8::1", None),
        ("[2001:db8::1]:65535", "2001:db8::1", 65535),
        ("[2001:db8::1] : 5060", "2001:db8::1", 5060),
        ("[2001:db8::10:5070]", "2001:db8::10:5070", None),
        ("[::ffff:192.0.2.2]", "::ffff:192.0.2.2", None),
        ("[2001:db8:::192.0.2.1]", "2001:db8:::192.0.2.1", None),
    ],
)
def test_a_host_and_its_port_are_told_apart(text: str, host: str, port: int | None) -> None:
    assert parse_host_port(text) == (host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":5060",
        "host:",
        "host:0",
        "host:65536",
        "host:123456",
        "host:+1",
        "host:5060x",
        "a b",
        "2001:db8::10",
        "[2001:db8::10",
        "[fe80::1%eth0]",
        "[::1]5060",
        "[]",
        "[host]",
        "é.com",
        "[2001:db8:::1]",
        "a@b",
        "a" * 257,
    ],
)
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        parse_host_port(text)


@pytest.mark.parametrize(
    ("host", "text"), [("h", "h"), ("192.0.2.1", "192.0.2.1"), ("::1", "[::1]")]
)
def test_only_an_ipv6_address_gets_brackets(host: str, text: str) -> None:
    assert format_host(host) == text
