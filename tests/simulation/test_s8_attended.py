"""S8: an attended transfer that the border does itself: two calls become one (RFC 3515, RFC 3891,
RFC 5589 §7, RFC 5359 §2.5)."""

from urllib.parse import quote

import pytest

from media.control import Close
from sbc.sip.message import Request
from tests.simulation.test_s8_transfer import news
from tests.support.border import Border
from tests.support.ends import End, hang_up
from tests.support.messages import ANSWER
from tests.support.two_calls import (
    BOB_AGAIN,
    CAROL,
    CAROL_AGAIN,
    THREE,
    Parties,
    dialog,
    ringing_second,
    talking,
    talking_to_callers,
)


def refer_to(replaces: str) -> str:
    return f"Refer-To: <sip:300@203.0.113.10?Replaces={quote(replaces, safe='')}>"


def refer(all_: Parties, status: int = 202) -> None:
    all_.alice.ask("REFER", refer_to(dialog(all_.consulting)))
    all_.alice.heard(status)


def referred() -> tuple[Parties, Request]:
    """Carol's re-INVITE, which offers her Bob."""
    parties = talking(Border(THREE))
    refer(parties)
    assert news(parties.alice) == "100 active"
    return parties, parties.carol.got("INVITE")


def both_go_on(all_: Parties) -> None:
    for one, other in ((all_.alice, all_.bob), (all_.consulting, all_.carol)):
        one.ask("INFO", body="Signal=1\r\n", kind="application/dtmf-relay")
        other.answers(other.got("INFO"), 200)
        one.heard(200)
        one.ask("INVITE", body=ANSWER.replace("10.20.0.11", "192.0.2.1"))
        said = BOB_AGAIN if other is all_.bob else CAROL_AGAIN
        other.answers(other.got("INVITE"), 200, body=said)
        one.heard(200)
        one.ack()
        other.got("ACK")
        hang_up(one, other)
    assert all_.border.over()


def back(end: End, body: str) -> None:
    """It gets back what it had before."""
    end.answers(end.got("INVITE"), 200, body=body)
    end.got("ACK")


def closed_but_for(border: Border, kept: int) -> None:
    """The ports of all sessions but so many are given back."""
    opened = {program.session for program in border.programs()}
    closed = {each.session for each in border.commands if isinstance(each, Close)}
    assert len(opened - closed) == kept


def test_two_calls_become_one() -> None:
    all_, asked = referred()
    border = all_.border
    assert b"192.0.2" not in asked.encode()
    assert asked.headers.to.tag == "second-there"
    all_.carol.answers(asked, 200, body=CAROL_AGAIN)
    all_.carol.got("ACK")
    to_bob = all_.bob.got("INVITE")
    assert to_bob.headers.to.tag == "first-there"
    all_.bob.answers(to_bob, 200, body=BOB_AGAIN)
    all_.bob.got("ACK")
    assert news(all_.alice) == "200 terminated"
    byes = [m for m in border.take(all_.alice.flow) if isinstance(m, Request)]
    assert [m.method for m in byes] == ["BYE", "BYE"]
    assert {m.headers.call_id for m in byes} == {"first@192.0.2.1", "second@192.0.2.1"}
    all_.alice.answers(next(m for m in byes if m.headers.call_id.startswith("first")), 200)
    all_.consulting.answers(next(m for m in byes if m.headers.call_id.startswith("second")), 200)
    stream = border.programs()[-1].streams[0]
    assert (stream.a.rtp, stream.b.rtp) == (("10.20.0.11", 6000), ("10.20.0.12", 8000))
    closed_but_for(border, 1)
    for one, other in ((all_.bob, all_.carol), (all_.carol, all_.bob)):
        one.ask("INFO", body="Signal=1\r\n", kind="application/dtmf-relay")
        other.answers(other.got("INFO"), 200)
        one.heard(200)
    hang_up(all_.carol, all_.bob)
    assert border.over()
    first, second, joined = border.records
    assert (first["linked"], second["linked"]) == (joined["uid"], joined["uid"])
    assert (joined["from"], joined["to"]) == ("100", "300")
    assert joined["linked"] in {first["uid"], second["uid"]}
    assert [each["cause"]["text"] for each in (first, second)] == ["Transferred"] * 2  # type: ignore[index]
    assert len(border.noted("transferred")) == 1


