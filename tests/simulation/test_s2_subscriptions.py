"""SUBSCRIBE and NOTIFY through the border: a dialog on each side, and what becomes of it (S2;
RFC 6665)."""

import pytest

from sbc.actions import Flow
from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End
from tests.support.messages import answer
from tests.support.watching import notifier, notify, subscribe, subscriber, watching

TWO = TWO_ZONES.replace(
    '[{ uri: "sip:10.20.0.11" }], identify: { sources: [10.20.0.11/32] }',
    '[{ uri: "sip:10.20.0.11" }, { uri: "sip:10.20.0.12", priority: 2 }],'
    " identify: { sources: [10.20.0.0/24] }",
)
SECOND = Flow("lan", "udp", ("10.20.0.12", 5060))


def asked(border: Border, *extra: str, **how: str) -> Request:
    border.receive(subscribe(*extra, **how), CALLER)
    return border.request(CALLEE, "SUBSCRIBE")


# --- how it begins ---


def test_a_subscribe_crosses_into_a_dialog_of_its_own_and_hides_where_it_came_from() -> None:
    border = Border()
    request = asked(border, "Expires: 600", "Supported: eventlist, gruu", event="dialog;id=abc7")
    headers = request.headers
    assert request.uri == "sip:100@10.20.0.11"
    assert headers.max_forwards == 69
    assert headers.expires == 600
    assert headers.supported == ["eventlist"]
    assert headers.contacts[0].uri.endswith("@10.20.0.5:5060")
    event = headers.get("event") or ""
    assert event.startswith("dialog;id=")
    there = notifier(border, request)
    there.answers(request, 200, "Expires: 300")
    said = border.response(CALLER, 200)
    assert said.headers.expires == 300
    here = subscriber(border, said)
    notify(there, "active;expires=300;x=10.20.0.11", event=event)
    told = here.got("NOTIFY")
    assert told.headers.get("event") == "dialog;id=abc7"
    assert told.headers.get("subscription-state") == "active;expires=300"
    assert told.headers.call_id == "watch-secret@192.0.2.1"
    here.answers(told, 200)
    there.heard(200)
    for hidden in ("192.0.2.1", "203.0.113.10", "watch-secret", "abc7", "gruu"):
        assert hidden not in border.texts(CALLEE)
    for hidden in ("10.20.0.", "noti", headers.call_id):
        assert hidden not in border.texts(CALLER)
    assert border.over()


def test_a_notify_may_come_before_the_200_and_both_are_of_one_dialog() -> None:
    border = Border()
    request = asked(border, "Expires: 600")
    there = notifier(border, request)
    notify(there, "pending;expires=600")
    first = border.request(CALLER, "NOTIFY")
    here = subscriber(border, first)
    here.answers(first, 200)
    there.heard(200)
    there.answers(request, 202, "Expires: 600")
    said = border.response(CALLER, 202)
    assert said.headers.to.tag == first.headers.from_.tag
    notify(there, "active")
    here.answers(here.got("NOTIFY"), 200)
    there.heard(200)
    border.wait(300)
    assert border.over()


def test_each_notifier_of_a_forked_subscribe_gets_a_dialog() -> None:
    border = Border()
    request = asked(border, "Expires: 600")
    one, two = notifier(border, request, "one"), notifier(border, request, "two")
    one.answers(request, 200, "Expires: 600")
    first = subscriber(border, border.response(CALLER, 200))
    notify(one, "active")
    first.answers(first.got("NOTIFY"), 200)
    notify(two, "active")
    told = border.request(CALLER, "NOTIFY")
    second = subscriber(border, told)
    assert second.remote != first.remote
    second.answers(told, 200)
    assert (one.inbox(), two.inbox()) == (["200", "200"], [])
    second.ask("SUBSCRIBE", "Event: dialog", "Expires: 0")
    last = two.got("SUBSCRIBE")
    assert last.headers.to.tag == "two"
    two.answers(last, 200, "Expires: 0")
    notify(two, "terminated;reason=timeout")
    second.answers(second.got("NOTIFY"), 200)
    notify(one, "active")
    first.answers(first.got("NOTIFY"), 200)
    border.wait(300)
    assert border.over()


def test_a_subscriber_that_wants_no_fork_ends_it_with_481() -> None:
    border = Border()
    here, there = watching(border)
    other = End(border, CALLEE, there.local.replace("noti", "two"), there.remote,
                there.call_id, there.target, 0)  # fmt: skip
    notify(other, "active")
    here.inbox()
    told = [m for _, m in border.out]
    assert told == []
    del here


