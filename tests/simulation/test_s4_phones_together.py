"""The phones of one user ring together, and one of them has the call (S4, A4; RFC 3261 §16.6,
§16.7, RFC 3326)."""

from random import Random

import pytest

from media.control import Program
from sbc.actions import Flow
from sbc.sip.message import Request, Response, parse
from tests.support.access_phone import SECRETS, AccessPhone, access
from tests.support.border import CALLEE, Border
from tests.support.messages import ANSWER, answer, invite, within

PBX = CALLEE


@pytest.fixture(autouse=True)
def _passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def phones(border: Border, *q: float, transport: str = "udp") -> list[AccessPhone]:
    """Of anna, as many as there are numbers; each at another port of one NAT."""
    found = []
    for number, each in enumerate(q):
        phone = AccessPhone(border, port=40000 + number, transport=transport)
        phone.contact = f"<sip:anna@192.168.1.{number}:5060>;q={each}"
        assert phone.register() == 200
        border.wait(1)
        found.append(phone)
    return found


def call(border: Border, call_id: str = "in", **more: str) -> None:
    text = invite(number="anna", call_id=call_id, branch=f"z9hG4bK{call_id}", **more)
    border.receive(text.replace(b"192.0.2.1", b"10.20.0.11"), PBX)


def rung(*ringing: AccessPhone) -> list[Request]:
    return [phone.called() for phone in ringing]


def answers(
    phone: AccessPhone, request: Request, status: int, *fields: str, body: str = ""
) -> None:
    tag = f"tag-{phone.flow.remote[1]}"
    contact = phone.contact.partition(";")[0]
    made = answer(request, status, tag=tag, body=body, contact=contact)
    phone.border.receive(made, phone.flow)


def final(border: Border) -> list[Response]:
    return [m for m in border.take(PBX) if isinstance(m, Response) and m.status >= 200]


def finish_cancelled(phone: AccessPhone, invited: Request) -> Request:
    """It heard a CANCEL, and does as it is told."""
    (cancel,) = [m for m in phone.border.take(phone.flow) if isinstance(m, Request)]
    assert cancel.method == "CANCEL"
    answers(phone, cancel, 200)
    answers(phone, invited, 487)
    return cancel


def test_all_ring_with_one_offer_and_the_first_that_answers_has_the_call() -> None:
    border = Border(access())
    desk, cell, soft = phones(border, 1, 1, 1)
    call(border)
    invites = rung(desk, cell, soft)
    assert len({each.body for each in invites}) == 1
    assert len({each.headers.call_id for each in invites}) == 3
    answers(desk, invites[0], 180)
    answers(cell, invites[1], 180)
    assert border.heard(PBX) == ["180", "180"]
    answers(cell, invites[1], 200, body=ANSWER.replace("10.20.0.11", "192.168.1.1"))
    answered = border.response(PBX, 200)
    for phone, invited in ((desk, invites[0]),):
        cancel = finish_cancelled(phone, invited)
        assert "cause=200" in (cancel.headers.get("reason") or "")
    border.receive(within("ACK", answered, 1, ours_is_from=True, host="10.20.0.11"), PBX)
    assert border.heard(cell.flow) == ["ACK"]
    answers(soft, invites[2], 100)  # it had said nothing: its CANCEL was waiting for that
    finish_cancelled(soft, invites[2])
    border.receive(within("BYE", answered, 2, ours_is_from=True, host="10.20.0.11"), PBX)
    answers(cell, border.request(cell.flow, "BYE"), 200)
    record = border.records[-1]
    assert record["cause"] == {"sip": 200, "q850": 16, "text": "Normal call clearing"}
    legs = record["legs"]
    assert isinstance(legs, dict)
    assert legs["b"]["remote"] == "192.0.2.77:40001"
    attempts = record["attempts"]
    assert isinstance(attempts, list)
    assert [each["status"] for each in attempts] == [None, 200, None]
    assert border.over()


