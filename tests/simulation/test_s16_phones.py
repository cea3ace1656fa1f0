"""S16: phones of a trusted zone through a stateful proxy: they prove who they are at the edge, are
called down their flow, and their dialogs go on down it."""

import pytest

from sbc.actions import Flow
from sbc.sip.message import Request, Response
from tests.support.access_phone import SECRETS, AccessPhone, access
from tests.support.border import Border
from tests.support.ends import End, calling
from tests.support.messages import ANSWER, OFFER, answer, text

PBX = Flow("lan", "udp", ("10.20.0.11", 5060))
PROXIED = (
    access()
    .replace("trust: untrusted", "trust: trusted")
    .replace("to: [phones] }", "to: [phones], mode: proxy }")
    .replace("to: [pbx] }", "to: [pbx], mode: proxy }")
)


@pytest.fixture
def border(monkeypatch: pytest.MonkeyPatch) -> Border:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return Border(PROXIED)


@pytest.fixture
def anna(border: Border) -> AccessPhone:
    phone = AccessPhone(border)
    assert phone.register() == 200
    return phone


def from_pbx(method: str, user: str, *extra: str, body: str = "") -> bytes:
    return text(
        f"{method} sip:{user}@10.20.0.5 SIP/2.0",
        [
            f"Via: SIP/2.0/UDP 10.20.0.11:5060;branch=z9hG4bKpbx{method};rport",
            "From: <sip:500@10.20.0.11>;tag=pbx",
            f"To: <sip:{user}@example.com>",
            "Call-ID: from-pbx",
            f"CSeq: 1 {method}",
            "Contact: <sip:500@10.20.0.11>",
            "Max-Forwards: 70",
            *extra,
        ],
        body,
    )


def routed(end: End, method: str, routes: list[str], **how: str) -> None:
    """A request in the dialog, by its Route set."""
    end.ask(method, *(f"Route: {each}" for each in routes), **how)  # type: ignore[arg-type]


def test_a_phone_that_proves_nothing_gets_nowhere(border: Border, anna: AccessPhone) -> None:
    anna.challenge = None
    answers = anna.send("MESSAGE", "sip:500@example.com", to="<sip:500@example.com>", call_id="m")
    assert [each.status for each in answers] == [407]
    assert border.heard(PBX) == []


def test_its_credentials_stay_with_us_and_it_speaks_for_itself_alone(
    border: Border, anna: AccessPhone
) -> None:
    anna.challenge = None
    (challenged,) = anna.send("MESSAGE", "sip:500@example.com", to="<sip:500@x>", call_id="m1")
    anna.heed(challenged)
    assert anna.send("MESSAGE", "sip:500@example.com", to="<sip:500@x>", call_id="m2") == []
    sent = border.request(PBX, "MESSAGE")
    assert not sent.headers.has("proxy-authorization")
    border.receive(answer(sent, 202), PBX)
    assert border.heard(anna.flow) == ["202"]
    refused = anna.send("MESSAGE", "sip:500@example.com", call_id="m3", caller="bert")
    assert [each.status for each in refused] == [403]
    assert border.over()


def test_a_call_of_a_phone_and_all_of_its_dialog_go_down_its_flow(
    border: Border, anna: AccessPhone
) -> None:
    anna.challenge = None
    assert anna.invite("500") in {0, 100}
    request = border.request(PBX, "INVITE")
    assert OFFER.replace("192.0.2.1", "192.168.1.5") in request.body.decode()
    routes = request.headers.record_route
    assert len(routes) == 2
    border.receive(answer(request, 200, body=ANSWER, contact="<sip:bob@10.20.0.11>"), PBX)
    said = border.response(anna.flow, 200)
    here = calling(border, said, anna.flow)
    routed(here, "ACK", routes[::-1], cseq=here.cseq)  # type: ignore[arg-type]
    assert border.heard(PBX) == ["ACK"]
    there = End(
        border, PBX, local=f"{request.headers.get('to')};tag=bob-tag",
        remote=request.headers.get("from") or "", call_id=request.headers.call_id,
        target="sip:phone@192.168.1.5:5060", cseq=0,
    )  # fmt: skip
    routed(there, "INFO", routes)
    info = border.request(anna.flow, "INFO")
    assert info.uri == "sip:phone@192.168.1.5:5060"
    border.receive(answer(info, 200, tag=""), anna.flow)
    assert border.heard(PBX) == ["200"]
    routed(here, "BYE", routes[::-1])
    bye = border.request(PBX, "BYE")
    border.receive(answer(bye, 200, tag=""), PBX)
    assert border.heard(anna.flow) == ["200"]
    (record,) = border.records
    assert record["ended_by"] == "caller"
    assert border.over()


