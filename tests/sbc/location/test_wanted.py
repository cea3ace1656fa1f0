"""What a URI says of where it leads (RFC 3263 §4.1)."""

import pytest

from sbc.location.wanted import Wanted, is_address, is_name, wanted
from sbc.sip.uri import Uri


@pytest.mark.parametrize(
    ("uri", "what"),
    [
        ("sip:A.Example", Wanted("a.example", None, None, False)),
        ("sip:a.example:5070;transport=TCP", Wanted("a.example", 5070, "tcp", False)),
        ("sips:a.example", Wanted("a.example", None, "tls", True)),
        ("sips:a.example;transport=tcp", Wanted("a.example", None, "tls", True)),
        ("sip:192.0.2.1", Wanted("192.0.2.1", None, None, False)),
    ],
)
def test_a_uri_is_read(uri: str, what: Wanted) -> None:
    assert wanted(Uri.parse(uri)) == what


def test_names_and_addresses_are_told_apart() -> None:
    assert is_address("2001:db8::1")
    assert not is_address("a.example")
    assert is_name("a.example")
    assert not is_name("192.0.2.300")
    assert not is_name("a..example")
    assert not is_name("a" * 64)
