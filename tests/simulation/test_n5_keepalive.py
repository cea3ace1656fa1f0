"""How long a NAT remembers a flow is found by trying, and no call is lost by it (N5, N1, N9;
RFC 4787, RFC 5626).

A day passes behind simulated NATs, in virtual time.
"""

import json

import pytest

from sbc.actions import Flow
from sbc.sip.message import Request
from tests.support.access_phone import SECRETS, AccessPhone, access
from tests.support.border import CALLEE, Border
from tests.support.forgetful_nat import ForgetfulNat, NattedPhone
from tests.support.messages import answer, invite, within

PBX = CALLEE
DAY = 86_400.0


@pytest.fixture(autouse=True)
def _passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def keeping(how: str = "keepalive: adaptive") -> str:
    nat = f"outside: {{ trust: untrusted, nat: {{ {how} }} }}"
    return access().replace("outside: { trust: untrusted }", nat)


def behind(life: float, config: str | None = None, **more: object) -> NattedPhone:
    border = Border(keeping() if config is None else config)
    preserving = bool(more.pop("preserving", False))
    return NattedPhone(border, ForgetfulNat(life, preserving), **more)  # type: ignore[arg-type]


def verdict(border: Border) -> dict[str, object]:
    (binding,) = border.core.bindings(border.now)
    found = binding["nat"]
    assert isinstance(found, dict)
    return found


def call(border: Border, number: int) -> None:
    text = invite(number="anna", call_id=f"{number}@10.20.0.11", branch=f"z9hG4bKcall{number}")
    border.receive(text.replace(b"192.0.2.1", b"10.20.0.11"), PBX)


@pytest.mark.parametrize("preserving", [False, True])
@pytest.mark.parametrize("life", [25.0, 30.0, 60.0, 125.0, 300.0])
def test_the_largest_safe_interval_is_found(life: float, preserving: bool) -> None:
    phone = behind(life, preserving=preserving)
    phone.run(phone.border.now + 4 * 3600)
    found = verdict(phone.border)
    life_of = found["binding_life"]
    assert isinstance(life_of, dict)
    assert life_of["found"] is True
    assert life - 6 <= life_of["at_least"] <= life <= life_of["less_than"]
    assert life - 6 - 0.1 * life <= found["keepalive"] <= life  # type: ignore[operator]
    assert found["nat"] == ("translating")
    assert phone.border.noted("nat_life_found")


def test_a_nat_that_remembers_for_longer_than_anybody_asks_is_asked_no_more() -> None:
    phone = behind(3600.0)
    phone.run(phone.border.now + DAY / 4)
    assert 450 < verdict(phone.border)["keepalive"] < 540  # type: ignore[operator]
    assert verdict(phone.border)["binding_life"]["found"] is True  # type: ignore[index]
    assert phone.granted[-1] == 600


@pytest.mark.parametrize(("life", "share"), [(30.0, 0.9), (60.0, 0.5), (125.0, 0.95)])
def test_a_phone_registers_five_times_less_and_more(life: float, share: float) -> None:
    kept, unkept = behind(life, share=share), behind(life, access(), share=share)
    for phone in (kept, unkept):
        phone.run(phone.border.now + DAY / 4)
    assert len(kept.registered) * 5 < len(unkept.registered)
    assert kept.granted[-1] == 600


@pytest.mark.parametrize("life", [30.0, 47.0, 120.0])
def test_no_call_is_lost_while_the_interval_is_found_nor_later(life: float) -> None:
    phone = behind(life)
    border = phone.border
    phone.run(border.now + 10)
    rang = []
    for number in range(240):
        call(border, number)
        phone.run(border.now + 31)
        rang.append("180" in border.heard(PBX))
        cancelled = invite(
            number="anna", call_id=f"{number}@10.20.0.11", branch=f"z9hG4bKcall{number}", body=""
        ).replace(b"INVITE", b"CANCEL")
        border.receive(cancelled.replace(b"192.0.2.1", b"10.20.0.11"), PBX)
        phone.run(border.now + 24.7)
        border.take(PBX)
    assert all(rang), [number for number, each in enumerate(rang) if not each]


