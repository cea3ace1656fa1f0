"""What does not belong to a subscription, and how much of all may be (S2; RFC 6665)."""

import pytest

from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End
from tests.support.messages import answer
from tests.support.watching import notify, subscribe, watching


def asked(border: Border, call_id: str) -> Request:
    border.receive(subscribe(call_id=call_id), CALLER)
    return border.request(CALLEE, "SUBSCRIBE")


def test_requests_out_of_order_or_of_another_event_are_refused_and_change_nothing() -> None:
    border = Border()
    here, there = watching(border)
    there.ask("NOTIFY", "Event: dialog", "Subscription-State: active", cseq=1)
    there.ask("NOTIFY", "Event: presence", "Subscription-State: active")
    there.ask("NOTIFY", "Event: dialog", "Subscription-State: perhaps")
    there.ask("NOTIFY", "Subscription-State: active")
    here.ask("SUBSCRIBE", "Event: presence")
    here.ask("REFER", "Refer-To: <sip:1@example.com>")
    here.ask("SUBSCRIBE", "Event: dialog", "Require: x")
    here.ask("SUBSCRIBE", "Event: dialog", max_forwards=0)
    assert there.inbox() == ["500", "489", "400", "489"]
    assert here.inbox() == ["489", "405", "420", "483"]
    notify(there, "active")
    assert here.inbox() == ["NOTIFY"]


def test_nobody_speaks_into_it_from_another_zone_or_with_half_its_names() -> None:
    border = Border()
    here, there = watching(border)
    there.ask("NOTIFY", "Event: dialog", "Subscription-State: active", flow=CALLER)
    assert border.heard(CALLER) == ["481"]
    stranger = End(border, CALLEE, there.local, there.remote + "x", there.call_id, there.target, 9)
    notify(stranger, "active")
    assert stranger.inbox() == ["481"]
    assert here.inbox() == []


def test_requests_that_wait_are_bounded() -> None:
    border = Border()
    here, there = watching(border)
    for _ in range(12):
        notify(there, "active")
    assert there.inbox() == ["500"] * 4
    assert here.inbox() == ["NOTIFY"] * 8


def test_subscriptions_of_a_trunk_are_bounded() -> None:
    text = TWO_ZONES.replace("refer: relay", "refer: relay, limits: { subscriptions: 2 }")
    border = Border(text)
    for number in range(3):
        border.receive(subscribe("Expires: 60", call_id=f"{number}"), CALLER)
    assert border.heard(CALLER) == ["503"]
    for _, request in list(border.out):
        if isinstance(request, Request):
            border.receive(answer(request, 404), CALLEE)
    border.receive(subscribe("Expires: 60", call_id="again"), CALLER)
    assert "SUBSCRIBE" in border.heard(CALLEE)
    assert border.over()


def test_a_fault_ends_one_subscription_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    border = Border()
    here, there = watching(border)
    border.receive(subscribe("Expires: 60", call_id="other"), CALLER)
    second = border.request(CALLEE, "SUBSCRIBE")
    with monkeypatch.context() as patched:
        patched.setattr("sbc.b2bua.subscription.subscription.read", lambda *_: 1 / 0)
        notify(there, "active")
    assert there.inbox()[-1] in {"500", "481"}
    assert border.noted("call_fault")
    assert here.inbox() == []
    border.receive(answer(second, 200, "Expires: 60"), CALLEE)
    assert border.heard(CALLER) == ["200"]
    with monkeypatch.context() as patched:
        patched.setattr("sbc.b2bua.subscription.watch.read_leniently", lambda *_: 1 / 0)
        border.receive(answer(asked(border, "third"), 404), CALLEE)
    assert border.heard(CALLER)[-1] == "500"
    assert border.over()
