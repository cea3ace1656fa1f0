"""A storm of REGISTERs is bounded by source and by user, and costs other phones, their calls and
our memory nothing (A1); what one user may do of his group's share (P1)."""

import pytest

from sbc.actions import Flow
from sbc.sip.message import Request, Response
from tests.support.access_phone import SECRETS, AccessPhone, access
from tests.support.border import CALLEE, Border
from tests.support.messages import ANSWER, answer, text, within

PBX = CALLEE


@pytest.fixture(autouse=True)
def _passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def limited(limits: str, registrar: str = "") -> str:
    return access(registrar).replace(
        "    registrar:", f"    limits: {{ {limits} }}\n    registrar:"
    )


def register(number: int, source: Flow, user: str = "anna") -> bytes:
    fields = [
        f"Via: SIP/2.0/UDP 192.168.1.5:5060;branch=z9hG4bKstorm{number};rport",
        f"From: <sip:{user}@example.com>;tag=s{number}",
        f"To: <sip:{user}@example.com>",
        f"Call-ID: storm-{number}-{source.remote[1]}",
        "CSeq: 1 REGISTER",
        "Max-Forwards: 70",
        "Contact: <sip:anna@192.168.1.5:5060>",
    ]
    return text("REGISTER sip:example.com SIP/2.0", fields)


def statuses(border: Border, flow: Flow) -> list[int]:
    return [m.status for m in border.take(flow) if isinstance(m, Response)]


def test_of_one_source_so_many_are_looked_at_and_the_others_come_later() -> None:
    border = Border(limited("registers: { per_source: 2/s }"))
    storm = Flow("wan", "udp", ("192.0.2.66", 5060))
    for number in range(100):
        border.receive(register(number, storm), storm)
    answers = [m for m in border.take(storm) if isinstance(m, Response)]
    assert [m.status for m in answers] == [401] * 20 + [503] * 80
    waits = {m.headers.get("retry-after") for m in answers if m.status == 503}
    assert len(waits) > 10, "all would come again at once"
    (note,) = border.noted("storm")
    assert note.labels == (("trunk", "phones"),)
    assert border.core.idle()


def test_a_phone_of_another_source_notices_nothing_nor_does_a_call() -> None:
    border = Border(limited("registers: { per_source: 2/s, excess: drop }"))
    phone = AccessPhone(border)
    phone.register()
    assert phone.invite("100") == 0
    invited = border.request(PBX, "INVITE")
    border.receive(answer(invited, 200, body=ANSWER), PBX)
    taken = border.response(phone.flow, 200)
    border.receive(
        within("ACK", taken, phone.cseq, ours_is_from=True, host="192.168.1.5"), phone.flow
    )
    border.take(PBX)
    for number in range(3000):
        storm = Flow("wan", "udp", (f"198.18.{number % 200}.66", 1024 + number))
        border.receive(register(number, storm), storm)
    silent = [flow for flow, _ in border.out if flow.remote[0].startswith("198.18.")]
    assert len(silent) == 3000, "15 of each source are within its burst"
    hammer = Flow("wan", "udp", ("198.18.1.66", 9))
    for number in range(5000):
        border.receive(register(10_000 + number, hammer), hammer)
    assert len(statuses(border, hammer)) <= 20
    assert border.core.left_over()["transactions"] < 10
    bert = AccessPhone(border, "bert", port=40009)
    assert bert.register() == 200
    border.receive(
        within("BYE", taken, phone.cseq + 1, ours_is_from=True, host="192.168.1.5"), phone.flow
    )
    assert border.request(PBX, "BYE").method == "BYE"


def test_a_phone_that_registers_without_end_is_bounded_by_its_user() -> None:
    border = Border(access())
    phone = AccessPhone(border)
    found = [phone.register() for _ in range(30)]
    assert found[:10] == [200] * 10
    assert set(found[10:]) == {503}
    assert phone.answer.headers.get("retry-after") is not None
    border.wait(1)
    assert phone.register() == 200


def test_nobody_is_shut_out_by_who_only_uses_his_name() -> None:
    border = Border(access())
    thief = AccessPhone(border, port=50000, password="wrong")
    for _ in range(30):
        assert thief.register() == 401
    assert AccessPhone(border).register() == 200


def test_what_waits_for_a_silent_core_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sbc.registrar.relaying.MOST_WAITING", 50)
    config = limited("registers: { per_source: 1000/s }", "mode: relay, upstream: pbx")
    border = Border(
        config.replace('users: { anna: "${ENV:ANNA}", bert: "${ENV:BERT}" }', "at: core")
    )
    storm = Flow("wan", "udp", ("192.0.2.66", 5060))
    for number in range(200):
        border.receive(register(number, storm, f"user{number}"), storm)
    assert statuses(border, storm) == [503] * 150
    assert len([m for m in border.take(PBX) if isinstance(m, Request)]) == 50
    border.wait(100)
    assert border.over()


# --- one user of a group --------------------------------------------------------------------------


def test_one_user_has_his_own_number_of_calls() -> None:
    border = Border(limited("per_user: { calls: 2 }"))
    anna, bert = AccessPhone(border), AccessPhone(border, "bert", port=40001)
    anna.register()
    bert.register()
    assert [anna.invite(number) for number in ("100", "101")] == [0, 0]
    assert anna.invite("102") == 503
    assert bert.invite("103") == 0
    for invited in [m for m in border.take(PBX) if isinstance(m, Request)]:
        border.receive(answer(invited, 486), PBX)
    border.take(anna.flow)
    assert anna.invite("104") == 0


def test_one_user_calls_no_faster_than_he_may() -> None:
    border = Border(limited("per_user: { cps: 1/s }"))
    anna = AccessPhone(border)
    anna.register()
    assert anna.invite("100") == 0
    assert anna.invite("101") == 503
    border.wait(1)
    border.take(anna.flow)
    assert anna.invite("102") == 0


def test_a_record_names_the_user_on_either_side() -> None:
    border = Border(access())
    anna, bert = AccessPhone(border), AccessPhone(border, "bert", port=40001)
    anna.register()
    bert.register()
    anna.invite("bert")
    border.receive(answer(bert.called(), 486), bert.flow)
    legs = border.records[-1]["legs"]
    assert isinstance(legs, dict)
    assert [(legs[side]["trunk"], legs[side]["user"]) for side in "ab"] == [
        ("phones", "anna"),
        ("phones", "bert"),
    ]
