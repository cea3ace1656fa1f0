"""RFC 3261 §7.3.1 and §7.3.3: names in any case, long and compact."""

import pytest

from sbc.sip.names import CANONICAL, COMPACT, SPELLING, canonical


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Via", "via"),
        ("vIA", "via"),
        ("v", "via"),
        ("V \t", "via"),
        ("Call-ID  ", "call-id"),
        ("I", "call-id"),
        ("X-Custom", "x-custom"),
        ("C%6Fntact", "c%6fntact"),
    ],
)
def test_a_name_has_one_canonical_form(written: str, name: str) -> None:
    assert canonical(written) == name


@pytest.mark.parametrize("written", ["", " ", " Via", "a b", "é", "a\x00", "<sip", "\u212a"])
def test_what_cannot_be_a_name_has_none(written: str) -> None:
    assert canonical(written) == ""


def test_the_table_agrees_with_the_rule() -> None:
    assert all(canonical(written) == name for written, name in CANONICAL.items())


def test_every_compact_form_stands_for_a_name_that_we_can_spell() -> None:
    assert set(COMPACT.values()) <= SPELLING.keys()
