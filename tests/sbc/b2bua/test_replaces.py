"""S9: a dialog of one leg named on the other (RFC 3891)."""

import pytest

from sbc.b2bua.replaces import Replaces
from sbc.sip.errors import BadMessage


def test_the_tags_are_found_in_any_order() -> None:
    value = "98732@sip.example.com;from-tag=r33th4x0r;early-only;to-tag=ff87ff"
    found = Replaces.parse(value)
    assert found == Replaces("98732@sip.example.com", "ff87ff", "r33th4x0r", early_only=True)
    assert str(found) == "98732@sip.example.com;to-tag=ff87ff;from-tag=r33th4x0r;early-only"
    assert Replaces.parse(str(found)) == found


@pytest.mark.parametrize(
    "value",
    [
        "",
        ";to-tag=1;from-tag=2",
        "a@b",
        "a@b;to-tag=1",
        "a@b;from-tag=1",
        "a@b;to-tag;from-tag=1",
        "a@b;to-tag=1;from-tag=2, c@d;to-tag=3;from-tag=4",
    ],
)
def test_what_names_no_dialog_is_bad(value: str) -> None:
    with pytest.raises(BadMessage) as bad:
        Replaces.parse(value)
    assert bad.value.status == 400
