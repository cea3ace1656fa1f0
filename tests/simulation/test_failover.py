"""R4: another endpoint or trunk is tried where that may help, and never where it may not."""

import pytest

from media.control import Close, Dead, Failed, Open
from sbc.actions import Flow
from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, called, calling, hang_up
from tests.support.messages import ANSWER, OFFER, answer, invite

TWO_ENDPOINTS = TWO_ZONES.replace(
    '[{ uri: "sip:10.20.0.11" }], identify: { sources: [10.20.0.11/32] }',
    '[{ uri: "sip:10.20.0.11" }, { uri: "sip:10.20.0.12", priority: 2 }],'
    " identify: { sources: [10.20.0.0/24] }",
)
SECOND = Flow("lan", "udp", ("10.20.0.12", 5060))

TWO_TRUNKS = (
    TWO_ZONES.replace(
        "zones:\n",
        "  dmz: { zone: middle, bind: 172.16.0.5, sip: [{ transport: udp, port: 5060 }],"
        " media: { ports: 40000-40999 } }\nzones:\n  middle: { trust: trusted }\n",
    )
    .replace(
        "routes:\n",
        '  spare: { zone: middle, endpoints: [{ uri: "sip:172.16.0.11" }],'
        " identify: { sources: [172.16.0.11/32] } }\nroutes:\n",
    )
    .replace("to: [pbx]", "to: [pbx, spare]")
)
ELSEWHERE = Flow("dmz", "udp", ("172.16.0.11", 5060))


def tried(border: Border, flow: Flow) -> tuple[Request, End]:
    request = border.request(flow, "INVITE")
    return request, called(border, request, flow)


def attempts(border: Border) -> list[tuple[object, object]]:
    (record,) = border.records
    assert isinstance(record["attempts"], list)
    return [(each["endpoint"], each["status"]) for each in record["attempts"]]


def finish(border: Border, request: Request, callee: End) -> None:
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    callee.got("ACK")
    hang_up(caller, callee)
    assert border.over()


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_fault_of_one_endpoint_has_the_next_one_tried(status: int) -> None:
    border = Border(TWO_ENDPOINTS)
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, status)
    first.got("ACK")
    again, second = tried(border, SECOND)
    assert again.headers.call_id != request.headers.call_id
    assert again.headers.from_.tag != request.headers.from_.tag
    assert again.uri == "sip:100@10.20.0.12"
    assert [type(command).__name__ for command in border.commands] == ["Open"]  # the ports stay
    assert border.heard(CALLER) == []
    finish(border, again, second)
    assert attempts(border) == [("sip:10.20.0.11", status), ("sip:10.20.0.12", 200)]


def test_silence_of_one_endpoint_has_the_next_one_tried() -> None:
    border = Border(TWO_ENDPOINTS)
    border.receive(invite(), CALLER)
    border.wait(3.9)
    assert border.heard(SECOND) == []
    border.wait(0.1)
    request, second = tried(border, SECOND)
    finish(border, request, second)
    assert attempts(border)[0] == ("sip:10.20.0.11", 408)


def test_a_dead_path_to_one_endpoint_has_the_next_one_tried() -> None:
    border = Border(TWO_ENDPOINTS)
    border.receive(invite(), CALLER)
    border.perform(border.core.transport_failed(CALLEE, border.now))
    request, second = tried(border, SECOND)
    finish(border, request, second)
    assert attempts(border)[0] == ("sip:10.20.0.11", 503)


@pytest.mark.parametrize("status", [302, 404, 480, 486, 487, 488, 600, 603])
def test_an_answer_of_the_user_is_final(status: int) -> None:
    border = Border(TWO_ENDPOINTS)
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, status)
    border.response(CALLER, status)
    assert border.heard(SECOND) == []
    assert border.over()


def test_the_last_refusal_reaches_the_caller() -> None:
    border = Border(TWO_ENDPOINTS)
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, 503)
    again, second = tried(border, SECOND)
    second.answers(again, 500)
    border.response(CALLER, 500)
    assert border.over()
    assert attempts(border) == [("sip:10.20.0.11", 503), ("sip:10.20.0.12", 500)]


@pytest.mark.parametrize("reliable", [False, True])
def test_nobody_else_is_tried_once_the_caller_has_heard_media(reliable: bool) -> None:
    border = Border(TWO_ENDPOINTS)
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, 183, *(("Require: 100rel", "RSeq: 1") if reliable else ()), body=ANSWER)
    first.answers(request, 503)
    border.response(CALLER, 503)
    assert border.heard(SECOND) == []
    assert border.over()


def test_mere_ringing_does_not_bind_the_call_to_who_rang() -> None:
    border = Border(TWO_ENDPOINTS)
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, 180)
    ringing = border.response(CALLER, 180)
    first.answers(request, 503)
    again, second = tried(border, SECOND)
    stale = calling(border, ringing)
    stale.ask("INFO")
    stale.heard(481)
    finish(border, again, second)


