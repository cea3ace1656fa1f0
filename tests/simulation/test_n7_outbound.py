"""Phones that keep their flows themselves, and names of one device (N7; RFC 5626, RFC 5627,
RFC 8599), where the border is the registrar."""

import pytest

from sbc.sip.message import Response
from tests.support.access_phone import SECRETS, AccessPhone, access
from tests.support.border import CALLEE, Border
from tests.support.messages import ANSWER, answer, text, within
from tests.support.messages import OFFER as SDP

PBX = CALLEE
INSTANCE = ';+sip.instance="<urn:uuid:1>"'


@pytest.fixture(autouse=True)
def _passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def border() -> Border:
    return Border(access())


def registered(border: Border, contact: str, *fields: str, **more: object) -> AccessPhone:
    phone = AccessPhone(border, **more)  # type: ignore[arg-type]
    phone.contact = contact
    assert phone.register(None, *fields) == 200
    return phone


def call(border: Border, uri: str, call_id: str = "in") -> None:
    fields = [
        f"Via: SIP/2.0/UDP 10.20.0.11:5060;branch=z9hG4bK{call_id};rport",
        "From: <sip:200@10.20.0.11>;tag=pbx",
        "To: <sip:anna@example.com>",
        f"Call-ID: {call_id}@10.20.0.11",
        "CSeq: 1 INVITE",
        "Contact: <sip:200@10.20.0.11:5060>",
        "Max-Forwards: 69",
    ]
    border.receive(text(f"INVITE {uri} SIP/2.0", fields, SDP), PBX)


@pytest.mark.parametrize(("transport", "timer"), [("udp", "25"), ("tcp", "120")])
def test_a_phone_that_keeps_its_flow_is_told_so_and_how_often(
    border: Border, transport: str, timer: str
) -> None:
    contact = f"<sip:anna@192.168.1.5:5060>{INSTANCE};reg-id=1"
    phone = registered(border, contact, "Supported: outbound, path", transport=transport)
    assert phone.answer.headers.require == ["outbound"]
    assert phone.answer.headers.get("flow-timer") == timer


def test_a_phone_that_insists_on_it_is_not_refused(border: Border) -> None:
    contact = f"<sip:anna@192.168.1.5:5060>{INSTANCE};reg-id=1"
    phone = registered(border, contact, "Require: outbound, gruu", "Supported: outbound, gruu")
    assert phone.answer.headers.require == ["outbound"]


def test_a_phone_that_says_nothing_of_it_is_told_nothing(border: Border) -> None:
    phone = registered(border, f"<sip:anna@192.168.1.5:5060>{INSTANCE};reg-id=1")
    assert phone.answer.headers.get("flow-timer") is None
    assert phone.answer.headers.require == []


def test_a_flow_that_ends_before_us_is_none_of_ours(border: Border) -> None:
    phone = AccessPhone(border)
    phone.contact = f"<sip:anna@192.168.1.5:5060>{INSTANCE};reg-id=1"
    between = "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKproxy"
    assert phone.register(None, "Supported: outbound", between) == 439
    assert border.core.bindings(border.now) == []


def test_two_flows_of_one_phone_are_two_bindings_and_one_lives_on(border: Border) -> None:
    contact = f"<sip:anna@192.168.1.5:5060>{INSTANCE}"
    first = registered(border, f"{contact};reg-id=1", "Supported: outbound", transport="tcp")
    second = registered(
        border, f"{contact};reg-id=2", "Supported: outbound", transport="tcp", port=50000
    )
    border.perform(border.core.transport_failed(second.flow, border.now))
    call(border, "sip:anna@10.20.0.5")
    assert first.called().uri == "sip:anna@192.168.1.5:5060"


def test_what_wakes_a_phone_stays_in_its_address(border: Border) -> None:
    contact = "<sip:anna@192.168.1.5:5060;pn-provider=apns;pn-prid=ab12;pn-param=x.y>"
    phone = registered(border, contact)
    shown = phone.answer.headers.get("contact") or ""
    assert shown.startswith(contact)
    call(border, "sip:anna@10.20.0.5")
    assert phone.called().uri == contact.strip("<>")


def test_a_request_within_a_call_goes_down_the_flow_that_its_contact_names(
    border: Border,
) -> None:
    contact = "<sip:anna@8.8.8.8:5060;ob>"
    phone = registered(border, contact)
    call(border, "sip:anna@10.20.0.5")
    border.receive(answer(phone.called(), 200, body=ANSWER, contact=contact), phone.flow)
    answered = border.response(PBX, 200)
    border.receive(within("ACK", answered, 1, ours_is_from=True, host="10.20.0.11"), PBX)
    border.take(phone.flow)
    border.receive(within("BYE", answered, 2, ours_is_from=True, host="10.20.0.11"), PBX)
    assert border.heard(phone.flow) == ["BYE"]


# --- GRUU -----------------------------------------------------------------------------------------


def gruus(answered: Response) -> dict[str, str]:
    (contact,) = answered.headers.contacts
    return {name: (value or "").strip('"') for name, value in contact.params if "gruu" in name}


def two(border: Border) -> tuple[AccessPhone, AccessPhone]:
    desk = registered(border, f"<sip:anna@192.168.1.5:5060>{INSTANCE}", "Supported: gruu")
    cell = registered(border, "<sip:anna@192.168.1.6:5060>", "Supported: gruu", port=50000)
    return desk, cell


@pytest.mark.parametrize("kind", ["pub-gruu", "temp-gruu"])
def test_a_gruu_leads_to_its_own_phone_and_no_other(border: Border, kind: str) -> None:
    desk = registered(border, f"<sip:anna@192.168.1.5:5060>{INSTANCE}", "Supported: gruu")
    named = gruus(desk.answer)
    cell = registered(border, "<sip:anna@192.168.1.6:5060>", "Supported: gruu", port=50000)
    call(border, named[kind])
    ringing = desk.called()
    assert ringing.uri == "sip:anna@192.168.1.5:5060"
    border.receive(answer(ringing, 503), desk.flow)
    assert border.heard(cell.flow) == []


def test_a_temporary_one_changes_with_each_answer_and_old_ones_hold(border: Border) -> None:
    desk = registered(border, f"<sip:anna@192.168.1.5:5060>{INSTANCE}", "Supported: gruu")
    first = gruus(desk.answer)["temp-gruu"]
    desk.register(None, "Supported: gruu")
    second = gruus(desk.answer)["temp-gruu"]
    assert first != second
    for number, each in enumerate((first, second)):
        call(border, each, f"call{number}")
        assert desk.called().uri == "sip:anna@192.168.1.5:5060"


def test_a_gruu_of_nobody_calls_nobody(border: Border) -> None:
    two(border)
    call(border, "sip:anna@example.com;gr=urn:uuid:9", "one")
    call(border, "sip:00ff@example.com;gr", "two")
    assert border.heard(PBX) == ["480", "403"]
    assert border.over()