def test_late_forks_and_too_many_begin_nothing() -> None:
    border = Border()
    request = asked(border, "Expires: 600")
    for number in range(10):
        notify(notifier(border, request, f"fork{number}"), "active")
    heard = border.heard(CALLEE)
    assert heard == ["481", "481"]
    assert border.heard(CALLER).count("NOTIFY") == 8
    here, there = watching(Border())
    there.border.wait(40)
    late = End(there.border, CALLEE, there.local.replace("noti", "two"), there.remote,
               there.call_id, there.target, 0)  # fmt: skip
    notify(late, "active")
    assert late.inbox() == ["481"]
    del here


@pytest.mark.parametrize(
    ("said", "told"), [(404, 404), (403, 403), (407, 403), (480, 480), (500, 500), (603, 603)]
)
def test_every_refusal_comes_back_and_leaves_nothing(said: int, told: int) -> None:
    border = Border()
    border.receive(answer(asked(border), said), CALLEE)
    assert border.heard(CALLER) == [str(told)]
    assert border.over()


def test_423_brings_the_least_that_is_taken() -> None:
    border = Border()
    border.receive(answer(asked(border, "Expires: 5"), 423, "Min-Expires: 60"), CALLEE)
    assert border.response(CALLER, 423).headers.get("min-expires") == "60"


def test_another_server_is_asked_where_one_is_out_of_order() -> None:
    border = Border(TWO)
    border.receive(answer(asked(border), 503), CALLEE)
    request = border.request(SECOND, "SUBSCRIBE")
    there = notifier(border, request, flow=SECOND)
    there.answers(request, 200, "Expires: 60")
    assert border.heard(CALLER) == ["200"]
    assert border.over()


def test_silence_is_no_408_and_leaves_nothing() -> None:
    border = Border()
    asked(border)
    border.wait(40)
    assert "408" not in border.heard(CALLER)
    assert border.over()


@pytest.mark.parametrize(
    ("extra", "event", "status"),
    [
        ((), "pbx.inside", 489),
        ((), "", 489),
        ((), "winfo", 489),
        (("Max-Forwards: 0",), "dialog", 483),
        (("Require: something",), "dialog", 420),
    ],
)
def test_what_cannot_cross_is_refused(extra: tuple[str, ...], event: str, status: int) -> None:
    border = Border()
    border.receive(subscribe(*extra, event=event), CALLER)
    said = border.response(CALLER, status)
    if status == 489:
        assert "dialog" in (said.headers.get("allow-events") or "")
    assert border.heard(CALLEE) == []
    assert border.over()


def test_the_packages_of_both_zones_hold() -> None:
    text = TWO_ZONES.replace("trust: trusted", "trust: trusted, events: [presence]")
    border = Border(text)
    border.receive(subscribe(event="dialog"), CALLER)
    assert border.heard(CALLER) == ["489"]
    asked(border, event="presence", call_id="another")
    closed = Border(text.replace("events: [presence]", "methods: [INVITE, ACK, BYE]"))
    closed.receive(subscribe(), CALLER)
    assert closed.heard(CALLER) == ["405"]


# --- how it goes on ---


def test_operators_see_who_watches_whom_and_for_how_long() -> None:
    border = Border()
    watching(border)
    border.wait(10)
    (shown,) = border.core.subscriptions(border.now)
    assert border.core.watchers() == {"carrier": 1}
    assert shown == {
        "from_trunk": "carrier",
        "to_trunk": "pbx",
        "event": "dialog",
        "from": "200",
        "to": "100",
        "state": "active",
        "age": 10,
        "expires_in": 590,
        "notified": 1,
    }


def test_a_refresh_crosses_and_what_is_granted_comes_back() -> None:
    border = Border()
    here, there = watching(border)
    here.ask("SUBSCRIBE", "Event: dialog", "Expires: 900")
    request = there.got("SUBSCRIBE")
    assert request.headers.expires == 900
    assert request.headers.cseq.number == 2
    there.answers(request, 200, "Expires: 800")
    assert here.heard(200).headers.expires == 800
    notify(there, "active;expires=800")
    here.answers(here.got("NOTIFY"), 200)
    border.wait(700)
    notify(there, "active")
    assert here.inbox() == ["NOTIFY"]
    border.wait(400)
    assert border.over()


