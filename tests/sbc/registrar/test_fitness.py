"""Which REGISTERs are not carried out (RFC 3261 §10.3; A6)."""

import pytest

from config.effective import Terms, terms_of
from sbc.registrar.bindings import Refused
from sbc.registrar.fitness import identity, insists
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, build_request
from tests.config.samples import model

TERMS: Terms = terms_of(model())["pbx"]
DOMAINS = {"example.com"}


def register(*fields: tuple[str, str], to: str = "sip:anna@example.com") -> Request:
    own = [("From", "<sip:anna@example.com>;tag=1"), ("To", f"<{to}>"), ("Max-Forwards", "70")]
    names = {name for name, _ in fields}
    kept = [field for field in own if field[0] not in names]
    return build_request("REGISTER", "sip:example.com", [*kept, *fields])


def status(result: Refused | None) -> int | None:
    return None if result is None else result.status


def test_what_we_do_may_be_insisted_on() -> None:
    assert insists(register(("Require", "outbound, gruu")), TERMS, relayed=False) is None
    path = register(("Require", "path, pref"))
    refused = insists(path, TERMS, relayed=False)
    assert refused is not None
    assert refused.fields == (("Unsupported", "path, pref"),)
    assert insists(register(("Require", "path")), TERMS, relayed=True) is None


def test_hops_and_a_first_hop_must_be_left() -> None:
    assert status(insists(register(("Max-Forwards", "0")), TERMS, relayed=False)) == 483
    vias = [("Via", f"SIP/2.0/UDP h;branch=z9hG4bK{n}") for n in (1, 2)]
    contact = ("Contact", '<sip:a@h>;reg-id=1;+sip.instance="<urn:uuid:1>"')
    asked = register(*vias, contact, ("Supported", "outbound"))
    assert status(insists(asked, TERMS, relayed=False)) == 439


@pytest.mark.parametrize(
    ("to", "user", "told"),
    [
        ("sip:anna@example.com", "anna", None),
        ("sip:anna;x=1@EXAMPLE.com", "anna", None),
        ("sip:bert@example.com", "anna", 403),
        ("sip:example.com", "anna", 403),
        ("sip:anna@elsewhere.example", "anna", 404),
        ("sip:bert@example.com", None, None),
    ],
)
def test_the_address_of_record_is_the_user_s_own(
    to: str, user: str | None, told: int | None
) -> None:
    assert status(identity(register(to=to), user, DOMAINS)) == told


@pytest.mark.parametrize("name", ["From", "To"])
def test_whose_it_is_must_be_readable(name: str) -> None:
    with pytest.raises(BadMessage):
        identity(register((name, "<sip:>")), "anna", DOMAINS)