def test_for_a_day_calls_and_what_is_said_within_them_reach_a_phone_behind_thirty_seconds() -> None:
    phone = behind(30.0)
    border = phone.border
    phone.run(border.now + 5)
    call(border, 0)
    phone.run(border.now + 1)
    phone.pick_up()
    answered = border.response(PBX, 200)
    border.receive(within("ACK", answered, 1, ours_is_from=True, host="10.20.0.11"), PBX)
    for hour in range(3):  # a call may last four hours; within it, and beside it, others
        phone.run(border.now + 3600)
        info = within("INFO", answered, 2 + hour, ours_is_from=True, host="10.20.0.11")
        border.receive(info, PBX)
        phone.run(border.now + 1)
        assert phone.heard[-1].method == "INFO"
        phone.say(_ok(phone.heard[-1]))
    border.receive(within("BYE", answered, 9, ours_is_from=True, host="10.20.0.11"), PBX)
    phone.run(border.now + 1)
    assert phone.heard[-1].method == "BYE"
    for hour in range(21):
        phone.run(border.now + 3600)
        border.take(PBX)
        call(border, 1 + hour)
        phone.run(border.now + 1)
        phone.pick_up()
        answered = border.response(PBX, 200)
        border.receive(within("ACK", answered, 1, ours_is_from=True, host="10.20.0.11"), PBX)
        phone.run(border.now + 29)
        border.receive(within("BYE", answered, 2, ours_is_from=True, host="10.20.0.11"), PBX)
        phone.run(border.now + 1)
        assert [each.method for each in phone.heard[-2:]] == ["ACK", "BYE"]


def _ok(request: Request) -> bytes:
    return answer(request, 200)


def test_a_phone_that_answers_nothing_is_kept_by_its_own_registers() -> None:
    phone = behind(40.0, answers_options=False)
    phone.run(phone.border.now + 1800)
    assert verdict(phone.border)["binding_life"]["found"] is True  # type: ignore[index]
    assert phone.granted[-1] == 600


def test_any_answer_at_all_keeps_a_flow() -> None:
    phone = behind(60.0)
    phone.run(phone.border.now + 100)
    assert phone.border.noted("flow_lost") == []


# --- what changes ---------------------------------------------------------------------------------


def test_a_phone_that_was_off_is_kept_as_before_when_it_is_back() -> None:
    phone = behind(60.0)
    border = phone.border
    phone.run(border.now + 4 * 3600)
    before = verdict(border)["keepalive"]
    phone.off = True
    phone.run(border.now + 3600)
    assert border.core.bindings(border.now) == []
    phone.off, phone.due = False, border.now
    phone.run(border.now + 5)
    assert verdict(border)["keepalive"] == before
    assert phone.granted[-1] == 600


@pytest.mark.parametrize(
    ("how", "life", "down"),
    [("keepalive: adaptive", 300.0, 25.0), ("keepalive: fixed, min_interval: 25s", 300.0, 90.0)],
)
def test_a_line_that_is_down_for_less_than_a_nat_remembers_costs_nothing(
    how: str, life: float, down: float
) -> None:
    phone = behind(life, keeping(how))
    border = phone.border
    phone.run(border.now + 4 * 3600)
    phone.run(phone.due + 1)
    at, interval = phone.registered[-1], verdict(border)["keepalive"]
    assert isinstance(interval, float)
    phone.run(at + interval - 1)
    phone.off = True
    phone.run(border.now + down)
    phone.off = False
    phone.run(border.now + 50)
    assert phone.registered[-1] == at
    assert verdict(border)["reachable"] is True
    assert verdict(border)["keepalive"] == interval


def test_another_nat_is_learnt_anew() -> None:
    phone = behind(300.0)
    border = phone.border
    phone.run(border.now + 4 * 3600)
    phone.nat.life = 45.0
    phone.run(border.now + 4 * 3600)
    found = verdict(border)["binding_life"]
    assert isinstance(found, dict)
    assert 39 <= found["at_least"] <= 45


