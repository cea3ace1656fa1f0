"""S9: dialogs named in REFER, Join and Target-Dialog cross in identifiers that the other side
knows, and show it none of this side's (RFC 3515, RFC 3891, RFC 3911, RFC 4538; Z4)."""

import re
from urllib.parse import unquote

import pytest

from sbc.sip.message import Request, Response, parse
from tests.simulation.test_s8_attended import refer_to
from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import called, calling, hang_up
from tests.support.messages import ANSWER, invite, text
from tests.support.two_calls import BRANCH, CAROL_AGAIN, THREE, Parties, dialog, talking

RELAY = THREE.replace("refer: local", "refer: relay")


def referred(border: Border) -> tuple[Parties, str]:
    """Bob is referred to Carol: the dialog that he is told to replace."""
    all_ = talking(border)
    all_.alice.ask("REFER", refer_to(dialog(all_.consulting)))
    request = all_.bob.got("REFER")
    all_.bob.answers(request, 202)
    all_.alice.heard(202)
    found = re.fullmatch(
        r"<sip:300@10\.20\.0\.5:5060\?Replaces=([^&>]+)>", request.headers.get("refer-to") or ""
    )
    assert found
    assert "second@" not in request.encode().decode()
    return all_, unquote(found[1])


def from_bob(border: Border, *extra: str, number: str = "300") -> None:
    fields = [
        "Via: SIP/2.0/UDP 10.20.0.11:5060;branch=z9hG4bKbob;rport",
        "From: <sip:100@10.20.0.11>;tag=bob-new",
        f"To: <sip:{number}@10.20.0.5>",
        "Call-ID: bob-new@10.20.0.11",
        "CSeq: 1 INVITE",
        "Contact: <sip:100@10.20.0.11:5060>",
        "Max-Forwards: 70",
        *extra,
    ]
    border.receive(text(f"INVITE sip:{number}@10.20.0.5 SIP/2.0", fields, ANSWER), CALLEE)


def over(all_: Parties) -> None:
    hang_up(all_.alice, all_.bob)
    hang_up(all_.consulting, all_.carol)
    assert all_.border.over()


def test_the_referred_party_gets_to_the_target_in_its_own_dialog() -> None:
    all_, name = referred(Border(RELAY))
    from_bob(all_.border, f"Replaces: {name}")
    request = all_.border.request(BRANCH, "INVITE")
    ours = all_.carol.remote.rpartition("tag=")[2]
    expected = f"{all_.carol.call_id};to-tag=second-there;from-tag={ours}"
    assert request.headers.get("replaces") == expected
    called(all_.border, request, BRANCH, tag="carol-new").answers(request, 486)
    over(all_)


def test_or_the_border_puts_it_there() -> None:
    text_ = RELAY.replace("  pbx: { zone: inside,", "  pbx: { zone: inside, replaces: local,")
    all_, name = referred(Border(text_))
    from_bob(all_.border, f"Replaces: {name}")
    all_.carol.answers(all_.carol.got("INVITE"), 200, body=CAROL_AGAIN)
    bob = calling(all_.border, all_.border.response(CALLEE, 200), CALLEE)
    bob.ack()
    all_.consulting.answers(all_.consulting.got("BYE"), 200)
    all_.carol.got("ACK")
    hang_up(bob, all_.carol)
    hang_up(all_.alice, all_.bob)
    assert all_.border.over()


def test_one_dialog_has_one_name_for_a_trunk_as_long_as_it_lasts() -> None:
    all_, name = referred(Border(RELAY))
    for _ in range(30):
        all_.alice.ask("REFER", refer_to(dialog(all_.consulting)))
        request = all_.bob.got("REFER")
        all_.bob.answers(request, 202)
        all_.alice.heard(202)
        assert name in unquote(request.headers.get("refer-to") or "")
    assert all_.border.core.left_over()["aliases"] == 1
    hang_up(all_.consulting, all_.carol)
    assert all_.border.core.left_over()["aliases"] == 0
    from_bob(all_.border, f"Replaces: {name}")
    assert "481" in all_.border.heard(CALLEE)
    hang_up(all_.alice, all_.bob)
    assert all_.border.over()


def test_that_name_holds_for_no_other_trunk() -> None:
    all_, name = referred(Border(RELAY))
    made = invite(f"Replaces: {name}", number="300", call_id="x@y", branch="z9hG4bKx")
    all_.border.receive(made, CALLER)
    assert all_.border.heard(CALLER) == ["481"]
    over(all_)


