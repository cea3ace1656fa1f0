"""S9: a newcomer takes the place of a party, and the border itself puts it there (RFC 3891 §3, §7):
the end of an attended transfer whose parties know nothing of Replaces (RFC 5359 §2.5)."""

import pytest

from sbc.sip.message import Request
from tests.simulation.test_s8_attended import refer_to
from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import End, calling, hang_up
from tests.support.messages import ANSWER, OFFER, invite
from tests.support.two_calls import (
    BRANCH,
    CAROL,
    CAROL_AGAIN,
    THREE,
    Parties,
    dialog,
    ringing_second,
    talking,
)

LOCAL = THREE.replace("refer: local }", "refer: local, replaces: local }")
"""The outside trunk: phones behind it take calls from each other."""


def taking_over(
    border: Border, replaces: str, *extra: str, body: str = OFFER, name: str = "dora"
) -> None:
    """Dora, a colleague of Alice's."""
    made = invite(
        f"Replaces: {replaces}",
        *extra,
        number="300",
        call_id=f"{name}@192.0.2.1",
        branch=f"z9hG4bK{name}",
        tag="dora-tag",
        body=body,
    )
    border.receive(made, CALLER)


def asked(*extra: str, body: str = OFFER) -> tuple[Parties, Request]:
    all_ = talking(Border(LOCAL))
    taking_over(all_.border, dialog(all_.consulting), *extra, body=body)
    return all_, all_.carol.got("INVITE")


def refused(all_: Parties, status: int) -> None:
    heard = [m for m in all_.border.take(CALLER) if not isinstance(m, Request)]
    assert [m.status for m in heard if m.status != 100] == [status]
    assert all_.bob.inbox() == []
    all_.border.wait(40)  # the transaction is over
    all_.border.take(CALLER)


def both_go_on(all_: Parties) -> None:
    for one, other in ((all_.alice, all_.bob), (all_.consulting, all_.carol)):
        one.ask("INVITE", body=ANSWER.replace("10.20.0.11", "192.0.2.1"))
        other.answers(other.got("INVITE"), 200, body=CAROL if other is all_.carol else ANSWER)
        one.heard(200)
        one.ack()
        other.got("ACK")
        hang_up(one, other)
    assert all_.border.over()


def test_a_colleague_takes_the_call_over() -> None:
    all_, request = asked()
    assert request.headers.to.tag == "second-there"
    assert not request.headers.has("replaces")
    all_.carol.answers(request, 200, body=CAROL_AGAIN)
    all_.carol.got("ACK")
    border = all_.border
    all_.consulting.answers(all_.consulting.got("BYE"), 200)
    dora = calling(border, border.response(CALLER, 200))
    dora.ack()
    stream = border.programs()[-1].streams[0]
    assert (stream.a.rtp, stream.b.rtp) == (("192.0.2.1", 4000), ("10.20.0.12", 8000))
    dora.ask("INFO", body="Signal=1\r\n", kind="application/dtmf-relay")
    all_.carol.answers(all_.carol.got("INFO"), 200)
    dora.heard(200)
    hang_up(all_.carol, dora)
    hang_up(all_.alice, all_.bob)
    assert border.over()
    replaced, taken, _ = border.records
    assert (replaced["linked"], taken["linked"]) == (taken["uid"], replaced["uid"])
    assert replaced["cause"]["text"] == "Transferred"  # type: ignore[index]
    assert len(border.noted("replaced")) == 1


def test_a_newcomer_may_insist_on_it() -> None:
    all_, request = asked("Require: replaces")
    assert not request.headers.has("require")
    all_.carol.answers(request, 486)
    all_.carol.got("ACK")
    refused(all_, 486)
    both_go_on(all_)