def test_nobody_else_speaks_into_its_dialog(border: Border, anna: AccessPhone) -> None:
    anna.challenge = None
    anna.invite("500")
    request = border.request(PBX, "INVITE")
    border.receive(answer(request, 200, body=ANSWER), PBX)
    said = border.response(anna.flow, 200)
    routes = request.headers.record_route[::-1]
    stranger = calling(border, said, Flow("wan", "udp", ("192.0.2.99", 5060)))
    routed(stranger, "BYE", routes)
    assert stranger.inbox() == ["481"]
    forged = calling(border, said, anna.flow)
    routed(forged, "BYE", [each.replace("~pbx~", "~carrier~") for each in routes])
    assert forged.inbox() == ["481"]
    assert border.heard(PBX) == []


def test_a_registered_phone_is_called_by_its_own_contact_and_an_absent_one_is_not_there(
    border: Border, anna: AccessPhone
) -> None:
    border.receive(from_pbx("INVITE", "anna", body=OFFER), PBX)
    request = border.request(anna.flow, "INVITE")
    assert request.uri == "sip:anna@192.168.1.5:5060"
    border.receive(answer(request, 200, body=ANSWER, tag="anna"), anna.flow)
    border.take(PBX)
    phone = End(
        border, anna.flow, local=f"{request.headers.get('to')};tag=anna",
        remote=request.headers.get("from") or "", call_id="from-pbx",
        target="sip:500@10.20.0.11", cseq=0,
    )  # fmt: skip
    moved = Flow("wan", "udp", ("192.0.2.77", 40999))
    phone.flow = moved  # its NAT gave it another port
    routed(phone, "BYE", request.headers.record_route)
    assert border.heard(PBX) == ["BYE"]
    border.receive(from_pbx("MESSAGE", "bert"), PBX)
    assert border.heard(PBX)[-1] in {"403", "480"}


def test_two_phones_reach_each_other_and_each_other_s_dialog(
    border: Border, anna: AccessPhone
) -> None:
    bert = AccessPhone(border, "bert", port=40001)
    bert.register()
    anna.challenge = None
    anna.invite("bert")
    request = border.request(bert.flow, "INVITE")
    routes = request.headers.record_route
    border.receive(answer(request, 200, body=ANSWER, contact="<sip:bert@192.168.1.5>"), bert.flow)
    said = border.response(anna.flow, 200)
    here = calling(border, said, anna.flow)
    there = End(
        border, bert.flow, local=f"{request.headers.get('to')};tag=bob-tag",
        remote=request.headers.get("from") or "", call_id=request.headers.call_id,
        target="sip:phone@192.168.1.5:5060", cseq=0,
    )  # fmt: skip
    routed(here, "ACK", routes[::-1], cseq=here.cseq)  # type: ignore[arg-type]
    assert border.heard(bert.flow) == ["ACK"]
    routed(there, "BYE", routes)
    assert [m.method for m in border.take(anna.flow) if isinstance(m, Request)] == ["BYE"]
    assert not [m for m in border.take(bert.flow) if isinstance(m, Response)]


def test_its_register_is_still_for_its_registrar(border: Border, anna: AccessPhone) -> None:
    assert anna.register() == 200
    assert border.heard(PBX) == []
