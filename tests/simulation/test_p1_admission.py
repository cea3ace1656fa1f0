"""P1, R7: calls at once are counted by the trunk they come from; a stopping border takes none."""

import pytest

from sbc.actions import Flow
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import called, calling, hang_up, up
from tests.support.messages import ANSWER, invite

ONE_CALL = TWO_ZONES.replace("  carrier: {", "  carrier: { limits: { calls: 1 },")


def another() -> bytes:
    return invite(call_id="second@192.0.2.1", branch="z9hG4bKsecond", tag="other")


def test_one_call_more_than_allowed_is_refused_and_recorded() -> None:
    border = Border(ONE_CALL)
    caller, callee = up(border)
    border.receive(another(), CALLER)
    assert border.response(CALLER, 503).headers.get("retry-after") == "5"
    assert callee.inbox() == []
    (record,) = border.records
    assert record["cause"] == {"sip": 503, "q850": 41, "text": "trunk is full"}
    assert (record["state"], record["legs"]) == (
        "ended",
        {"a": {"zone": "outside", "trunk": "carrier", "user": None}, "b": None},
    )
    hang_up(caller, callee)
    assert border.over()


@pytest.mark.parametrize("how", ["refused", "unanswered", "hung up", "no ports"])
def test_a_call_that_ends_makes_room(how: str) -> None:
    border = Border(ONE_CALL, ports=0 if how == "no ports" else 1000)
    if how == "hung up":
        hang_up(*up(border))
    else:
        border.receive(invite(), CALLER)
        if how == "refused":
            request = border.request(CALLEE, "INVITE")
            called(border, request).answers(request, 486)
    border.wait(400)
    border.take(CALLER)
    border.take(CALLEE)
    border.ports_left = 1000
    border.receive(another(), CALLER)
    request = border.request(CALLEE, "INVITE")
    callee = called(border, request)
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    callee.got("ACK")
    hang_up(caller, callee)
    assert border.over()


def test_calls_to_a_trunk_do_not_count_on_it() -> None:
    border = Border(ONE_CALL)
    flow = CALLEE
    out = another().replace(b"100@203.0.113.10", b"49@10.20.0.5")
    for number in range(2):
        border.receive(out.replace(b"second", b"out%d" % number), flow)
    assert border.heard(CALLER) == ["INVITE", "INVITE"]


def test_a_stopping_border_ends_its_calls_and_takes_no_more() -> None:
    border = Border()
    caller, callee = up(border)
    border.receive(another(), CALLER)
    waiting = border.request(CALLEE, "INVITE")
    border.perform(border.core.drain(border.now))
    heard = border.take(CALLER)
    assert sorted(str(message) for message in heard) == [
        "<Request BYE>",
        "<Response 100>",
        "<Response 503>",
    ]
    for message in heard:
        if str(message) == "<Request BYE>":
            caller.answers(message, 200)  # type: ignore[arg-type]
    callee.answers(callee.got("BYE"), 200)
    called(border, waiting).answers(waiting, 180)
    called(border, waiting).answers(waiting, 487)
    border.take(CALLEE)
    border.receive(invite(call_id="third", branch="z9hG4bKthird", tag="third"), CALLER)
    assert border.response(CALLER, 503).headers.get("retry-after") == "30"
    options = invite(call_id="ping", branch="z9hG4bKping", tag="ping").replace(
        b"INVITE", b"OPTIONS"
    )
    border.receive(options, CALLER)
    border.response(CALLER, 503)
    assert border.heard(CALLEE) == []
    assert border.over()
    assert [record["cause"] for record in border.records] == [
        {"sip": 503, "q850": 41, "text": "The border is stopping"}
    ] * 2 + [{"sip": 503, "q850": 41, "text": "the border is stopping"}]


def test_a_call_over_tcp_goes_back_on_its_connection() -> None:
    border = Border()
    flow = Flow("wan", "tcp", ("192.0.2.1", 33333))
    border.receive(invite().replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"), flow)
    request = border.request(CALLEE, "INVITE")
    callee = called(border, request)
    callee.answers(request, 200, body=ANSWER)
    callee.got("ACK")
    ok = border.response(flow, 200)
    assert ";transport=tcp" in ok.headers.contacts[0].uri
    caller = calling(border, ok, flow)
    caller.ack()
    hang_up(callee, caller)
    assert border.over()