def test_a_cancel_reaches_who_is_being_tried() -> None:
    border = Border(TWO_ENDPOINTS)
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, 180)
    caller = calling(border, border.response(CALLER, 180))
    caller.vias[1] = "z9hG4bKfirst"
    first.answers(request, 503)
    again, second = tried(border, SECOND)
    second.answers(again, 180)
    border.take(CALLER)
    caller.cancel()
    caller.heard(487)
    second.answers(second.got("CANCEL"), 200)
    second.answers(again, 487)
    assert border.over()
    assert attempts(border) == [("sip:10.20.0.11", 503), ("sip:10.20.0.12", None)]


def test_a_trunk_behind_another_interface_gets_media_of_its_own() -> None:
    border = Border(TWO_TRUNKS)
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, 503)
    again, other = tried(border, ELSEWHERE)
    assert b"c=IN IP4 172.16.0.5" in again.body
    opened, closed, reopened = border.commands
    assert isinstance(opened, Open)
    assert isinstance(reopened, Open)
    assert closed == Close(opened.session)
    assert reopened.session != opened.session
    finish(border, again, other)
    legs = border.records[0]["legs"]
    assert isinstance(legs, dict)
    assert (legs["b"]["zone"], legs["b"]["trunk"]) == ("middle", "spare")


def test_word_of_the_first_medias_end_does_not_touch_the_second() -> None:
    border = Border(TWO_TRUNKS)
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, 503)
    again, other = tried(border, ELSEWHERE)
    (old,) = {command.session for command in border.commands if isinstance(command, Close)}
    border.perform(border.core.relay_told(Dead(old, "initial"), border.now))
    border.perform(border.core.relay_replied(9999, Failed(old, "no_session", ""), border.now))
    finish(border, again, other)


def test_the_early_dialog_of_a_trunk_that_failed_may_be_ended_while_ports_are_looked_for() -> None:
    border = Border(TWO_TRUNKS)
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, 180)
    caller = calling(border, border.response(CALLER, 180))
    border.answers_relay = False
    first.answers(request, 503)
    caller.ask("BYE")
    assert caller.inbox() == ["200", "487"]
    border.answers_relay = True
    border.relay_answers()
    assert border.heard(ELSEWHERE) == []
    assert border.over()


def test_it_rings_no_longer_than_it_may_even_while_ports_are_looked_for() -> None:
    patient = TWO_TRUNKS.replace("to: [", "failover: { setup_budget: 180s }, to: [")
    border = Border(patient)
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, 180)
    border.wait(178)
    border.answers_relay = False
    first.answers(request, 503)
    border.wait(3)
    assert border.heard(CALLER)[1] == "480"
    border.answers_relay = True
    border.relay_answers()
    assert border.over()


def test_an_offer_that_still_waits_for_ports_when_its_maker_fails_is_dropped() -> None:
    border = Border(TWO_ENDPOINTS)
    border.receive(invite("Supported: 100rel", body=""), CALLER)
    request, first = tried(border, CALLEE)
    border.answers_relay = False
    first.answers(request, 183, "Require: 100rel", "RSeq: 1", body=ANSWER)
    first.answers(request, 503)
    border.answers_relay = True
    border.relay_answers()
    assert border.heard(CALLER) == []
    again, second = tried(border, SECOND)
    second.answers(again, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack(body=OFFER)
    second.got("ACK")
    hang_up(caller, second)
    assert border.over()


def test_each_trunk_gets_the_offer_that_it_wants() -> None:
    inserting = TWO_TRUNKS.replace("  spare: {", "  spare: { offerless: insert,")
    border = Border(inserting)
    border.receive(invite(body=""), CALLER)
    request, first = tried(border, CALLEE)
    assert request.body == b""
    first.answers(request, 503)
    again, other = tried(border, ELSEWHERE)
    assert b"m=audio 3000" in again.body
    other.answers(again, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack(body=OFFER)
    other.got("ACK")
    hang_up(caller, other)
    assert border.over()


def test_a_codec_policy_that_leaves_nothing_for_the_next_trunk_ends_the_call() -> None:
    narrow = TWO_ENDPOINTS.replace(
        "zones:\n", "codec_policies: { wide: { allow: [opus] } }\nzones:\n"
    )
    narrow = narrow.replace(
        "routes:\n",
        '  other: { zone: inside, codec_policy: wide, endpoints: [{ uri: "sip:10.20.1.11" }],'
        " identify: { sources: [10.20.1.11/32] } }\nroutes:\n",
    ).replace("to: [pbx]", "to: [pbx, other]")
    border = Border(narrow)
    border.receive(invite(), CALLER)
    for flow in (CALLEE, SECOND):
        request, end = tried(border, flow)
        end.answers(request, 503)
    border.response(CALLER, 488)
    assert border.over()


def test_after_its_budget_no_other_is_tried() -> None:
    border = Border(TWO_ENDPOINTS)
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, 180)
    border.wait(20)
    first.answers(request, 503)
    assert border.heard(SECOND) == []
    border.response(CALLER, 503)
    assert border.over()


def test_a_server_that_only_says_100_is_not_given_up() -> None:
    border = Border(TWO_ENDPOINTS)
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, 100)
    border.wait(10)
    assert border.heard(SECOND) == []
    first.answers(request, 200, body=ANSWER)
    border.response(CALLER, 200)