def test_without_an_offer_the_remaining_party_makes_one() -> None:
    all_, request = asked(body="")
    assert request.body == b""
    all_.carol.answers(request, 200, body=CAROL_AGAIN)
    all_.consulting.answers(all_.consulting.got("BYE"), 200)
    response = all_.border.response(CALLER, 200)
    assert b"203.0.113.10" in response.body
    dora = calling(all_.border, response)
    dora.ack(body=OFFER.replace("4000 RTP/AVP 8 0 101", "4400 RTP/AVP 8 101"))
    assert b"10.20.0.5" in all_.carol.got("ACK").body
    stream = all_.border.programs()[-1].streams[0]
    assert (stream.a.rtp, stream.b.rtp) == (("192.0.2.1", 4400), ("10.20.0.12", 8000))
    hang_up(dora, all_.carol)
    hang_up(all_.alice, all_.bob)
    assert all_.border.over()


@pytest.mark.parametrize("status", [480, 488, 500])
def test_if_the_remaining_party_refuses_the_old_call_goes_on(status: int) -> None:
    all_, request = asked()
    all_.carol.answers(request, status)
    all_.carol.got("ACK")
    refused(all_, status)
    both_go_on(all_)


def test_a_bad_answer_costs_only_the_newcomer_its_call() -> None:
    all_, request = asked()
    all_.carol.answers(request, 200, body=CAROL_AGAIN.replace("m=audio", "m=video"))
    all_.carol.got("ACK")
    back = all_.carol.got("INVITE")
    all_.carol.answers(back, 200, body=CAROL)
    all_.carol.got("ACK")
    refused(all_, 488)
    both_go_on(all_)


def test_the_newcomer_may_give_up() -> None:
    all_, request = asked()
    all_.carol.answers(request, 100)
    dora = End(
        all_.border,
        CALLER,
        local='"Alice" <sip:200@192.0.2.1>;tag=dora-tag',
        remote="<sip:300@203.0.113.10>",
        call_id="dora@192.0.2.1",
        target="sip:300@203.0.113.10",
        vias={1: "z9hG4bKdora"},
    )
    dora.cancel()
    all_.border.take(CALLER)
    all_.carol.answers(all_.carol.got("CANCEL"), 200)
    all_.carol.answers(request, 487)
    all_.carol.got("ACK")
    both_go_on(all_)


def test_who_is_replaced_may_hang_up_meanwhile() -> None:
    all_, request = asked()
    all_.consulting.ask("BYE")
    all_.consulting.heard(200)
    all_.carol.answers(request, 200, body=CAROL_AGAIN)
    dora = calling(all_.border, all_.border.response(CALLER, 200))
    dora.ack()
    all_.carol.got("ACK")
    hang_up(dora, all_.carol)
    hang_up(all_.alice, all_.bob)
    assert all_.border.over()


def test_if_the_remaining_party_hangs_up_the_newcomer_hears_it() -> None:
    all_, _ = asked()
    all_.carol.ask("BYE")
    all_.carol.heard(200)
    all_.consulting.answers(all_.consulting.got("BYE"), 200)
    refused(all_, 487)
    hang_up(all_.alice, all_.bob)
    assert all_.border.over()


def test_early_only_gets_486() -> None:
    all_ = talking(Border(LOCAL))
    taking_over(all_.border, f"{dialog(all_.consulting)};early-only")
    refused(all_, 486)
    both_go_on(all_)


@pytest.mark.parametrize("name", ["x@y;to-tag=1;from-tag=2", "carol", "bob"])
def test_what_is_no_dialog_of_that_trunk_gets_481(name: str) -> None:
    all_ = talking(Border(LOCAL))
    named = {"carol": dialog(all_.carol), "bob": dialog(all_.bob)}.get(name, name)
    taking_over(all_.border, named)
    refused(all_, 481)
    both_go_on(all_)


def test_a_dialog_that_is_just_ending_gets_603() -> None:
    all_ = talking(Border(LOCAL))
    all_.carol.ask("BYE")
    all_.carol.heard(200)
    bye = all_.consulting.got("BYE")
    taking_over(all_.border, dialog(all_.consulting))
    refused(all_, 603)
    all_.consulting.answers(bye, 200)
    hang_up(all_.alice, all_.bob)
    assert all_.border.over()


