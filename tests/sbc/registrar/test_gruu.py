"""GRUUs that we issue ourselves (RFC 5627)."""

from dataclasses import replace

import pytest

from sbc.actions import Flow
from sbc.registrar.binding import Binding
from sbc.registrar.gruu import Gruus, urn_of

BINDING = Binding(
    user="anna",
    uri="sip:anna@192.168.1.5",
    params=(("+sip.instance", '"<urn:uuid:1>"'),),
    q=1.0,
    expires=100.0,
    flow=Flow("wan", "udp", ("192.0.2.77", 4)),
    call_id="one",
    cseq=1,
    registered=0.0,
    token="0123456789abcdef01234567",
)
GRUUS = Gruus(b"a key", "example.com")


def temporary(salt: str = "00000001", binding: Binding = BINDING) -> str:
    named = dict(GRUUS.issue(binding, salt))["temp-gruu"] or ""
    return named.partition(":")[2].partition("@")[0]


def known(token: str) -> Binding | None:
    return BINDING if token == BINDING.token else None


def test_the_public_one_shows_user_and_instance() -> None:
    issued = dict(GRUUS.issue(BINDING, "00000001"))
    assert issued["pub-gruu"] == '"sip:anna@example.com;gr=urn:uuid:1"'
    assert (issued["temp-gruu"] or "").endswith('@example.com;gr"')


def test_temporary_ones_all_lead_there_and_show_nothing_in_common() -> None:
    first, second = temporary(), temporary("00000002")
    assert GRUUS.found(first, known) == GRUUS.found(second, known) == BINDING
    assert first[8:] != second[8:]
    assert BINDING.token not in first + second
    assert "anna" not in first


@pytest.mark.parametrize("user", ["", "x", "zz" * 24, "00" * 24, "00" * 23])
def test_what_we_did_not_make_leads_nowhere(user: str) -> None:
    assert GRUUS.found(user, known) is None
    assert GRUUS.found(user, lambda _: BINDING) is None


def test_a_temporary_one_ends_with_the_call_id_of_the_phone() -> None:
    user = temporary()
    assert GRUUS.found(user, lambda _: replace(BINDING, call_id="two")) is None
    assert Gruus(b"another key", "example.com").found(user, lambda _: BINDING) is None


@pytest.mark.parametrize("instance", ['"<urn:uuid:1;x>"', "urn:uuid:1", '"<http://h>"', None])
def test_an_instance_that_cannot_stand_in_a_uri_gets_none(instance: str | None) -> None:
    binding = replace(BINDING, params=(("+sip.instance", instance),))
    assert urn_of(binding) is None
    assert GRUUS.issue(binding, "00000001") == ()