def test_what_comes_late_from_a_server_that_was_given_up_is_ended() -> None:
    border = Border(TWO_ENDPOINTS)
    border.receive(invite(), CALLER)
    border.wait(4)
    late = next(m for m in border.take(CALLEE) if isinstance(m, Request))
    request, second = tried(border, SECOND)
    border.receive(answer(late, 200, body=ANSWER), CALLEE)
    assert border.heard(CALLEE)[:2] == ["ACK", "BYE"]
    assert border.heard(CALLER) == []
    second.answers(request, 200, body=ANSWER)
    border.response(CALLER, 200)


def test_one_that_has_just_failed_is_tried_last_for_a_while() -> None:
    """RFC 3263 §4.3 (S15)"""
    border = Border(TWO_ENDPOINTS)
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, 503)
    assert border.request(SECOND, "INVITE").uri
    border.receive(invite(call_id="two@192.0.2.1", branch="z9hG4bKtwo"), CALLER)
    assert border.heard(CALLEE) == ["ACK"]
    assert border.heard(SECOND) == ["INVITE"]
    assert len(border.noted("target_cools")) == 1
    border.wait(31)
    border.take(CALLEE)
    border.receive(invite(call_id="three@192.0.2.1", branch="z9hG4bKthree"), CALLER)
    assert border.heard(CALLEE) == ["INVITE"]


def after(*, causes: str = "", budget: str = "20s") -> str:
    said = f"setup_budget: {budget}" + (f", causes: {causes}" if causes else "")
    return TWO_ENDPOINTS.replace("to: [pbx] }", f"to: [pbx], failover: {{ {said} }} }}")


@pytest.mark.parametrize(("status", "again"), [(404, True), (486, True), (503, False)])
def test_a_route_says_after_which_answers_another_is_tried(status: int, again: bool) -> None:
    border = Border(after(causes="[404, 486, timeout]"))
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, status)
    assert border.heard(SECOND) == (["INVITE"] if again else [])


def test_silence_and_a_dead_path_are_causes_of_their_own() -> None:
    """A 408 that somebody said is not the silence that it stands for otherwise."""
    border = Border(after(causes="[timeout]"))
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, 408)
    border.response(CALLER, 408)
    border = Border(after(causes="[timeout]"))
    border.receive(invite(), CALLER)
    border.wait(4)
    assert border.heard(SECOND) == ["INVITE"]
    border = Border(after(causes="[408]"))
    border.receive(invite(), CALLER)
    border.wait(19.9)
    assert (border.heard(CALLER), border.heard(SECOND)) == ([], [])
    border.wait(0.1)
    border.response(CALLER, 408)
    border = Border(after(causes="[408, timeout]"))
    border.receive(invite(), CALLER)
    border.perform(border.core.transport_failed(CALLEE, border.now))
    border.response(CALLER, 503)


def test_the_last_silent_server_is_not_waited_for_beyond_the_budget() -> None:
    border = Border(after(budget="10s"))
    border.receive(invite(), CALLER)
    border.wait(4)
    border.take(SECOND)
    border.wait(5.9)
    assert border.heard(CALLER) == []
    border.wait(0.1)
    border.response(CALLER, 408)
    assert border.over()
    assert attempts(border) == [("sip:10.20.0.11", 408), ("sip:10.20.0.12", 408)]


def test_the_last_server_has_its_time_whatever_the_budget() -> None:
    border = Border(after(budget="5s"))
    border.receive(invite(), CALLER)
    border.wait(4)
    border.take(SECOND)
    border.wait(3.9)
    assert border.heard(CALLER) == []
    border.wait(0.1)
    border.response(CALLER, 408)


@pytest.mark.parametrize(("asked", "until"), [("120", 119), ("0", None), ("100000000", 3500)])
def test_retry_after_says_for_how_long_a_server_is_passed_over(
    asked: str, until: int | None
) -> None:
    """RFC 3261 §21.5.4 (S15); never for longer than an hour."""
    border = Border(TWO_ENDPOINTS)
    border.receive(invite(), CALLER)
    request, first = tried(border, CALLEE)
    first.answers(request, 503, f"Retry-After: {asked}")
    again, second = tried(border, SECOND)
    second.answers(again, 486)
    border.wait(until or 1)
    assert first_tried(border, "two") == (CALLEE if until is None else SECOND)
    border.wait(150)
    assert first_tried(border, "three") == CALLEE


def first_tried(border: Border, name: str) -> Flow:
    """By one more call, which is then over."""
    border.out = []
    border.receive(invite(call_id=f"{name}@x", branch=f"z9hG4bK{name}"), CALLER)
    (flow,) = (to for to, m in border.out if isinstance(m, Request))
    request, end = tried(border, flow)
    end.answers(request, 486)
    return flow