def test_a_refresh_that_is_refused_otherwise_leaves_the_subscription() -> None:
    border = Border()
    here, there = watching(border)
    here.ask("SUBSCRIBE", "Event: dialog", "Expires: 900")
    there.answers(there.got("SUBSCRIBE"), 503)
    here.heard(503)
    notify(there, "active")
    assert here.inbox() == ["NOTIFY"]


def test_unsubscribing_ends_it_with_the_last_notify() -> None:
    border = Border()
    here, there = watching(border)
    here.ask("SUBSCRIBE", "Event: dialog", "Expires: 0")
    there.answers(there.got("SUBSCRIBE"), 200, "Expires: 0")
    assert here.heard(200).headers.expires == 0
    notify(there, "terminated;reason=timeout")
    told = here.got("NOTIFY")
    assert told.headers.get("subscription-state") == "terminated;reason=timeout"
    here.answers(told, 200)
    there.heard(200)
    assert not any(border.core.left_over()[name] for name in ("subscriptions", "timers"))
    notify(there, "active")
    assert there.inbox() == ["481"]
    assert border.over()


def test_the_notifier_may_end_it_and_say_why_and_when_to_come_again() -> None:
    border = Border()
    here, there = watching(border)
    notify(there, "terminated;reason=probation;retry-after=60")
    told = here.got("NOTIFY")
    said = told.headers.get("subscription-state")
    assert said == "terminated;reason=probation;retry-after=60"
    here.answers(told, 200)
    here.ask("SUBSCRIBE", "Event: dialog", "Expires: 60")
    assert here.inbox() == ["481"]
    assert border.over()


def test_a_subscriber_that_knows_nothing_of_it_ends_it_on_both_sides() -> None:
    border = Border()
    here, there = watching(border)
    notify(there, "active")
    here.answers(here.got("NOTIFY"), 481)
    there.heard(481)
    request = there.got("SUBSCRIBE")
    assert request.headers.expires == 0
    there.answers(request, 481)
    assert border.core.left_over()["subscriptions"] == 0
    assert border.over()


def test_after_that_the_last_notify_is_answered_here() -> None:
    border = Border()
    here, there = watching(border)
    notify(there, "active")
    here.answers(here.got("NOTIFY"), 481)
    there.inbox()
    notify(there, "active")
    notify(there, "terminated;reason=timeout")
    assert there.inbox() == ["200", "200"]
    assert here.inbox() == []
    assert border.core.left_over()["subscriptions"] == 0
    assert border.over()


def test_a_subscriber_that_is_silent_is_gone() -> None:
    border = Border()
    _, there = watching(border)
    notify(there, "active")
    border.wait(33)
    assert "SUBSCRIBE" in there.inbox()
    assert border.over()


def test_a_notifier_that_knows_nothing_of_it_ends_it() -> None:
    border = Border()
    here, there = watching(border)
    here.ask("SUBSCRIBE", "Event: dialog", "Expires: 600")
    there.answers(there.got("SUBSCRIBE"), 481)
    assert here.inbox() == ["481"]
    assert border.core.left_over()["subscriptions"] == 0
    assert border.over()


def test_without_a_first_notify_it_ends_when_timer_n_fires() -> None:
    border = Border()
    request = asked(border, "Expires: 600")
    there = notifier(border, request)
    there.answers(request, 200, "Expires: 600")
    here = subscriber(border, border.response(CALLER, 200))
    border.wait(31.9)
    assert here.inbox() == []
    border.wait(0.2)
    told = here.got("NOTIFY")
    assert told.headers.get("subscription-state") == "terminated;reason=timeout"
    assert border.over()


def test_one_that_nobody_refreshes_ends_even_if_the_notifier_does_not_say_so() -> None:
    border = Border()
    here, _ = watching(border)
    border.wait(600)
    assert here.inbox() == []
    border.wait(33)
    told = here.got("NOTIFY")
    assert told.headers.get("subscription-state") == "terminated;reason=timeout"
    assert border.over()


def test_both_sides_are_told_when_the_border_stops() -> None:
    border = Border()
    here, there = watching(border)
    border.perform(border.core.drain(border.now))
    told = here.got("NOTIFY")
    assert told.headers.get("subscription-state") == "terminated;reason=deactivated"
    assert there.got("SUBSCRIBE").headers.expires == 0
    border.receive(subscribe(call_id="another"), CALLER)
    assert border.heard(CALLER) == ["503"]
    assert border.over()
