"""MESSAGE outside any dialog through the border, both ways, rebuilt (S2, Z6; RFC 3428)."""

import pytest

from sbc.actions import Flow
from sbc.sip.message import Request
from tests.support.access_phone import SECRETS, AccessPhone, access
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.messages import answer, text

TWO = TWO_ZONES.replace(
    '[{ uri: "sip:10.20.0.11" }], identify: { sources: [10.20.0.11/32] }',
    '[{ uri: "sip:10.20.0.11" }, { uri: "sip:10.20.0.12", priority: 2 }],'
    " identify: { sources: [10.20.0.0/24] }",
)


def message(
    *extra: str,
    body: str = "Watson, come here.",
    kind: str = "text/plain",
    branch: str = "z9hG4bKm",
    call_id: str = "secret",
) -> bytes:
    return text(
        "MESSAGE sip:100@203.0.113.10 SIP/2.0",
        [
            f"Via: SIP/2.0/UDP 192.0.2.1:5060;branch={branch};rport",
            'From: "Alice" <sip:200@192.0.2.1>;tag=a',
            "To: <sip:100@203.0.113.10>",
            f"Call-ID: {call_id}@192.0.2.1",
            "CSeq: 7 MESSAGE",
            *(extra or ("Max-Forwards: 70",)),
        ],
        body,
        kind,
    )


def test_a_message_crosses_rebuilt_and_its_answer_comes_back() -> None:
    border = Border()
    border.receive(message(), CALLER)
    sent = border.request(CALLEE, "MESSAGE")
    assert sent.uri == "sip:100@10.20.0.11"
    assert sent.body == b"Watson, come here."
    assert sent.headers.max_forwards == 69
    assert "Alice" in (sent.headers.get("from") or "")
    for hidden in ("192.0.2.1", "203.0.113.10", "secret", "z9hG4bKm"):
        assert hidden not in border.texts(CALLEE)
    border.receive(answer(sent, 200, contact="<sip:x@10.20.0.11>"), CALLEE)
    back = border.response(CALLER, 200)
    assert back.headers.call_id == "secret@192.0.2.1"
    assert "10.20.0.11" not in border.texts(CALLER)
    assert border.over()


@pytest.mark.parametrize(("said", "told"), [(404, 404), (407, 403), (202, 202), (480, 480)])
def test_every_answer_comes_back(said: int, told: int) -> None:
    border = Border()
    border.receive(message(), CALLER)
    border.receive(answer(border.request(CALLEE, "MESSAGE"), said), CALLEE)
    assert border.heard(CALLER) == [str(told)]
    assert border.over()


def test_a_repeated_message_is_sent_once_and_answered_again() -> None:
    border = Border()
    border.receive(message(), CALLER)
    border.receive(message(), CALLER)
    border.receive(answer(border.request(CALLEE, "MESSAGE"), 200), CALLEE)
    border.receive(message(), CALLER)
    assert border.heard(CALLER) == ["200", "200"]
    assert border.heard(CALLEE) == []


def test_silence_leaves_nothing_and_is_no_408() -> None:
    border = Border()
    border.receive(message(), CALLER)
    border.wait(40)
    assert "408" not in border.heard(CALLER)
    assert border.over()


def test_another_server_is_tried_where_one_is_out_of_order() -> None:
    border = Border(TWO)
    border.receive(message(), CALLER)
    border.receive(answer(border.request(CALLEE, "MESSAGE"), 503), CALLEE)
    second = Flow("lan", "udp", ("10.20.0.12", 5060))
    again = border.request(second, "MESSAGE")
    border.receive(answer(again, 200), second)
    assert border.heard(CALLER) == ["200"]
    border.receive(message(branch="z9hG4bKother", call_id="other"), CALLER)
    border.perform(border.core.transport_failed(CALLEE, border.now))
    assert [m.method for m in border.take(second) if isinstance(m, Request)] == ["MESSAGE"]


@pytest.mark.parametrize(
    ("extra", "kind", "body", "status"),
    [
        (("Max-Forwards: 0",), "text/plain", "x", 483),
        (("Require: something",), "text/plain", "x", 420),
        ((), "image/png", "x", 415),
        ((), "application/sdp", "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n", 415),
        ((), "text/plain", "a\0b", 400),
    ],
)
def test_what_cannot_cross_is_refused(
    extra: tuple[str, ...], kind: str, body: str, status: int
) -> None:
    border = Border()
    border.receive(message(*extra, body=body, kind=kind), CALLER)
    assert border.heard(CALLER) == [str(status)]
    assert border.heard(CALLEE) == []
    assert border.over()


def test_without_a_route_or_where_the_method_is_not_let_in_it_goes_nowhere() -> None:
    border = Border(
        TWO_ZONES.replace("  - { name: in, from: { trunk: carrier }, to: [pbx] }\n", "")
    )
    border.receive(message(), CALLER)
    assert border.heard(CALLER) == ["403"]
    closed = Border(
        TWO_ZONES.replace("trust: untrusted", "trust: untrusted, methods: [INVITE, ACK]")
    )
    closed.receive(message(), CALLER)
    assert closed.heard(CALLER) == ["405"]


def test_messages_on_their_way_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sbc.b2bua.page.MOST", 3)
    border = Border()
    for number in range(5):
        border.receive(message(branch=f"z9hG4bK{number}", call_id=str(number)), CALLER)
    assert border.heard(CALLER) == ["503", "503"]
    assert border.over()


def test_phones_write_to_each_other_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    border = Border(access())
    anna, bert = AccessPhone(border), AccessPhone(border, "bert", port=40001)
    anna.register()
    bert.register()
    for _ in range(2):
        answers = anna.send(
            "MESSAGE", "sip:bert@example.com", to="<sip:bert@example.com>", call_id="m"
        )
        if not answers:
            break
        anna.heed(answers[0])
    sent = border.request(bert.flow, "MESSAGE")
    assert sent.uri == "sip:bert@192.168.1.5:5060"
    border.receive(answer(sent, 200), bert.flow)
    assert border.heard(anna.flow) == ["200"]
