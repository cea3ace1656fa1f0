"""Which names a certificate stands for (RFC 5922 §7.1) and how they are compared (§7.2)."""

import pytest

from sbc.routing.certificate_names import fits, identities


@pytest.mark.parametrize(
    ("alternatives", "names"),
    [
        ([("DNS", "SIP.Example.com.")], ("sip.example.com",)),
        ([("URI", "sip:example.com"), ("DNS", "other.example")], ("example.com",)),
        ([("URI", "SIP:example.com:5061;transport=tls")], ("example.com",)),
        ([("URI", "sip:[2001:db8::1]:5061")], ("[2001:db8::1]",)),
        ([("URI", "sip:bob@example.com"), ("DNS", "b.example")], ("b.example",)),
        ([("URI", "https://example.com"), ("DNS", "b.example")], ("b.example",)),
        ([("DNS", "*.example.com"), ("DNS", "a.example")], ("a.example",)),
        ([("DNS", "a.example"), ("IP Address", "192.0.2.1")], ("a.example", "192.0.2.1")),
        ([("DNS", "a.example"), ("DNS", "A.example")], ("a.example",)),
        ([("email", "a@example.com"), ("DNS", "")], ()),
        ([], ()),
    ],
)
def test_the_names_of_a_certificate(
    alternatives: list[tuple[str, str]], names: tuple[str, ...]
) -> None:
    assert identities(alternatives) == names


def test_one_common_name_is_enough_and_none_is_not() -> None:
    assert fits(("a.example", "b.example"), ("c.example", "b.example"))
    assert not fits(("a.example",), ("sub.a.example", "example"))
    assert not fits((), ("a.example",))
    assert not fits(("a.example",), ())
