"""The registration flows of RFC 3665 §2 between a real SIPp phone and the registrar of the border
(A1, A4): each step is written as the RFC draws it, F1 to the last answer."""

from contextlib import ExitStack
from html import escape
from pathlib import Path

import pytest

from tests.e2e.conftest import StartBorder
from tests.e2e.support.configs import on_loopback
from tests.e2e.support.loopback import Loopback
from tests.e2e.support.sipp import Sipp
from tests.e2e.support.tools import require

PASSWORD, WRONG = "zanzibar", "sansibar"
DESK, MOBILE = "sip:bob@[local_ip]:[local_port]", "sip:bob@[local_ip]:5098"

Step = tuple[str, str, str, str]
"""What it is; the Contact field, or none; the password; what the last answer must say."""

FLOWS: tuple[Step, ...] = (
    ("2.5 unsuccessful registration", f"<{DESK}>;expires=60", WRONG, "401"),
    ("2.1 successful new registration", f"<{DESK}>;expires=60", PASSWORD, "200 bob@.*expires="),
    ("2.2 update of the contact list", f"<{MOBILE}>;expires=60", PASSWORD, "200 bob@.*:5098"),
    ("2.3 request for the contact list", "", PASSWORD, "200 bob@"),
    ("2.4 cancellation of registrations", "*", PASSWORD, "200"),
)


def register(number: int, step: Step, *, proved: bool) -> str:
    what, contact, password, _ = step
    fields = [
        "REGISTER sip:[remote_ip]:[remote_port] SIP/2.0",  # SIPp signs no other
        "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]",
        "Max-Forwards: 70",
        f"From: Bob <sip:bob@example.com>;tag=flow{number}",
        "To: Bob <sip:bob@example.com>",
        "Call-ID: [call_id]",
        f"CSeq: {2 * number + proved} REGISTER",
    ]
    fields += [f"Contact: {contact}"] if contact else []
    fields += ["Expires: 0"] if contact == "*" else []
    fields += [f"[authentication username=bob password={password}]"] if proved else []
    message = "\n".join([*fields, "Content-Length: 0", "", ""])
    return f"<!-- {escape(what)} --><send><![CDATA[\n{message}\n]]></send>"


def answered(step: Step) -> str:
    status, _, contact = step[3].partition(" ")
    if not contact:
        return f'<recv response="{status}"/>'
    search = (
        f'<ereg regexp="{escape(contact)}" search_in="hdr" header="Contact:"'
        ' check_it="true" assign_to="found"/>'
    )
    return f'<recv response="{status}"><action>{search}</action></recv>'


def scenario() -> str:
    lines = ['<?xml version="1.0"?>', '<scenario name="registration">']
    for number, step in enumerate(FLOWS, start=1):
        lines += [
            register(number, step, proved=False),
            '<recv response="401" auth="true"/>',
            register(number, step, proved=True),
            answered(step),
        ]
    return "\n".join([*lines, '<Reference variables="found"/>', "</scenario>"])


@pytest.fixture
def phone(
    monkeypatch: pytest.MonkeyPatch,
    ending: ExitStack,
    tmp_path: Path,
    lo: Loopback,
    start_border: StartBorder,
) -> Sipp:
    require("sipp")
    monkeypatch.setenv("BOB", PASSWORD)
    config = on_loopback(lo)
    config["access"] = {
        "phones": {
            "zone": "outside",
            "domains": ["example.com"],
            "auth": {"users": {"bob": "${ENV:BOB}"}, "algorithms": ["MD5"]},
            "registrar": {"mode": "local"},
        }
    }
    start_border(config)
    file = tmp_path / "registration.xml"
    file.write_text(scenario())
    made = Sipp("registration", tmp_path, (lo.stranger, 5099), (lo.wan, 5060), file=file)
    ending.callback(made.running.end)
    return made


def test_a_phone_registers_by_the_book(phone: Sipp) -> None:
    phone.finish()
    answers = [each for each in phone.received if each.what == "200 REGISTER"]
    contacts = [each.text.lower().count("\ncontact:") for each in answers]
    assert contacts == [1, 2, 2, 0]
    assert len(phone.got("401 REGISTER")) == len(FLOWS) + 1