@pytest.mark.parametrize("whose", ["carol", "bob", "nobody"])
def test_a_dialog_that_is_not_the_referrers_does_not_cross(whose: str) -> None:
    all_ = talking(Border(RELAY))
    named = {"carol": dialog(all_.carol), "bob": dialog(all_.bob)}
    value = named.get(whose, "x@y;to-tag=1;from-tag=2")
    all_.alice.ask("REFER", refer_to(value))
    request = all_.bob.got("REFER")
    assert request.headers.get("refer-to") == "<sip:300@10.20.0.5:5060>"
    all_.bob.answers(request, 202)
    all_.alice.heard(202)
    over(all_)


@pytest.mark.parametrize("header", ["Join", "Replaces"])
def test_a_newcomer_names_the_dialog_of_its_own_side(header: str) -> None:
    all_ = talking(Border(RELAY))
    made = invite(
        f"{header}: {dialog(all_.consulting)}", number="300", call_id="x@y", branch="z9hG4bKx"
    )
    all_.border.receive(made, CALLER)
    request = all_.border.request(BRANCH, "INVITE")
    ours = all_.carol.remote.rpartition("tag=")[2]
    expected = f"{all_.carol.call_id};to-tag=second-there;from-tag={ours}"
    assert request.headers.get(header.lower()) == expected
    assert b"second@" not in request.encode()
    called(all_.border, request, BRANCH, tag="c").answers(request, 486)
    over(all_)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (["Join: x@y;to-tag=1;from-tag=2"], "481"),
        (["Join: x@y;to-tag=1"], "400"),
        (["Join: DIALOG", "Replaces: DIALOG"], "400"),
        (["Join: DIALOG", "Join: DIALOG"], "400"),
    ],
)
def test_a_join_that_names_no_one_dialog_is_refused(fields: list[str], status: str) -> None:
    all_ = talking(Border(RELAY))
    said = [field.replace("DIALOG", dialog(all_.consulting)) for field in fields]
    all_.border.receive(invite(*said, number="300", call_id="x@y", branch="z9hG4bKx"), CALLER)
    assert all_.border.heard(CALLER) == [status]
    over(all_)


def targeted(all_: Parties, value: str) -> Request:
    made = invite(f"Target-Dialog: {value}", number="300", call_id="x@y", branch="z9hG4bKx")
    all_.border.receive(made, CALLER)
    request = all_.border.request(BRANCH, "INVITE")
    called(all_.border, request, BRANCH, tag="c").answers(request, 486)
    return request


def test_target_dialog_names_it_as_the_other_side_knows_it() -> None:
    all_ = talking(Border(RELAY))
    mine = dialog(all_.consulting).replace("to-tag", "local-tag").replace("from-tag", "remote-tag")
    ours = all_.carol.remote.rpartition("tag=")[2]
    there = f"{all_.carol.call_id};local-tag=second-there;remote-tag={ours}"
    assert targeted(all_, mine).headers.get("target-dialog") == there
    over(all_)


@pytest.mark.parametrize("value", ["x@y;local-tag=1;remote-tag=2", "x@192.0.2.99", "", ";" * 500])
def test_a_target_dialog_that_is_not_ours_stays_behind(value: str) -> None:
    all_ = talking(Border(RELAY))
    assert not targeted(all_, value).headers.has("target-dialog")
    over(all_)


@pytest.mark.parametrize("header", ["Join", "Replaces"])
def test_what_the_newcomer_insists_on_the_other_side_must_heed(header: str) -> None:
    """RFC 5589 §7.3: a peer that did not know the field would take it for one more call."""
    all_ = talking(Border(RELAY))
    named = f"{header}: {dialog(all_.consulting)}"
    require = f"Require: {header.lower()}"
    made = invite(named, require, number="300", call_id="x@y", branch="z9hG4bKx")
    all_.border.receive(made, CALLER)
    request = all_.border.request(BRANCH, "INVITE")
    assert request.headers.require == [header.lower()]
    called(all_.border, request, BRANCH, tag="c").answers(
        request, 420, f"Unsupported: {header.lower()}"
    )
    all_.border.response(CALLER, 420)
    over(all_)


def test_who_may_be_transferred_is_told_that_replaces_is_welcome() -> None:
    all_ = talking(Border(RELAY))
    sent = [parse(data) for _, data in all_.border.sent]
    invites = [m for m in sent if isinstance(m, Request) and m.method == "INVITE"]
    answers = [m for m in sent if isinstance(m, Response) and m.status == 200]
    assert len(invites) == len(answers) == 2
    assert all("replaces" in request.headers.supported for request in invites)
    assert all("replaces" in answer.headers.supported for answer in answers)
