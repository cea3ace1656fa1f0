"""Single values in bodies (Z6): rebuilt or left behind, hosts never."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.b2bua.body import values
from sbc.b2bua.body.values import MARK, Translation, Value

AS_IS = Translation()


@pytest.mark.parametrize(
    ("text", "rebuilt"),
    [
        ("sip:100@pbx.inside:5060;transport=tcp?x=y", f"sip:100@{MARK}"),
        ("sips:100@10.0.0.7", f"sip:100@{MARK}"),
        (" SIP:100:secret@x ", f"sip:100@{MARK}"),
        ("sip:10.0.0.7", f"sip:{MARK}"),
        ("pres:anna@x", f"pres:anna@{MARK}"),
        ("mailto:anna@x", f"mailto:anna@{MARK}"),
        ("tel:+4930123;phone-context=pbx.inside", "tel:+4930123"),
        ("http://pbx.inside/", None),
        ("xmpp:a@x", None),
        ("urn:uuid:1234", None),
        ("100@pbx.inside", None),
        ("", None),
        ("sip:", None),
        ("sip:a b@x", None),
        (f"sip:{'a' * 600}@x", None),
    ],
)
def test_of_an_address_only_the_user_is_kept(text: str, rebuilt: str | None) -> None:
    assert values.uri(text, AS_IS) == rebuilt


@pytest.mark.parametrize(
    ("value", "good", "bad"),
    [
        (values.number, " 42 ", "4.2"),
        (values.decimal, "0.8", "10.0.0.7"),
        (values.decimals, "52.5 -13.4", "10.0.0.7"),
        (values.when, "2026-11-24T18:00:00.5+01:00", "24.11.2026"),
        (values.language, "en-US", "pbx.inside"),
        (values.one_of("early", "Late"), "EARLY", "pbx"),
    ],
)
def test_a_value_is_what_it_should_be_or_nothing(value: Value, good: str, bad: str) -> None:
    assert value(good, AS_IS)
    assert value(bad, AS_IS) is None


def test_a_name_of_a_protocol_is_written_as_it_should_be() -> None:
    assert values.one_of("fullState")("FULLSTATE", AS_IS) == "fullState"


def test_words_of_people_cross_on_one_line_and_not_too_many() -> None:
    assert values.words(" back \n at five ", AS_IS) == "back at five"
    assert len(values.words("x" * 1000, AS_IS) or "") <= 256
    assert values.words(" \n", AS_IS) is None


def test_an_opaque_name_is_always_the_same_and_another_for_each_key() -> None:
    one, two = Translation(b"1"), Translation(b"2")
    assert values.opaque("pbx-7", one) == values.opaque("pbx-7", one)
    assert values.opaque("pbx-7", one) != values.opaque("pbx-7", two)
    assert values.opaque("pbx-7", one) != values.opaque("pbx-8", one)
    assert values.content_id("<a@x>", one) == values.content_id("a@x", one)
    assert values.opaque("", one) is None


@given(st.text(max_size=60), st.sampled_from(["", "sip:", "tel:", "pres:", "sip:a@"]))
def test_no_value_raises_or_keeps_a_line_end(text: str, scheme: str) -> None:
    checked: tuple[Value, ...] = (
        *(values.number, values.decimal, values.decimals, values.when, values.language),
        *(values.words, values.opaque, values.content_id, values.uri, values.one_of("a")),
    )
    for value in checked:
        made = value(f"{scheme}{text}", AS_IS)
        assert made is None or (made and "\n" not in made and "\r" not in made)