def test_one_media_session_serves_whoever_answers() -> None:
    border = Border(access())
    desk, cell = phones(border, 1, 1)
    cell.flow = Flow("wan", "udp", ("192.0.2.99", 40001))  # behind a NAT of its own
    cell.register()
    call(border)
    invites = rung(desk, cell)
    opened = len(border.commands)
    answers(cell, invites[1], 200, body=ANSWER.replace("10.20.0.11", "192.168.1.1"))
    (program,) = [each for each in border.commands[opened:] if isinstance(each, Program)]
    assert program.streams[0].b.rtp == ("192.168.1.1", 6000)
    assert program.streams[0].b.signalling_ip == "192.0.2.99"


def test_groups_by_q_come_one_after_the_other() -> None:
    border = Border(access())
    best, one, other = phones(border, 0.9, 0.5, 0.5)
    call(border)
    (first,) = rung(best)
    assert border.heard(one.flow) == border.heard(other.flow) == []
    answers(best, first, 503)
    later = rung(one, other)
    answers(one, later[0], 486)
    answers(other, later[1], 486)
    assert [each.status for each in final(border)] == [486]


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        ((486, 480), 486),
        ((480, 486), 486),
        ((503, 404), 404),
        ((408, 500), 500),
        ((415, 486), 415),
        ((486, 486), 486),
    ],
)
def test_when_all_refuse_the_best_refusal_goes_back(statuses: tuple[int, int], told: int) -> None:
    border = Border(access())
    desk, cell = phones(border, 1, 1)
    call(border)
    invites = rung(desk, cell)
    answers(desk, invites[0], statuses[0])
    assert final(border) == []
    answers(cell, invites[1], statuses[1])
    assert [each.status for each in final(border)] == [told]
    assert border.over()


def test_who_declines_does_so_for_the_user() -> None:
    border = Border(access())
    desk, cell = phones(border, 1, 1)
    call(border)
    invites = rung(desk, cell)
    answers(cell, invites[1], 180)
    border.take(PBX)
    answers(desk, invites[0], 603)
    assert final(border) == []
    finish_cancelled(cell, invites[1])
    assert [each.status for each in final(border)] == [603]
    assert border.over()


def test_a_phone_that_is_silent_keeps_nobody_waiting() -> None:
    border = Border(access())
    desk, cell = phones(border, 1, 1)
    call(border)
    invites = rung(desk, cell)
    answers(desk, invites[0], 486)
    border.wait(33)
    assert {each.status for each in final(border)} == {486}
    assert cell.border.over()


def test_the_caller_that_gives_up_silences_all() -> None:
    border = Border(access())
    desk, cell = phones(border, 1, 1)
    call(border)
    invites = rung(desk, cell)
    for phone, invited in zip((desk, cell), invites, strict=True):
        answers(phone, invited, 180)
    cancel = invite(number="anna", call_id="in", branch="z9hG4bKin", body="")
    cancel = cancel.replace(b"INVITE", b"CANCEL").replace(b"192.0.2.1", b"10.20.0.11")
    border.receive(cancel, PBX)
    for phone, invited in zip((desk, cell), invites, strict=True):
        finish_cancelled(phone, invited)
    assert "487" in border.heard(PBX)
    assert border.over()


def test_two_that_answer_at_once_are_one_too_many() -> None:
    border = Border(access())
    desk, cell = phones(border, 1, 1)
    call(border)
    invites = rung(desk, cell)
    body = ANSWER.replace("10.20.0.11", "192.168.1.1")
    answers(desk, invites[0], 200, body=body)
    answers(cell, invites[1], 200, body=body)
    assert [each.status for each in final(border)] == [200]
    assert border.heard(cell.flow) == ["ACK", "BYE"]
    assert border.heard(desk.flow) == ["ACK"]


def test_a_connection_that_is_lost_is_one_phone_less() -> None:
    border = Border(access())
    desk, cell = phones(border, 1, 1, transport="tcp")
    call(border)
    invites = rung(desk, cell)
    border.perform(border.core.transport_failed(desk.flow, border.now))
    assert final(border) == []
    answers(cell, invites[1], 200, body=ANSWER.replace("10.20.0.11", "192.168.1.1"))
    assert [each.status for each in final(border)] == [200]