def test_a_phone_without_a_nat_is_left_alone_and_seldom_heard() -> None:
    border = Border(keeping())
    phone = NattedPhone(border, ForgetfulNat(1e9, port=5060, preserving=True))
    phone.phone.where = "192.0.2.77:5060"
    phone.run(border.now + 7200)
    assert (phone.options, phone.granted[-1]) == ([], 600)
    assert verdict(border)["nat"] == "none"


def test_what_was_learnt_outlives_a_restart() -> None:
    phone = behind(60.0)
    border = phone.border
    phone.run(border.now + 4 * 3600)
    before = verdict(border)["binding_life"]
    kept = json.loads(json.dumps([record for record in border.stored.values() if record]))
    after = Border(keeping())
    after.now = border.now
    after.perform(after.core.restore([("phones", record) for record in kept], after.now))
    assert verdict(after)["binding_life"] == before
    phone.border = phone.phone.border = after
    phone.run(after.now + 20)
    assert phone.options, "nobody knows how long it has been silent"


def test_fixed_is_the_shortest_interval_and_none_is_none() -> None:
    fixed = behind(30.0, keeping("keepalive: fixed, min_interval: 25s"))
    fixed.run(fixed.border.now + 3600)
    assert verdict(fixed.border)["keepalive"] == 25.0
    assert fixed.granted[-1] == 600
    unkept = behind(30.0, keeping("keepalive: none"))
    unkept.run(unkept.border.now + 3600)
    assert (unkept.options, unkept.granted[-1]) == ([], 60)
    assert verdict(unkept.border)["nat"] == "translating"


def test_the_end_of_a_binding_is_the_end_of_its_keeping() -> None:
    phone = behind(30.0)
    phone.run(phone.border.now + 100)
    phone.phone.register(0)
    phone.off = True
    assert phone.border.over()


def connected(border: Border) -> AccessPhone:
    phone = AccessPhone(border, transport="tcp")
    assert phone.register(3600) == 200
    return phone


def expires(phone: AccessPhone) -> int:
    (contact,) = phone.answer.headers.contacts
    return int(contact.param("expires") or 0)


def test_a_connection_behind_nat_is_kept_too_and_its_loss_teaches() -> None:
    border = Border(keeping())
    phone = connected(border)
    assert expires(phone) == 44
    border.wait(36)
    (asked,) = [m for m in border.take(phone.flow) if isinstance(m, Request)]
    assert asked.method == "OPTIONS"
    border.receive(answer(asked, 405, contact=phone.contact), phone.flow)
    phone.register(3600)
    border.wait(52)
    border.perform(border.core.transport_failed(phone.flow, border.now))  # nobody acknowledged it
    again = connected(border)
    assert again.flow == phone.flow
    assert verdict(border)["binding_life"] == {
        "at_least": 36.0,
        "less_than": 52.0,
        "found": False,
    }


def test_calls_go_to_the_contact_where_the_file_says_so() -> None:
    border = Border(keeping("fix_contact: false, keepalive: none"))
    AccessPhone(border).register()
    call(border, 1)
    flow = [flow for flow, m in border.out if isinstance(m, Request) and m.method == "INVITE"]
    assert flow == [Flow("wan", "udp", ("192.168.1.5", 5060))]


# --- the verdict ----------------------------------------------------------------------------------


def test_an_operator_sees_kind_port_and_last_changes() -> None:
    phone = behind(30.0)
    border = phone.border
    phone.run(border.now + 3600)
    found = verdict(border)
    assert (found["nat"], found["port_kept"]) == ("translating", False)
    assert found["stated"] == "192.168.1.5:5060"
    changes = found["changes"]
    assert isinstance(changes, list)
    assert 1 <= len(changes) <= 8
    assert changes[-1]["to"] == found["source"]
    assert changes[-1]["alive"] is False


def test_a_forged_source_cannot_talk_a_flow_asleep() -> None:
    phone = behind(30.0)
    border = phone.border
    phone.run(border.now + 4 * 3600)
    for _ in range(40):
        phone.run(border.now + 10)
        border.receive(b"OPTIONS sip:x SIP/2.0\r\n\r\n", phone.phone.flow)
        border.take(phone.phone.flow)
    recent = [each for each in phone.options if each > border.now - 400]
    assert len(recent) >= 12