def test_whoever_called_whom() -> None:
    """Bob and Carol have called Alice: each of them is the caller of its call."""
    all_ = talking_to_callers(Border(THREE))
    refer(all_)
    assert news(all_.alice) == "100 active"
    all_.carol.answers(all_.carol.got("INVITE"), 200, body=CAROL_AGAIN)
    all_.carol.got("ACK")
    all_.bob.answers(all_.bob.got("INVITE"), 200, body=BOB_AGAIN)
    all_.bob.got("ACK")
    assert news(all_.alice) == "200 terminated"
    all_.border.take(all_.alice.flow)
    stream = all_.border.programs()[-1].streams[0]
    assert (stream.a.rtp, stream.b.rtp) == (("10.20.0.11", 6000), ("10.20.0.12", 8000))
    hang_up(all_.bob, all_.carol)
    assert all_.border.over()
    assert [(each["from"], each["to"]) for each in all_.border.records][-1] == ("100", "300")


def test_to_each_party_it_is_the_same_session_in_a_later_version() -> None:
    all_, asked = referred()
    all_.carol.answers(asked, 200, body=CAROL_AGAIN)
    again = all_.bob.got("INVITE")
    for request, number in ((asked, "300"), (again, "100")):
        first = next(d for _, d in all_.border.sent if f"INVITE sip:{number}@10".encode() in d)
        before, after = (origin(each) for each in (first, request.encode()))
        assert before[1] == after[1]
        assert int(before[2]) < int(after[2])


def origin(data: bytes) -> list[str]:
    return next(line for line in data.decode().split("\r\n") if line.startswith("o=")).split()


@pytest.mark.parametrize("status", [404, 488, 503, 603])
def test_a_target_that_refuses_stays_where_it_was(status: int) -> None:
    all_, asked = referred()
    all_.carol.answers(asked, status)
    all_.carol.got("ACK")
    assert news(all_.alice) == f"{status} terminated"
    assert all_.bob.inbox() == all_.carol.inbox() == []
    closed_but_for(all_.border, 2)
    both_go_on(all_)


@pytest.mark.parametrize("status", [488, 503])
def test_if_the_transferred_party_refuses_the_target_gets_back_what_it_had(status: int) -> None:
    all_, asked = referred()
    all_.carol.answers(asked, 200, body=CAROL_AGAIN)
    all_.carol.got("ACK")
    all_.bob.answers(all_.bob.got("INVITE"), status)
    all_.bob.got("ACK")
    assert news(all_.alice) == f"{status} terminated"
    back(all_.carol, CAROL)
    both_go_on(all_)


def test_answers_that_fit_no_offer_cost_no_call() -> None:
    all_, asked = referred()
    all_.carol.answers(asked, 200)  # no description
    all_.carol.got("ACK")
    assert news(all_.alice) == "488 terminated"
    back(all_.carol, CAROL)
    refer(all_)
    assert news(all_.alice) == "100 active"
    all_.carol.answers(all_.carol.got("INVITE"), 200, body=CAROL_AGAIN)
    all_.carol.got("ACK")
    all_.bob.answers(all_.bob.got("INVITE"), 200, body=BOB_AGAIN.replace("m=audio", "m=video"))
    all_.bob.got("ACK")
    assert news(all_.alice) == "488 terminated"
    back(all_.carol, CAROL)
    back(all_.bob, ANSWER)
    both_go_on(all_)


