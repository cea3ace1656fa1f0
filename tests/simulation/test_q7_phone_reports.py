"""Phones of an access group report on their own calls, with credentials, and on no others (Q7)."""

from collections.abc import Mapping
from typing import Any

import pytest

from sbc.sip.message import Response
from tests.support.access_phone import SECRETS, AccessPhone, access
from tests.support.border import CALLEE, Border
from tests.support.ends import called, calling
from tests.support.messages import ANSWER
from tests.support.vq_reports import report

CONFIG = access().replace("    zone: outside\n", "    zone: outside\n    quality_reports: take\n")


@pytest.fixture
def border(monkeypatch: pytest.MonkeyPatch) -> Border:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return Border(CONFIG)


def publish(phone: AccessPhone, body: str) -> Response:
    """Once more after a challenge."""
    for _ in range(2):
        (answer,) = phone.send(
            "PUBLISH",
            "sip:collector@example.com",
            "Event: vq-rtcpxr",
            body=body,
            kind="application/vq-rtcpxr",
        )
        if answer.status != 407:
            break
        phone.heed(answer)
    return answer


def call_that_is_over(border: Border, phone: AccessPhone) -> str:
    """From this phone to the core; its Call-ID."""
    phone.register()
    assert phone.invite("100") == 0
    invite = border.request(CALLEE, "INVITE")
    core = called(border, invite)
    core.answers(invite, 200, body=ANSWER)
    answered = border.response(phone.flow, 200)
    end = calling(border, answered, phone.flow)
    end.ack()
    core.got("ACK")
    core.ask("BYE")
    core.heard(200)
    end.answers(end.got("BYE"), 200)
    return end.call_id


def reports(border: Border) -> list[Mapping[str, Any]]:
    border.wait(5.0)
    (record,) = border.records
    found: Any = record["reports"]
    return list(found)


def test_a_phone_reports_on_its_call(border: Border) -> None:
    phone = AccessPhone(border)
    call_id = call_that_is_over(border, phone)
    assert publish(phone, report(call_id)).status == 200
    (told,) = reports(border)
    assert (told["leg"], told["local"]["loss_percent"]) == ("a", 5.0)


def test_without_credentials_nobody_reports(border: Border) -> None:
    phone = AccessPhone(border)
    call_id = call_that_is_over(border, phone)
    phone.challenge = None
    (answer,) = phone.send(
        "PUBLISH",
        "sip:collector@example.com",
        "Event: vq-rtcpxr",
        body=report(call_id),
        kind="application/vq-rtcpxr",
    )
    assert answer.status == 407
    assert reports(border) == []


def test_another_user_of_the_same_group_says_nothing_of_it(border: Border) -> None:
    phone, other = AccessPhone(border), AccessPhone(border, "bert", port=40002)
    call_id = call_that_is_over(border, phone)
    other.register()
    other.challenge = None
    assert publish(other, report(call_id)).status == 200, "it learns nothing of who calls"
    assert reports(border) == []
    assert border.noted("quality_report_stray")
