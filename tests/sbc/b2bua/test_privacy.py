"""What a peer asserts, who believes it, and who is told (RFC 3323, RFC 3325) (Z8)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.effective import terms_of
from sbc.b2bua.privacy import KNOWN, NONE, Asserted, Claims, claims_of
from sbc.sip.errors import BadMessage
from sbc.sip.headers import Headers
from tests.support.configs import config

TERMS = terms_of(config())
TRUSTED, UNTRUSTED = TERMS["pbx"], TERMS["carrier"]
TOLD = replace(UNTRUSTED, send_identity=True)
ALICE = Asserted("Alice", "200", tel=False)
NUMBER = Asserted("", "+4969123", tel=True)
PAI = '"Alice" <sip:200@pbx.inside>, tel:+4969123'


def claims(*fields: tuple[str, str], terms: object = TRUSTED) -> Claims:
    assert terms in (TRUSTED, UNTRUSTED)
    return claims_of(Headers(fields), TRUSTED if terms is TRUSTED else UNTRUSTED)


def asserted(value: str) -> tuple[Asserted, ...]:
    return claims(("P-Asserted-Identity", value)).asserted


def private(*values: str) -> Claims:
    return Claims((ALICE, NUMBER), frozenset(values))


def test_a_message_that_claims_nothing_is_the_rule() -> None:
    assert claims(("Subject", "x")) is NONE


def test_a_trusted_peer_is_believed_and_an_untrusted_one_is_not() -> None:
    field = ("P-Asserted-Identity", PAI)
    assert claims(field).asserted == (ALICE, NUMBER)
    assert claims(field, terms=UNTRUSTED).asserted == ()


def test_two_fields_are_as_good_as_a_list() -> None:
    fields = [("P-Asserted-Identity", each) for each in PAI.split(", ")]
    assert claims(*fields).asserted == (ALICE, NUMBER)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("<sip:200@a>, <sip:201@b>, <tel:+1>", (Asserted("", "200", tel=False),)),
        ("<tel:+1>, <tel:+2>", (Asserted("", "+1", tel=True),)),
        ("<sip:pbx.inside>", ()),
        ("<http://pbx.inside/alice>", ()),
        ("nobody at all", ()),
        ("", ()),
        ("<sip:200:secret@pbx.inside;user=phone>", (Asserted("", "200", tel=False),)),
    ],
)
def test_only_a_user_can_be_asserted(value: str, found: tuple[Asserted, ...]) -> None:
    assert asserted(value) == found


def test_a_trusted_peer_is_told_who_it_is_and_what_it_asked_for() -> None:
    assert private("id", "critical").fields(TRUSTED, "10.20.0.5") == (
        ("Privacy", "critical;id"),
        ("P-Asserted-Identity", '"Alice" <sip:200@10.20.0.5>, <tel:+4969123>'),
    )


def test_an_untrusted_peer_is_told_only_if_the_configuration_says_so() -> None:
    assert private().fields(UNTRUSTED, "x.example") == ()
    assert private().fields(TOLD, "x.example") == (
        ("P-Asserted-Identity", '"Alice" <sip:200@x.example>, <tel:+4969123>'),
    )


@pytest.mark.parametrize("value", ["id", "user", "header", "session"])
def test_whoever_asks_for_privacy_is_never_told_of(value: str) -> None:
    assert private(value).hidden_from(TOLD)
    assert private(value, "critical").fields(TOLD, "x.example") == ()
    assert not private(value).hidden_from(TRUSTED)


def test_whoever_asks_for_none_is_not_hidden() -> None:
    assert not private("none").hidden_from(TOLD)
    assert private("none").fields(TOLD, "x.example")[0] == ("Privacy", "none")


def test_what_is_critical_and_unknown_is_refused() -> None:
    with pytest.raises(BadMessage) as caught:
        claims(("Privacy", "cloak;critical"))
    assert caught.value.status == 500
    assert claims(("Privacy", "cloak")).privacy == frozenset()
    assert claims(("Privacy", "ID ; Critical")).privacy == {"id", "critical"}


def test_the_record_has_it_as_it_was() -> None:
    assert private("user", "id").record() == {
        "asserted": ["200", "+4969123"],
        "privacy": "user;id",
        "diverted": [],
    }
    assert NONE.record() == {"asserted": [], "privacy": None, "diverted": []}


@given(st.text(), st.lists(st.sampled_from([*KNOWN, "cloak", "inside.secret"])))
def test_no_host_of_the_other_side_is_ever_written(name: str, privacy: list[str]) -> None:
    fields = [("P-Asserted-Identity", f'"x" <sip:{name}@inside.secret>')]
    fields += [("Privacy", ";".join(privacy))]
    try:
        found = claims_of(Headers(fields), TRUSTED)
    except (BadMessage, ValueError):
        return
    for terms in (TRUSTED, TOLD):
        for _, value in found.fields(terms, "ours.example"):
            user, _, host = value.rpartition("@")
            assert "inside.secret" not in host or "inside.secret" in name
            assert user or host