def test_glare_with_the_target_is_waited_out() -> None:
    all_, asked = referred()
    for _ in range(3):
        all_.carol.answers(asked, 491)
        all_.carol.got("ACK")
        all_.border.wait(3)
        asked = all_.carol.got("INVITE")
    all_.carol.answers(asked, 200, body=CAROL_AGAIN)
    all_.bob.answers(all_.bob.got("INVITE"), 200, body=BOB_AGAIN)
    assert news(all_.alice) == "200 terminated"


def test_a_target_that_is_busy_for_ever_is_given_up() -> None:
    all_, asked = referred()
    for turn in range(6):
        all_.carol.answers(asked, 491)
        all_.carol.got("ACK")
        all_.border.wait(3)
        if turn < 5:
            asked = all_.carol.got("INVITE")
    assert news(all_.alice) == "491 terminated"
    both_go_on(all_)


def test_offers_of_the_parties_wait_meanwhile() -> None:
    all_, asked = referred()
    for end in (all_.alice, all_.consulting, all_.bob):
        end.ask("INVITE", body=ANSWER)
        end.heard(491)
        end.ack()
    all_.carol.answers(asked, 486)
    all_.carol.got("ACK")
    news(all_.alice)
    both_go_on(all_)


def test_the_referrer_may_hang_up_both_at_once() -> None:
    all_, asked = referred()
    for end in (all_.alice, all_.consulting):
        end.ask("BYE")
        end.heard(200)
    assert all_.bob.inbox() == all_.carol.inbox() == []
    all_.carol.answers(asked, 200, body=CAROL_AGAIN)
    all_.carol.got("ACK")
    all_.bob.answers(all_.bob.got("INVITE"), 200, body=BOB_AGAIN)
    all_.bob.got("ACK")
    hang_up(all_.bob, all_.carol)
    assert all_.border.over()


def test_if_the_referrer_is_gone_and_it_fails_nobody_is_kept() -> None:
    all_, asked = referred()
    for end in (all_.alice, all_.consulting):
        end.ask("BYE")
        end.heard(200)
    all_.carol.answers(asked, 500)
    for end in (all_.bob, all_.carol):
        end.answers(end.got("BYE"), 200)
    assert all_.border.over()


def test_the_transferred_party_may_hang_up_meanwhile() -> None:
    all_, asked = referred()
    all_.carol.answers(asked, 100)
    all_.bob.ask("BYE")
    all_.bob.heard(200)
    all_.alice.answers(all_.alice.got("BYE"), 200)
    all_.carol.answers(all_.carol.got("CANCEL"), 200)
    all_.carol.answers(asked, 200, body=CAROL_AGAIN)  # it crosses our CANCEL
    all_.carol.got("ACK")
    back(all_.carol, CAROL)
    hang_up(all_.consulting, all_.carol)
    assert all_.border.over()


@pytest.mark.parametrize("answered", [False, True])
def test_the_target_may_hang_up_meanwhile(answered: bool) -> None:
    all_, asked = referred()
    if answered:
        all_.carol.answers(asked, 200, body=CAROL_AGAIN)
        all_.carol.got("ACK")
        to_bob = all_.bob.got("INVITE")
        all_.bob.answers(to_bob, 100)
    all_.carol.ask("BYE")
    all_.carol.heard(200)
    assert news(all_.alice) == "487 terminated"
    all_.consulting.answers(all_.consulting.got("BYE"), 200)
    if answered:
        all_.bob.answers(all_.bob.got("CANCEL"), 200)
        all_.bob.answers(to_bob, 487)
        all_.bob.got("ACK")
    all_.border.take(all_.carol.flow)
    hang_up(all_.alice, all_.bob)
    assert all_.border.over()


