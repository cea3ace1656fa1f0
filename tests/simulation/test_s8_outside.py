"""S8: a REFER outside any dialog, as of a click to dial (RFC 3515 §2.4; RFC 5359 §2.18)."""

import pytest

from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, hang_up, up
from tests.support.watching import notifier, subscribe, subscriber

TO = "Refer-To: <sip:300@203.0.113.10>"
TRYING = "SIP/2.0 100 Trying\r\n"


def refer(*extra: str, number: str = "100") -> bytes:
    return subscribe(*extra, event="", method="REFER", number=number)


def asked(border: Border, *extra: str) -> Request:
    border.receive(refer(*(extra or (TO,))), CALLER)
    return border.request(CALLEE, "REFER")


def tells(end: End, state: str, event: str = "refer", body: str = TRYING) -> None:
    says = (f"Event: {event}", f"Subscription-State: {state}")
    end.ask("NOTIFY", *says, body=body, kind="message/sipfrag;version=2.0")


def referred(border: Border) -> tuple[End, End]:
    request = asked(border)
    there = notifier(border, request)
    there.answers(request, 202)
    return subscriber(border, border.response(CALLER, 202)), there


def test_it_crosses_names_our_own_address_and_its_outcome_comes_back() -> None:
    border = Border()
    request = asked(border, TO, "Referred-By: <sip:200@192.0.2.1>")
    assert request.uri == "sip:100@10.20.0.11"
    assert request.headers.get("refer-to") == "<sip:300@10.20.0.5:5060>"
    assert not request.headers.has("event")
    there = notifier(border, request)
    there.answers(request, 202)
    said = border.response(CALLER, 202)
    assert not said.headers.has("expires")
    here = subscriber(border, said)
    tells(there, "active;expires=60")
    told = here.got("NOTIFY")
    assert told.headers.get("event") == "refer"
    assert told.headers.get("subscription-state") == "active;expires=60"
    assert told.body.startswith(b"SIP/2.0 100")
    here.answers(told, 200)
    there.heard(200)
    tells(there, "terminated;reason=noresource", "refer;id=1", "SIP/2.0 200 OK\r\n")
    last = here.got("NOTIFY")
    assert last.body.startswith(b"SIP/2.0 200")
    here.answers(last, 200)
    there.heard(200)
    for hidden in ("192.0.2.1", "203.0.113.10", "watch-secret"):
        assert hidden not in border.texts(CALLEE)
    for hidden in ("10.20.0.", "noti"):
        assert hidden not in border.texts(CALLER)
    assert border.over()


def test_a_notify_may_come_before_its_answer() -> None:
    border = Border()
    request = asked(border)
    there = notifier(border, request)
    tells(there, "active;expires=60")
    first = border.request(CALLER, "NOTIFY")
    here = subscriber(border, first)
    here.answers(first, 200)
    there.heard(200)
    there.answers(request, 202)
    assert border.response(CALLER, 202).headers.to.tag == first.headers.from_.tag
    border.wait(200)
    assert border.over()


def test_the_referrer_may_stop_listening() -> None:
    border = Border()
    here, there = referred(border)
    tells(there, "active;expires=60")
    here.answers(here.got("NOTIFY"), 200)
    there.heard(200)
    here.ask("SUBSCRIBE", "Event: refer", "Expires: 0")
    end = there.got("SUBSCRIBE")
    assert end.headers.get("event") == "refer"
    assert end.headers.expires == 0
    there.answers(end, 200, "Expires: 0")
    here.heard(200)
    tells(there, "terminated;reason=timeout")
    here.answers(here.got("NOTIFY"), 200)
    there.heard(200)
    assert border.over()


def test_without_any_notify_the_referrer_hears_that_it_is_over() -> None:
    border = Border()
    here, _ = referred(border)
    border.wait(40)
    told = here.got("NOTIFY")
    assert told.headers.get("event") == "refer"
    assert (told.headers.get("subscription-state") or "").startswith("terminated")
    here.answers(told, 200)
    assert border.over()


@pytest.mark.parametrize("status", [403, 486, 603])
def test_a_refusal_comes_back(status: int) -> None:
    border = Border()
    request = asked(border)
    notifier(border, request).answers(request, status)
    border.response(CALLER, status)
    assert border.over()


@pytest.mark.parametrize("how", ["", ", refer: reject", ", refer: local"])
def test_only_who_may_refer_by_relay_can(how: str) -> None:
    border = Border(TWO_ZONES.replace(", refer: relay", how))
    border.receive(refer(TO), CALLER)
    border.response(CALLER, 403)
    assert border.texts(CALLEE) == ""
    assert border.over()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ((), 400),
        ((TO, TO), 400),
        (("Refer-To: <sip:203.0.113.10>",), 400),
        (("Refer-To: <sip:300@",), 400),
        (("Refer-To: " + "<" * 4000,), 400),
        (("Refer-To: <sip:300@203.0.113.10;method=BYE>",), 603),
        ((TO, "Require: novel"), 420),
        ((TO, "Max-Forwards: 0"), 483),
    ],
)
def test_what_names_nobody_or_cannot_cross_is_refused(fields: tuple[str, ...], status: int) -> None:
    border = Border()
    border.receive(refer(*fields), CALLER)
    border.response(CALLER, status)
    assert border.texts(CALLEE) == ""
    assert border.over()


def test_a_replaces_crosses_only_if_the_dialog_is_the_referrers_own() -> None:
    border = Border()
    caller, callee = up(border)
    tags = [each.rpartition("tag=")[2] for each in (caller.remote, caller.local)]
    named = f"{caller.call_id}%3Bto-tag%3D{tags[0]}%3Bfrom-tag%3D{tags[1]}"
    request = asked(border, f"Refer-To: <sip:300@203.0.113.10?Replaces={named}>")
    there = request.headers.get("refer-to") or ""
    assert "?Replaces=" in there
    assert caller.call_id not in there
    notifier(border, request).answers(request, 603)
    border.response(CALLER, 603)
    other = named.replace(tags[0], "other")
    border.receive(
        refer(f"Refer-To: <sip:300@203.0.113.10?Replaces={other}>").replace(b"watch-", b"next-"),
        CALLER,
    )
    assert "Replaces" not in (border.request(CALLEE, "REFER").headers.get("refer-to") or "")
    hang_up(caller, callee)
