"""Phones behind NAT register and are called back (N1, N6, N7, N8, A4).

RFC 3261 §10.3, RFC 5626 §6.
"""

import json
from pathlib import Path

import pytest

from sbc.actions import Flow, StoreBinding
from sbc.sip.message import Request, parse
from sbc.store.bindings import BindingStore
from tests.support.access_phone import SECRETS, AccessPhone, access
from tests.support.border import CALLEE, Border
from tests.support.messages import ANSWER, answer, invite, within

PBX = CALLEE


@pytest.fixture(autouse=True)
def _passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def border() -> Border:
    return Border(access())


def call(border: Border, number: str, call_id: str = "in@10.20.0.11") -> None:
    """From the PBX."""
    text = invite(number=number, call_id=call_id, branch=f"z9hG4bK{call_id[:4]}{number}")
    border.receive(text.replace(b"192.0.2.1", b"10.20.0.11"), PBX)


def users(border: Border) -> list[tuple[object, object]]:
    return [(each["user"], each["contact"]) for each in border.core.bindings(border.now)]


# --- bindings -------------------------------------------------------------------------------------


def test_a_phone_is_called_at_its_own_contact_down_the_way_it_came(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    call(border, "anna")
    ringing = phone.called()
    assert ringing.uri == "sip:anna@192.168.1.5:5060"
    assert "10.20.0" not in border.texts(phone.flow)
    border.receive(answer(ringing, 200, body=ANSWER, contact=phone.contact), phone.flow)
    assert "200" in border.heard(PBX)


def test_a_binding_lasts_as_long_as_was_granted(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register(3600)
    assert phone.answer.headers.get("contact") == "<sip:anna@192.168.1.5:5060>;expires=60"
    border.wait(59)
    assert users(border) == [("anna", "sip:anna@192.168.1.5:5060")]
    border.wait(1)
    assert users(border) == []
    call(border, "anna")
    assert border.heard(PBX) == ["403"]
    assert border.over()


def test_too_brief_is_told_what_is_long_enough(border: Border) -> None:
    phone = AccessPhone(border)
    assert phone.register(5) == 423
    assert phone.answer.headers.get("min-expires") == "20"
    assert users(border) == []


def test_zero_ends_one_binding_and_a_star_all(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    phone.register(contact="<sip:anna@192.168.1.6:5060>")
    assert len(users(border)) == 2
    assert phone.register(contact="<sip:anna@192.168.1.6:5060>;expires=0") == 200
    assert users(border) == [("anna", "sip:anna@192.168.1.5:5060")]
    assert phone.register(60, contact="*") == 400
    assert phone.register(0, contact="*") == 200
    assert users(border) == []
    assert phone.answer.headers.all("contact") == []
    assert border.over()


def test_to_ask_changes_nothing(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    border.wait(10)
    assert phone.register(contact="") == 200
    assert phone.answer.headers.all("contact") == ["<sip:anna@192.168.1.5:5060>;expires=50"]


def test_one_user_has_a_bounded_number_of_phones(border: Border) -> None:
    phone = AccessPhone(border)
    places = [f"<sip:anna@192.168.1.{n}:5060>" for n in range(4)]
    assert [phone.register(contact=place) for place in places] == [200, 200, 200, 403]
    assert len(users(border)) == 3


def test_an_older_register_changes_nothing(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    phone.cseq = 0
    assert phone.register() == 500
    assert len(users(border)) == 1


def test_an_instance_has_one_binding_a_flow(border: Border) -> None:
    phone = AccessPhone(border)
    instance = ';+sip.instance="<urn:uuid:1>";reg-id=1'
    phone.register(contact=f"<sip:anna@192.168.1.5:5060>{instance}")
    phone.register(contact=f"<sip:anna@192.168.1.9:6000>{instance}")
    assert users(border) == [("anna", "sip:anna@192.168.1.9:6000")]
    assert "reg-id=1" in (phone.answer.headers.get("contact") or "")


def test_the_best_phone_is_tried_first_and_the_next_if_it_cannot_be_reached(
    border: Border,
) -> None:
    desk, cell = AccessPhone(border), AccessPhone(border, port=50000)
    desk.contact, cell.contact = "<sip:anna@192.168.1.5>;q=0.5", "<sip:anna@192.168.1.6>;q=0.9"
    cell.register()
    desk.register()
    call(border, "anna")
    ringing = cell.called()
    assert border.heard(desk.flow) == []
    border.receive(answer(ringing, 503), cell.flow)
    assert desk.called().uri == "sip:anna@192.168.1.5"


def test_what_we_do_not_do_is_not_promised(border: Border) -> None:
    phone = AccessPhone(border)
    assert phone.register(60, "Require: path, gruu, pref") == 420
    assert phone.answer.headers.get("unsupported") == "path, pref"
    assert users(border) == []


def test_a_malformed_contact_is_refused_and_nothing_is_bound(border: Border) -> None:
    phone = AccessPhone(border)
    assert phone.register(contact="<sip:anna@192.168.1.5>;expires=soon") == 400
    assert phone.register(contact=f"<sip:{'a' * 600}@192.168.1.5>") == 400
    assert phone.register(contact="<tel:+4969123>") == 400
    assert phone.register(contact="<sip:anna@>") == 400
    assert users(border) == []


# --- NAT ------------------------------------------------------------------------------------------


def test_two_phones_behind_one_nat_reach_each_other_through_us(border: Border) -> None:
    anna, bert = AccessPhone(border), AccessPhone(border, "bert", port=40001)
    anna.register()
    bert.register()
    assert anna.invite("bert") == 0
    ringing = bert.called()
    assert ringing.uri == "sip:bert@192.168.1.5:5060"
    border.receive(answer(ringing, 200, body=ANSWER, contact=bert.contact), bert.flow)
    statuses = border.heard(anna.flow)
    assert statuses[-1] == "200"


def test_a_nat_that_gave_another_port_is_followed_by_the_next_register(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    phone.flow = Flow("wan", "udp", ("192.0.2.77", 41000))
    phone.register()
    call(border, "anna")
    assert phone.called().uri == "sip:anna@192.168.1.5:5060"
    assert len(users(border)) == 1


def test_a_call_follows_its_phone_to_another_port_of_its_nat(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    call(border, "anna")
    ringing = phone.called()
    border.receive(answer(ringing, 200, body=ANSWER, contact=phone.contact), phone.flow)
    answered = border.response(PBX, 200)
    border.receive(within("ACK", answered, 1, ours_is_from=True, host="10.20.0.11"), PBX)
    border.take(phone.flow)
    before, phone.flow = phone.flow, Flow("wan", "udp", ("192.0.2.77", 41000))
    phone.register()
    border.receive(within("BYE", answered, 2, ours_is_from=True, host="10.20.0.11"), PBX)
    assert "BYE" in border.heard(phone.flow)
    assert border.heard(before) == []


def test_a_call_follows_nobody_who_has_forged_the_source_of_its_phone(border: Border) -> None:
    anna, bert = AccessPhone(border), AccessPhone(border, "bert", port=47000)
    anna.register()
    call(border, "anna")
    ringing = anna.called()
    border.receive(answer(ringing, 200, body=ANSWER, contact=anna.contact), anna.flow)
    answered = border.response(PBX, 200)
    border.receive(within("ACK", answered, 1, ours_is_from=True, host="10.20.0.11"), PBX)
    bert.register()
    own, bert.flow = bert.flow, anna.flow
    assert bert.register() == 200
    bert.flow = own
    assert bert.register() == 200
    border.take(anna.flow)
    border.receive(within("BYE", answered, 2, ours_is_from=True, host="10.20.0.11"), PBX)
    assert "BYE" in border.heard(anna.flow)
    assert border.heard(own) == []


def test_a_call_that_a_phone_made_follows_it_too(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    assert phone.invite("100") == 0
    invited = border.request(PBX, "INVITE")
    answered = answer(invited, 200, body=ANSWER, contact=invited.headers.get("contact") or "")
    border.receive(answered, PBX)
    dialog, taken = parse(answered), border.response(phone.flow, 200)
    ack = within("ACK", taken, phone.cseq, ours_is_from=True, host="192.168.1.5")
    border.receive(ack, phone.flow)
    before, phone.flow = phone.flow, Flow("wan", "udp", ("192.0.2.77", 41000))
    phone.register()
    border.take(before)
    border.receive(within("BYE", dialog, 1, ours_is_from=False, host="10.20.0.11"), PBX)
    assert "BYE" in border.heard(phone.flow)
    assert border.heard(before) == []


def test_a_phone_that_refreshes_for_a_day_is_called_after_it(border: Border) -> None:
    phone = AccessPhone(border)
    for hour in range(24):
        if hour % 6 == 5:  # its NAT has forgotten it
            phone.flow = Flow("wan", "udp", ("192.0.2.77", 42000 + hour))
        for _ in range(72):
            assert phone.register() == 200
            border.wait(50)
    call(border, "anna")
    assert phone.called().uri == "sip:anna@192.168.1.5:5060"
    assert len(users(border)) == 1


def test_a_connection_that_is_lost_takes_its_binding_along_at_once(border: Border) -> None:
    phone = AccessPhone(border, transport="tcp")
    phone.register()
    call(border, "anna", "one@10.20.0.11")
    assert phone.called().method == "INVITE"
    border.perform(border.core.transport_failed(phone.flow, border.now))
    assert users(border) == []
    assert border.noted("unregistered")[-1].detail[0] == ("why", "connection")


def test_several_users_of_one_connection_are_each_known_and_all_lost_with_it(
    border: Border,
) -> None:
    anna = AccessPhone(border, transport="tcp")
    bert = AccessPhone(border, "bert", transport="tcp")
    for phone in (anna, bert):
        assert phone.register() == 200
        phone.challenge = None
    assert anna.invite("100") == bert.invite("100") == 0
    assert [anna.challenge, bert.challenge] == [None, None]
    assert anna.invite("100", caller="carl") == 403  # challenged, since neither of them is carl
    assert anna.challenge is not None
    border.perform(border.core.transport_failed(anna.flow, border.now))
    assert users(border) == []


# --- restart --------------------------------------------------------------------------------------


def test_bindings_outlive_a_restart(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    gone = AccessPhone(border, "bert", port=9, transport="tcp")
    gone.register()
    kept = json.loads(json.dumps([record for record in border.stored.values() if record]))
    after = Border(access())
    after.now = border.now + 20
    after.perform(after.core.restore([("phones", record) for record in kept], after.now))
    assert users(after) == [("anna", "sip:anna@192.168.1.5:5060")]
    call(after, "anna")
    (ringing,) = [m for m in after.take(phone.flow) if isinstance(m, Request)]
    assert ringing.uri == "sip:anna@192.168.1.5:5060"
    after.wait(40)
    assert users(after) == []


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"flow": 7},
        {"flow": ["wan", "udp", "192.0.2.77", "x"]},
        {"flow": ["nowhere", "udp", "192.0.2.77", 5]},
        {"expires": "soon"},
    ],
)
def test_a_record_that_cannot_be_read_is_left_out(
    border: Border, record: dict[str, object]
) -> None:
    AccessPhone(border).register()
    (good,) = [each for each in border.stored.values() if each]
    after = Border(access())
    broken = {**good, **record} if record else {}
    after.perform(after.core.restore([("phones", broken), ("nobody", good)], after.now))
    assert users(after) == []


def test_an_instance_that_is_no_text_is_stored_and_found_again(
    border: Border, tmp_path: Path
) -> None:
    phone = AccessPhone(border)
    contact = '<sip:anna@192.168.1.7:5060>;+sip.instance="<\udcff>";reg-id=1'
    assert phone.register(contact=contact) == 200
    store = BindingStore(tmp_path / "bindings.sqlite")
    for (group, user, key), record in border.stored.items():
        store.keep(StoreBinding(group, user, key, record))
    store.flush()
    after = Border(access())
    after.perform(after.core.restore(store.all(), after.now))
    store.close()
    assert users(after) == [("anna", "sip:anna@192.168.1.7:5060")]
    again = AccessPhone(after)
    assert again.register(contact="") == 200
    assert 'instance="<\udcff>"' in (again.answer.headers.get("contact") or "")


def test_what_ends_is_taken_from_the_store(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    assert [bool(each) for each in border.stored.values()] == [True]
    phone.register(0)
    assert [bool(each) for each in border.stored.values()] == [False]