def test_without_ports_for_the_joined_call_both_go_on() -> None:
    border = Border(THREE, ports=8)
    all_ = talking(border)
    refer(all_)
    alice = all_.alice
    first, last = sorted(
        (m for m in border.take(alice.flow) if isinstance(m, Request)),
        key=lambda m: m.headers.cseq.number,
    )
    assert (first.body, last.body) == (
        b"SIP/2.0 100 Trying\r\n",
        b"SIP/2.0 503 Service Unavailable\r\n",
    )
    alice.answers(first, 200)
    alice.answers(last, 200)
    assert all_.bob.inbox() == all_.carol.inbox() == []
    hang_up(alice, all_.bob)
    hang_up(all_.consulting, all_.carol)
    assert border.over()


def test_a_silent_target_is_given_up_and_its_calls_with_it() -> None:
    """RFC 3261 §12.2.1.2: a dialog in which nobody answers is over."""
    all_, _ = referred()
    all_.border.wait(40)
    assert "NOTIFY" in all_.alice.inbox()
    all_.border.take(all_.carol.flow)
    assert all_.bob.inbox() == []
    hang_up(all_.alice, all_.bob)
    assert all_.border.over()


def test_only_a_call_of_ones_own_can_be_given_away() -> None:
    all_ = talking(Border(THREE))
    for replaces in (dialog(all_.carol), dialog(all_.bob), "x@y;to-tag=1;from-tag=2"):
        all_.alice.ask("REFER", refer_to(replaces))
        all_.alice.heard(603)
    all_.bob.ask("REFER", refer_to(dialog(all_.consulting)))
    all_.bob.heard(603)
    both_go_on(all_)


def test_the_call_itself_is_no_target() -> None:
    all_ = talking(Border(THREE))
    all_.alice.ask("REFER", refer_to(dialog(all_.alice)))
    all_.alice.heard(603)
    both_go_on(all_)


def test_early_only_does_not_name_a_call_that_is_up() -> None:
    all_ = talking(Border(THREE))
    all_.alice.ask("REFER", refer_to(dialog(all_.consulting) + ";early-only"))
    all_.alice.heard(486)
    both_go_on(all_)


def test_a_target_that_rings_yet_gets_481() -> None:
    all_, request = ringing_second(Border(THREE))
    refer(all_, 481)
    all_.carol.answers(request, 200, body=CAROL)
    all_.consulting.heard(200)
    all_.consulting.ack(1)
    all_.carol.got("ACK")
    both_go_on(all_)


def test_one_transfer_of_each_call_at_a_time() -> None:
    all_, asked = referred()
    for end, other in ((all_.alice, all_.consulting), (all_.consulting, all_.alice)):
        for _ in range(20):
            end.ask("REFER", refer_to(dialog(other)))
            end.heard(491)
    assert len(all_.border.core.calls(all_.border.now)) == 3
    all_.carol.answers(asked, 486)
    all_.carol.got("ACK")
    news(all_.alice)
    both_go_on(all_)


@pytest.mark.parametrize(
    ("replaces", "status"),
    [
        ("a@b", 400),
        ("", 400),
        ("a@b;to-tag=1;from-tag=2&Replaces=a@b;to-tag=1;from-tag=2", 400),
        (";to-tag=1;from-tag=2" * 200, 400),
    ],
)
def test_what_names_no_dialog_is_bad(replaces: str, status: int) -> None:
    all_ = talking(Border(THREE))
    embedded = quote(replaces, safe="&=")
    all_.alice.ask("REFER", f"Refer-To: <sip:300@203.0.113.10?Replaces={embedded}>")
    all_.alice.heard(status)
    both_go_on(all_)


def test_a_fault_while_joining_ends_no_other_call(monkeypatch: pytest.MonkeyPatch) -> None:
    all_, asked = referred()
    monkeypatch.setattr("sbc.b2bua.setup._final_description", lambda *_: 1 / 0)
    all_.carol.answers(asked, 200, body=CAROL_AGAIN)
    all_.carol.got("ACK")
    assert len(all_.border.noted("call_fault")) == 1
    monkeypatch.undo()
    assert news(all_.alice) == "500 terminated"
    back(all_.carol, CAROL)
    both_go_on(all_)
