"""Which events are of a REFER, as it is known on either side (RFC 3515 §2.4.6)."""

import pytest

from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import End
from tests.support.watching import notifier, subscribe, subscriber

TO = "Refer-To: <sip:300@203.0.113.10>"


def referred(border: Border) -> tuple[End, End]:
    border.receive(subscribe(TO, event="", method="REFER"), CALLER)
    request = border.request(CALLEE, "REFER")
    there = notifier(border, request)
    there.answers(request, 202)
    return subscriber(border, border.response(CALLER, 202)), there


def says(there: End, event: str) -> None:
    there.ask(
        "NOTIFY",
        f"Event: {event}",
        "Subscription-State: active;expires=60",
        body="SIP/2.0 100 Trying\r\n",
        kind="message/sipfrag",
    )


@pytest.mark.parametrize("event", ["refer", "refer;id=1", "Refer ; id=01"])
def test_the_id_is_the_number_of_the_refer_or_is_left_out(event: str) -> None:
    here, there = referred(Border())
    says(there, event)
    told = here.got("NOTIFY")
    assert told.headers.get("event") == "refer"
    here.answers(told, 200)
    there.heard(200)


@pytest.mark.parametrize("event", ["refer;id=2", "refer;id=x", "refer;id=-1", "dialog"])
def test_any_other_is_refused(event: str) -> None:
    here, there = referred(Border())
    says(there, event)
    there.heard(489)
    assert here.inbox() == []


@pytest.mark.parametrize(("event", "taken"), [("refer;id=1", True), ("refer;id=2", False)])
def test_the_referrer_names_it_by_its_own_number(event: str, *, taken: bool) -> None:
    here, there = referred(Border())
    here.ask("SUBSCRIBE", f"Event: {event}", "Expires: 0")
    if taken:
        assert there.got("SUBSCRIBE").headers.get("event") == "refer"
    else:
        here.heard(489)
