"""A core that hears of a phone once however often the phone registers (N6, A4).

RFC 3261 §10.3.
"""

from typing import cast

import pytest

from sbc.actions import Flow
from sbc.sip.message import Request, parse
from tests.support.access_phone import ABSORB, SECRETS, AccessPhone, access
from tests.support.border import CALLEE, Border
from tests.support.messages import answer, invite

PBX = CALLEE


@pytest.fixture(autouse=True)
def _passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def granted(border: Border, seconds: int = 3600) -> Request:
    """The core's registrar grants what came to it."""
    *_, asked = [m for m in border.take(PBX) if isinstance(m, Request) and m.method == "REGISTER"]
    contact = asked.headers.contacts[0].uri
    text = answer(asked, 200, f"Contact: <{contact}>;expires={seconds}", contact="<sip:x@y>")
    border.receive(text.replace(b"Contact: <sip:x@y>\r\n", b""), PBX)
    return asked


def test_a_phone_registers_often_and_the_core_hears_of_it_once() -> None:
    border = Border(ABSORB)
    phone = AccessPhone(border)
    phone.register()
    asked = granted(border)
    assert asked.headers.to.uri == "sip:anna@example.com"
    assert asked.headers.contacts[0].uri == "sip:anna@10.20.0.5:5060"
    assert asked.headers.expires == 3600
    assert "192.168.1.5" not in border.texts(PBX)
    for _ in range(25):
        border.wait(50)
        assert phone.register() == 200
    assert border.heard(PBX) == []
    outside = border.texts(phone.flow).count("SIP/2.0 200")
    assert outside == 26


def test_the_core_is_told_in_time_and_when_the_last_phone_has_gone() -> None:
    border = Border(ABSORB)
    phone = AccessPhone(border)
    phone.register()
    granted(border, 100)
    border.wait(49)
    phone.register()
    while not border.out:  # between 50 and 90 % of the time that was granted
        border.wait(1)
    assert border.now < 191
    granted(border, 100)
    phone.register(0)
    ended = border.request(PBX, "REGISTER")
    assert ended.headers.expires == 0
    border.receive(answer(ended, 200), PBX)
    assert border.over()


def test_a_phone_that_falls_silent_is_taken_from_the_core_too() -> None:
    border = Border(ABSORB)
    AccessPhone(border).register()
    granted(border)
    border.wait(60)
    ended = border.request(PBX, "REGISTER")
    assert ended.headers.expires == 0


def test_a_core_that_is_lost_costs_no_phone_its_registration() -> None:
    border = Border(ABSORB)
    anna, bert = AccessPhone(border), AccessPhone(border, "bert", port=40001)
    for _ in range(10):
        assert anna.register() == bert.register() == 200
        border.wait(50)
        border.take(PBX)
    assert anna.invite("bert") == 0
    assert bert.called().uri == "sip:bert@192.168.1.5:5060"


def test_a_call_of_the_core_finds_the_phone() -> None:
    border = Border(ABSORB)
    phone = AccessPhone(border)
    phone.register()
    granted(border)
    asks = invite(number="anna", call_id="in@10.20.0.11", branch="z9hG4bKin")
    border.receive(asks.replace(b"192.0.2.1", b"10.20.0.11"), PBX)
    assert phone.called().uri == "sip:anna@192.168.1.5:5060"


def test_the_border_leaves_the_core_in_order_if_it_is_told_to() -> None:
    border = Border(access("mode: absorb, upstream: pbx, on_stop: unregister"))
    AccessPhone(border).register()
    granted(border)
    border.perform(border.core.drain(border.now))
    assert border.request(PBX, "REGISTER").headers.expires == 0


def registers(border: Border) -> list[Request]:
    return [m for m in border.take(PBX) if isinstance(m, Request) and m.method == "REGISTER"]


def test_the_end_of_the_border_takes_no_user_from_the_core() -> None:
    border = Border(ABSORB)
    AccessPhone(border).register()
    granted(border)
    border.perform(border.core.drain(border.now))
    assert border.heard(PBX) == []


def test_a_connection_that_is_made_anew_is_not_worth_a_word_upstream() -> None:
    border = Border(ABSORB)
    phone = AccessPhone(border, transport="tcp")
    phone.register()
    granted(border)
    for port in range(40001, 40006):
        border.perform(border.core.transport_failed(phone.flow, border.now))
        border.wait(20)
        phone.flow = Flow("wan", "tcp", ("192.0.2.77", port))
        phone.challenge = None
        assert phone.register() == 200
        border.wait(30)
    assert registers(border) == []


def test_a_connection_that_does_not_come_back_is_told_after_a_while() -> None:
    border = Border(ABSORB)
    phone = AccessPhone(border, transport="tcp")
    phone.register()
    granted(border)
    border.perform(border.core.transport_failed(phone.flow, border.now))
    border.wait(59)
    assert registers(border) == []
    border.wait(1)
    assert border.request(PBX, "REGISTER").headers.expires == 0


def test_after_a_restart_the_core_hears_of_users_one_after_the_other() -> None:
    before = Border(ABSORB)
    AccessPhone(before).register()
    (record,) = before.stored.values()
    assert record is not None
    users = [f"user{n}" for n in range(200)]
    later = cast(float, record["expires"]) + 600
    kept = [("phones", {**record, "user": user, "expires": later}) for user in users]
    border = Border(ABSORB)
    border.perform(border.core.restore(kept, border.now))
    heard: list[int] = []
    for _ in range(60):
        border.wait(1)
        heard.append(len({m.headers.to.uri for m in registers(border)}))
    assert max(heard) < 60  # with those that nobody has answered yet, which are repeated
    begun = {m.headers.to.uri for _, m in parsed(border) if m.method == "REGISTER"}
    assert len(begun) == len(users)


def parsed(border: Border) -> list[tuple[Flow, Request]]:
    found = [(flow, parse(data)) for flow, data in border.sent if flow == PBX]
    return [(flow, m) for flow, m in found if isinstance(m, Request)]


def test_phones_whose_calls_go_by_the_core_reach_each_other_when_it_is_lost() -> None:
    """(A4)"""
    between = "{ name: between, from: { access: phones }, match: { registered: phones }"
    by_the_core = ABSORB.replace(between, between.replace("registered: phones", "to: ['x']"))
    kept = "survivability: { local_calls: true }\n    registrar:"
    border = Border(by_the_core.replace("registrar:", kept))
    anna, bert = AccessPhone(border), AccessPhone(border, "bert", port=40001)
    anna.register()
    bert.register()
    border.take(PBX)
    assert anna.invite("bert") == 0
    assert "INVITE" in border.heard(PBX)
    border.wait(4.1)
    assert bert.called().uri == "sip:bert@192.168.1.5:5060"