def test_two_newcomers_at_once() -> None:
    all_, request = asked()
    taking_over(all_.border, dialog(all_.consulting), name="emil")
    heard = [m for m in all_.border.take(CALLER) if not isinstance(m, Request)]
    assert [m.status for m in heard if m.status != 100] == [491]
    all_.carol.answers(request, 486)
    all_.carol.got("ACK")
    both_go_on(all_)


def test_while_it_rings_only_its_parties_can() -> None:
    """RFC 3891 §3: an early dialog is replaced by whoever began it. The named party is asked."""
    all_, request = ringing_second(Border(LOCAL))
    taking_over(all_.border, f"{dialog(all_.consulting)};early-only")
    there = all_.border.request(BRANCH, "INVITE")
    assert (there.headers.get("replaces") or "").startswith(all_.carol.call_id)
    all_.carol.answers(request, 487)
    all_.border.wait(400)
    assert all_.border.core.left_over()["aliases"] == 0


def test_no_route_is_needed_to_where_the_call_is_already() -> None:
    ends = "from: { trunk: carrier }, to: [pbx]"
    border = Border(LOCAL.replace(ends, ends.replace("}, ", "}, match: { to: '^1' }, ")))
    all_ = talking(border)
    made = invite(
        f"Replaces: {dialog(all_.consulting)}", number="border", call_id="d@x", branch="z9hG4bKd"
    )
    border.receive(made, CALLER)
    all_.carol.answers(all_.carol.got("INVITE"), 200, body=CAROL_AGAIN)
    assert all_.consulting.got("BYE").headers.call_id == "second@192.0.2.1"


def test_the_calls_of_the_trunk_count() -> None:
    border = Border(LOCAL.replace("replaces: local }", "replaces: local, limits: { calls: 2 } }"))
    all_ = talking(border)
    taking_over(border, dialog(all_.consulting))
    refused(all_, 503)
    both_go_on(all_)


def test_the_other_end_of_a_dialog_of_ours_is_no_name_for_it() -> None:
    """To-tag and from-tag the wrong way round: it is the peer's view, and names nothing here."""
    all_ = talking(Border(LOCAL))
    call_id, to_tag, from_tag = dialog(all_.consulting).split(";")
    swapped = f"{call_id};{to_tag.replace('to', 'from', 1)};{from_tag.replace('from', 'to', 1)}"
    taking_over(all_.border, swapped)
    refused(all_, 481)
    assert all_.border.heard(CALLEE) == []
    both_go_on(all_)


@pytest.mark.parametrize("replaced", ["bob", "carol"])
def test_a_party_that_came_by_a_transfer_remains_as_well(replaced: str) -> None:
    """RFC 5359 §2.15: Bob and Carol were joined; a colleague of one of them takes its place."""
    text_ = THREE.replace("  pbx: { zone: inside,", "  pbx: { zone: inside, replaces: local,")
    border = Border(text_.replace("  branch: { zone", "  branch: { replaces: local, zone"))
    all_ = talking(border)
    all_.alice.ask("REFER", refer_to(dialog(all_.consulting)))
    all_.carol.answers(all_.carol.got("INVITE"), 200, body=CAROL_AGAIN)
    all_.bob.answers(all_.bob.got("INVITE"), 200, body=ANSWER)
    for end in (all_.bob, all_.carol):
        end.got("ACK")
    border.take(CALLER)
    goes, stays = (all_.bob, all_.carol) if replaced == "bob" else (all_.carol, all_.bob)
    made = invite(f"Replaces: {dialog(goes)}", number="1", call_id="d@x", branch="z9hG4bKd")
    border.receive(made.replace(b"192.0.2.1", goes.flow.remote[0].encode()), goes.flow)
    stays.answers(stays.got("INVITE"), 200, body=CAROL_AGAIN if stays is all_.carol else ANSWER)
    stays.got("ACK")
    goes.answers(goes.got("BYE"), 200)
    newcomer = calling(border, border.response(goes.flow, 200), goes.flow)
    newcomer.ack()
    assert stays.inbox() == []
    hang_up(stays, newcomer)
    assert border.over()
    assert len(border.records) == 4
