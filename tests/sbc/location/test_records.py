"""Names are compared without case and without the root's dot (RFC 4343)."""

from sbc.location.records import plain


def test_a_name_has_one_form() -> None:
    assert plain("A.Example.") == plain("a.example") == "a.example"
    assert plain(".") == ""
