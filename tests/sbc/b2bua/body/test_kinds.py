"""What becomes of each type (Z6): a token of one side in every place, and none on the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.zones import BODY_TYPES
from sbc.b2bua.body.kinds import REBUILT, SDP, marks
from sbc.b2bua.body.values import MARK, Translation
from sbc.b2bua.body.xml import parse
from tests.support.documents import ALL, LOCATION, filled

AS_IS = Translation()
TOKEN = "pbx-7f3a.inside"


def rebuilt(kind: str, text: str) -> str:
    made = REBUILT[kind](filled(text, TOKEN).encode(), AS_IS)
    assert made is not None
    return made.decode().replace(MARK, "203.0.113.10")


def test_by_default_everything_that_we_can_rebuild_may_cross_and_nothing_else() -> None:
    assert set(BODY_TYPES) == {SDP, *REBUILT}


@pytest.mark.parametrize("kind", ALL)
def test_no_token_of_one_side_is_left_in_any_place(kind: str) -> None:
    made = rebuilt(kind, ALL[kind])
    assert TOKEN not in made
    assert "7f3a" not in made
    assert "203.0.113.10" in made or kind == "application/im-iscomposing+xml"
    if kind.endswith("+xml"):
        parse(made.encode())


def test_where_somebody_is_crosses_without_who_said_so() -> None:
    made = rebuilt("application/pidf+xml", LOCATION)
    assert TOKEN not in made
    for kept in (
        "52.5 13.4",
        ">30<",
        "DE",
        "Berlin",
        "GPS",
        'srsName="urn:ogc:def:crs:EPSG::4326"',
    ):
        assert kept in made


def test_what_a_document_is_for_is_kept() -> None:
    dialogs = rebuilt("application/dialog-info+xml", ALL["application/dialog-info+xml"])
    for kept in (
        'version="3"', 'state="full"', 'entity="sip:100@203.0.113.10"', 'direction="recipient"',
        '<state code="200">early</state>', "<duration>7</duration>",
        '<identity display="Bob">sip:100@203.0.113.10</identity>',
        '<target uri="sip:203.0.113.10"><param pname="+sip.rendering" pval="no"/>',
        "<identity>tel:+49301234</identity>",
    ):  # fmt: skip
        assert kept in dialogs, kept
    presence = rebuilt("application/pidf+xml", ALL["application/pidf+xml"])
    for kept in (
        'entity="pres:100@203.0.113.10"', "<basic>open</basic>", "<rpid:busy/>", "Back at five",
        '<contact priority="0.8">sip:100@203.0.113.10</contact>',
    ):  # fmt: skip
        assert kept in presence, kept


@pytest.mark.parametrize("kind", [each for each in ALL if each.endswith("+xml")])
@pytest.mark.parametrize("body", [b"", b"<x/>", b"<!DOCTYPE x><x/>", b"v=0\r\n", b"\xff\xfe"])
def test_what_is_not_of_its_type_is_none(kind: str, body: bytes) -> None:
    assert REBUILT[kind](body, AS_IS) is None


@pytest.mark.parametrize("kind", ALL)
@given(data=st.data())
def test_pieces_of_a_document_put_together_again_are_rebuilt_or_none(
    kind: str, data: st.DataObject
) -> None:
    text = filled(ALL[kind], TOKEN)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=4)))
    mixed = text[: cuts[1]] + text[cuts[0] :]
    made = REBUILT[kind](mixed.encode(), AS_IS)
    if made is not None and kind.endswith("+xml"):
        parse(made.replace(MARK.encode(), b"x"))


def test_only_what_we_write_ourselves_can_hold_marks() -> None:
    assert marks("application/pidf+xml")
    assert not marks("application/isup")
    assert not marks("text/plain")