def test_no_more_than_a_bounded_number_ring_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sbc.b2bua.rivals.MOST", 2)
    border = Border(access())
    one, two, three = phones(border, 1, 1, 1)
    call(border)
    invites = rung(three, two) if border.heard(one.flow) == [] else []
    assert len(invites) == 2
    for phone, invited in zip((three, two), invites, strict=True):
        answers(phone, invited, 503)
    assert one.called().method == "INVITE"


def test_one_after_the_other_where_the_file_says_so() -> None:
    border = Border(access("forking: serial"))
    desk, cell = phones(border, 1, 1)
    call(border)
    rung(cell)  # the one that was heard last
    assert border.heard(desk.flow) == []


def test_two_flows_of_one_phone_do_not_ring_together() -> None:
    border = Border(access())
    flows = []
    for number in (1, 2):
        phone = AccessPhone(border, port=40000 + number, transport="tcp")
        phone.contact = f'<sip:anna@192.168.1.5:5060>;+sip.instance="<urn:uuid:1>";reg-id={number}'
        assert phone.register(None, "Supported: outbound") == 200
        border.wait(1)
        flows.append(phone)
    call(border)
    assert [len(border.heard(phone.flow)) for phone in flows] == [0, 1]


def test_a_call_without_an_offer_rings_one_phone_at_a_time() -> None:
    border = Border(access())
    desk, cell = phones(border, 1, 1)
    call(border, body="")
    rung(cell)
    assert border.heard(desk.flow) == []


@pytest.mark.parametrize("seed", range(60))
def test_whatever_several_phones_do_there_is_one_end_and_nothing_is_left(seed: int) -> None:
    random = Random(seed)
    border = Border(access())
    several = phones(border, *[random.choice((1, 1, 0.5)) for _ in range(random.choice((2, 3)))])
    call(border)
    invited: dict[int, Request] = {}
    answered: set[int] = set()
    cancels = 0
    for _ in range(30):
        for number, phone in enumerate(several):
            obeys(phone, number, invited, answered, random)
        ready = [number for number in invited if number not in answered]
        if ready and random.random() < 0.7:
            number = random.choice(ready)
            status = random.choice((180, 180, 183, 486, 480, 503, 603, 200))
            if status >= 200:
                answered.add(number)
            answers(several[number], invited[number], status, BODY if status in {183, 200} else "")
        elif random.random() < 0.05 and not cancels:
            cancels += 1
            text = invite(number="anna", call_id="in", branch="z9hG4bKin", body="")
            text = text.replace(b"INVITE", b"CANCEL").replace(b"192.0.2.1", b"10.20.0.11")
            border.receive(text, PBX)
        border.wait(random.choice((0.0, 0.2, 3.0)))
    sent = [parse(data) for flow, data in border.sent if flow == PBX]
    finals = {
        m.status
        for m in sent
        if isinstance(m, Response) and m.status >= 200 and m.headers.cseq.method == "INVITE"
    }
    assert len(finals) <= 1
    assert border.over()
    assert len(border.records) == 1
    assert border.noted("call_fault") == []


def obeys(
    phone: AccessPhone, number: int, invited: dict[int, Request], answered: set[int], random: Random
) -> None:
    """What came to it is answered; not always before it has answered itself."""
    for message in phone.border.take(phone.flow):
        if not isinstance(message, Request):
            continue
        if message.method == "INVITE":
            invited.setdefault(number, message)
        elif message.method in {"BYE", "CANCEL"}:
            answers(phone, message, 200)
            if message.method == "CANCEL" and number not in answered:
                answered.add(number)
                answers(phone, invited[number], random.choice((487, 487, 200, 486)), BODY)


BODY = ANSWER.replace("10.20.0.11", "192.168.1.1")
