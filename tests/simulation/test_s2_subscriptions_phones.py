"""Subscriptions of phones and to phones (S2, A1, A4), and SUBSCRIBE within a call (RFC 6665)."""

import pytest

from sbc.actions import Flow
from sbc.sip.digest import Challenge
from sbc.sip.message import Request
from tests.support.access_phone import SECRETS, AccessPhone, access
from tests.support.border import CALLEE, Border
from tests.support.core_registrar import CoreRegistrar
from tests.support.ends import up
from tests.support.messages import answer
from tests.support.watching import notifier, notify, subscribe, subscriber

AT_CORE = access("mode: relay, upstream: pbx").replace(
    'users: { anna: "${ENV:ANNA}", bert: "${ENV:BERT}" }', "at: core"
)
CHALLENGE = 'Proxy-Authenticate: Digest realm="core", nonce="n", algorithm=MD5, qop="auth"'


@pytest.fixture
def phones(monkeypatch: pytest.MonkeyPatch) -> tuple[Border, AccessPhone, AccessPhone]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    border = Border(access())
    anna, bert = AccessPhone(border), AccessPhone(border, "bert", port=40001, transport="tcp")
    anna.register()
    bert.register()
    return border, anna, bert


def phone_subscribes(phone: AccessPhone, number: str) -> list[int]:
    heard = []
    while True:
        answers = phone.send(
            "SUBSCRIBE", f"sip:{number}@example.com", "Event: dialog", "Expires: 60",
            f"Contact: {phone.contact}", to=f"<sip:{number}@example.com>", call_id="s",
        )  # fmt: skip
        heard += [each.status for each in answers]
        if not answers or answers[0].status != 407:
            return heard
        phone.heed(answers[0])


def test_a_phone_must_prove_who_it_is_and_is_told_down_its_own_flow(
    phones: tuple[Border, AccessPhone, AccessPhone],
) -> None:
    border, anna, _ = phones
    anna.challenge = None
    assert phone_subscribes(anna, "500") == [407]
    pbx = Flow("lan", "udp", ("10.20.0.11", 5060))
    request = border.request(pbx, "SUBSCRIBE")
    assert "proxy-authorization" not in request.headers.present()
    there = notifier(border, request, flow=pbx)
    there.answers(request, 200, "Expires: 60")
    said = border.response(anna.flow, 200)
    notify(there, "active")
    told = border.request(anna.flow, "NOTIFY")
    assert told.uri == "sip:anna@192.168.1.5:5060"
    border.receive(answer(told, 200, tag=""), anna.flow)
    here = subscriber(border, said, anna.flow)
    here.ask("SUBSCRIBE", "Event: dialog", "Expires: 0")
    there.answers(there.got("SUBSCRIBE"), 200, "Expires: 0")
    notify(there, "terminated")
    assert border.heard(anna.flow) == ["200", "NOTIFY"]


def test_notify_follows_a_phone_that_has_registered_from_another_port(
    phones: tuple[Border, AccessPhone, AccessPhone],
) -> None:
    border, anna, _ = phones
    assert phone_subscribes(anna, "500") == []
    request = border.request(CALLEE, "SUBSCRIBE")
    there = notifier(border, request)
    there.answers(request, 200, "Expires: 60")
    anna.flow = Flow("wan", "udp", ("192.0.2.77", 40500))
    assert anna.register() == 200
    notify(there, "active")
    assert border.request(anna.flow, "NOTIFY").uri == "sip:anna@192.168.1.5:5060"


def test_a_phone_is_subscribed_to_where_it_is(
    phones: tuple[Border, AccessPhone, AccessPhone],
) -> None:
    border, _, bert = phones
    pbx = Flow("lan", "udp", ("10.20.0.11", 5060))
    message = subscribe("Expires: 60", number="bert").replace(b"192.0.2.1", b"10.20.0.11")
    border.receive(message, pbx)
    request = border.request(bert.flow, "SUBSCRIBE")
    assert request.uri == "sip:bert@192.168.1.5:5060"
    there = notifier(border, request, flow=bert.flow)
    notify(there, "active")  # before the 200, and without credentials: it is of a dialog of ours
    assert border.heard(pbx) == ["NOTIFY"]


def test_a_lost_connection_ends_what_its_phone_watched(
    phones: tuple[Border, AccessPhone, AccessPhone],
) -> None:
    border, _, bert = phones
    assert phone_subscribes(bert, "500") == []
    pbx = Flow("lan", "udp", ("10.20.0.11", 5060))
    request = border.request(pbx, "SUBSCRIBE")
    there = notifier(border, request, flow=pbx)
    there.answers(request, 200, "Expires: 60")
    notify(there, "active")
    border.heard(bert.flow)
    border.perform(border.core.transport_failed(bert.flow, border.now))
    assert "SUBSCRIBE" in there.inbox()


# --- within a call ---


def test_within_a_call_both_cross_if_the_package_does() -> None:
    border = Border()
    caller, callee = up(border)
    caller.ask("SUBSCRIBE", "Event: dialog", "Expires: 60")
    request = callee.got("SUBSCRIBE")
    assert request.headers.get("event") == "dialog"
    callee.answers(request, 200, "Expires: 60")
    assert caller.heard(200).headers.expires == 60
    callee.ask("NOTIFY", "Event: dialog", "Subscription-State: active;expires=60")
    told = caller.got("NOTIFY")
    assert told.headers.get("subscription-state") == "active;expires=60"
    caller.answers(told, 200)
    caller.ask("SUBSCRIBE", "Event: pbx.inside")
    caller.heard(489)
    caller.ask("PUBLISH", "Event: presence")
    caller.heard(405)


@pytest.mark.parametrize("method", ["MESSAGE", "PUBLISH", "SUBSCRIBE"])
def test_where_the_core_asks_its_challenge_reaches_the_phone_and_the_proof_the_core(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    border = Border(AT_CORE)
    core = CoreRegistrar(border)
    phone = AccessPhone(border)
    phone.between = core.serve
    phone.algorithm = "MD5"
    assert phone.register() == 200
    phone.between = lambda: None
    phone.challenge = None
    fields = ("Event: presence", "Expires: 60", f"Contact: {phone.contact}")

    def send() -> Request:
        phone.send(method, "sip:500@example.com", *fields, to="<sip:500@x>", call_id=f"{method}")
        return border.request(CALLEE, method)

    first = send()
    border.receive(answer(first, 407, CHALLENGE), CALLEE)
    challenged = border.response(phone.flow, 407)
    phone.challenge = Challenge.parse(challenged.headers.get("proxy-authenticate") or "")
    second = send()
    assert 'username="anna"' in (second.headers.get("proxy-authorization") or "")
    border.receive(answer(second, 200, "Expires: 60"), CALLEE)
    said = border.response(phone.flow, 200)
    if method != "SUBSCRIBE":
        return
    here = subscriber(border, said, phone.flow)
    here.ask(
        "SUBSCRIBE", "Event: presence", "Expires: 60", 'Proxy-Authorization: Digest username="a"'
    )
    again = border.request(CALLEE, "SUBSCRIBE")
    assert again.headers.has("proxy-authorization")
    border.receive(answer(again, 407, CHALLENGE, tag=""), CALLEE)
    assert here.heard(407).headers.has("proxy-authenticate")
