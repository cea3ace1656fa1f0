"""I6: TURN credentials come with a registration, are bound to its identity, and go with it."""

import re

import pytest

from sbc.actions import Flow
from stun_turn.accounts import TimeLimited
from tests.support.access_phone import SECRETS, AccessPhone, access
from tests.support.border import Border

TURN = """
turn:
  interfaces: [wan]
  listen: { udp: 3478, tls: 5349, certificate: edge }
  host: turn.example.com
  realm: example.com
  relay_ports: 50000-50999
  credentials: { hmac: "${ENV:TURN_KEY}", BIND ttl: 5m }
certificates:
  edge: { chain: /e.pem, key: /e.key }
"""
_VALUE = re.compile(r'<([^>]+)>;username="(\d+):([^"]+)";credential="([^"]+)";expires=(\d+)')


@pytest.fixture(autouse=True)
def _passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**SECRETS, "TURN_KEY": "shared"}.items():
        monkeypatch.setenv(name, value)


def border(bind: str = "bind_to: registration,", registrar: str = "") -> Border:
    return Border(access(registrar) + TURN.replace("BIND", bind))


def phone(at: Border, transport: str = "tls", port: int = 40000) -> AccessPhone:
    made = AccessPhone(at, port=port)
    made.flow = Flow("wan", transport, made.flow.remote)  # type: ignore[arg-type]  # one of ours
    return made


def issued(made: AccessPhone) -> list[tuple[str, ...]]:
    found = [_VALUE.fullmatch(each) for each in made.answer.headers.all("turn-credentials")]
    assert all(found)
    return [each.groups() for each in found if each is not None]


def test_the_answer_to_register_has_an_account_for_every_way_in() -> None:
    at = border()
    made = phone(at)
    made.register(60)
    ways = issued(made)
    assert [way for way, *_ in ways] == [
        "turn:turn.example.com:3478?transport=udp",
        "turns:turn.example.com:5349?transport=tcp",
    ]
    (account,) = {tuple(rest) for _, *rest in ways}
    expiry, identity, credential, seconds = account
    assert (identity, seconds) == ("anna@example.com", "60")
    wall = 1.7e9 + at.now
    assert int(expiry) == int(wall + 60)
    known = TimeLimited(b"shared").find(f"{expiry}:{identity}", wall)
    assert known is not None
    assert (known.user, known.password) == ("anna@example.com", credential)


def test_it_is_good_for_no_longer_than_the_registration_and_the_bound() -> None:
    at = Border(
        access().replace("client_expires: 60s", "client_expires: 1h")
        + TURN.replace("BIND", "bind_to: registration,")
    )
    made = phone(at)
    made.register(3600)
    assert {way[4] for way in issued(made)} == {"300"}
    made.register(30)
    assert {way[4] for way in issued(made)} == {"30"}


@pytest.mark.parametrize("transport", ["udp", "tcp", "ws"])
def test_on_a_way_that_others_can_read_nothing_is_told(transport: str) -> None:
    made = phone(border(), transport)
    made.register(60)
    assert made.answer.status == 200
    assert issued(made) == []


def test_where_it_is_not_wanted_nothing_is_told() -> None:
    made = phone(border(bind=""))
    made.register(60)
    assert issued(made) == []


def test_who_leaves_has_no_account_any_more() -> None:
    at = border()
    made = phone(at)
    made.register(60)
    assert at.revoked == []
    made.register(0)
    assert issued(made) == []
    assert at.revoked == ["anna@example.com"]


def test_who_has_another_phone_there_keeps_it() -> None:
    at = border()
    one, other = phone(at), phone(at, port=41000)
    one.contact = "<sip:anna@192.168.1.5:5060>"
    other.contact = "<sip:anna@192.168.1.6:5060>"
    one.register(60)
    other.register(60)
    one.register(0)
    assert at.revoked == []
    other.register(0)
    assert at.revoked == ["anna@example.com"]


def test_a_registration_that_runs_out_or_whose_connection_breaks_takes_it_along() -> None:
    at = border()
    made = phone(at)
    made.register(60)
    at.wait(61)
    assert at.revoked == ["anna@example.com"]
    made.register(60)
    at.perform(at.core.transport_failed(made.flow, at.now))
    assert at.revoked == ["anna@example.com"] * 2


def test_an_application_may_ask_for_who_is_registered() -> None:
    at = border()
    assert at.core.turn_account("anna@example.com", at.now) is None
    made = phone(at)
    made.register(60)
    at.wait(20)
    found = at.core.turn_account("anna@example.com", at.now)
    assert found is not None
    assert found["expires_in"] == 40
    assert str(found["username"]).endswith(":anna@example.com")
    assert at.core.turn_account("bert@example.com", at.now) is None
    assert at.core.turn_account("anna@elsewhere.net", at.now) is None
