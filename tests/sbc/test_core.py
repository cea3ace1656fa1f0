"""The core at its edges: who may speak at all, what is malformed, what operators may ask."""

import pytest

from media.control import Latched, Query, Silent
from sbc.actions import Flow
from sbc.sip.errors import BadMessage
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import hang_up, inviting, up
from tests.support.messages import invite

STRANGER = Flow("wan", "udp", ("198.51.100.66", 5060))
REJECTING = TWO_ZONES.replace(
    "outside: { trust: untrusted }", "outside: { trust: untrusted, unknown_action: reject }"
)


def test_an_unknown_source_gets_nothing_and_costs_nothing() -> None:
    border = Border()
    border.receive(invite(), STRANGER)
    assert border.out == []
    assert border.commands == []
    assert not any(border.core.left_over().values())
    assert [note.labels for note in border.noted("unknown_source")] == [
        (("zone", "outside"), ("action", "drop"))
    ]


def test_where_it_shall_be_told_an_unknown_source_gets_one_stateless_403() -> None:
    border = Border(REJECTING)
    border.receive(invite(), STRANGER)
    assert border.heard(STRANGER) == ["403"]
    assert not any(border.core.left_over().values())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        invite().replace(b"INVITE sip", b"ACK sip", 1).replace(b"1 INVITE", b"1 ACK"),
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 203.0.113.10;branch=z9hG4bKx\r\n\r\n",
    ],
)
def test_what_asks_for_no_answer_gets_none_even_there(data: bytes) -> None:
    border = Border(REJECTING)
    border.receive(data, STRANGER)
    assert border.out == []


@pytest.mark.parametrize(
    ("spoilt", "status"),
    [
        (invite().replace(b"CSeq: 1 INVITE", b"CSeq: 1 OPTIONS"), 400),
        (invite().replace(b" SIP/2.0\r\n", b" SIP/7.0\r\n", 1), 505),
        (invite().replace(b"INVITE sip:100@203.0.113.10 ", b"INVITE xyz:100 ", 1), 416),
        (invite().replace(b"Max-Forwards: 70", b"Max-Forwards: many"), 400),
        (invite(*[f"X-{number}: x" for number in range(300)]), None),
        (invite()[:100], None),
    ],
)
def test_a_malformed_request_is_refused_without_state(spoilt: bytes, status: int | None) -> None:
    border = Border()
    border.receive(spoilt, CALLER)
    assert border.heard(CALLER) == ([] if status is None else [str(status)])
    assert not any(border.core.left_over().values())
    assert len(border.noted("malformed")) == 1


def test_a_stream_that_cannot_be_framed_is_counted() -> None:
    border = Border()
    border.perform(border.core.malformed(BadMessage(400, "x"), CALLER, border.now))
    assert len(border.noted("malformed")) == 1
    assert border.out == []


def test_a_dead_path_refuses_the_call_that_waits_on_it() -> None:
    border = Border()
    inviting(border)
    border.perform(border.core.transport_failed(CALLEE, border.now))
    assert border.heard(CALLER) == ["503"]
    assert border.over()


def test_operators_see_a_call_and_its_ladder_while_it_lasts_and_after() -> None:
    border = Border()
    caller, callee = up(border)
    (listed,) = border.core.calls(border.now)
    assert border.core.trunks() == [("carrier", "pbx")]
    uid = str(listed["uid"])
    assert listed["state"] == "up"
    assert "trace" not in listed
    live = border.core.call(uid, border.now)
    assert live is not None
    assert isinstance(live["trace"], list)
    assert border.core.relay_session_query(uid) == Query(uid)
    hang_up(caller, callee)
    ended = border.core.call(uid, border.now)
    assert ended is not None
    assert ended["state"] == "ended"
    assert border.core.relay_session_query(uid) is None
    assert border.core.call("nobody", border.now) is None
    assert border.over()


def test_what_the_relay_tells_of_a_call_is_noted() -> None:
    border = Border()
    up(border)
    (uid,) = border.started
    told = Latched(uid, 0, "a", None, ("192.0.2.1", 4000))
    border.perform(border.core.relay_told(told, border.now))
    border.perform(border.core.relay_told(Silent(uid, 0, "b", "initial"), border.now))
    assert len(border.noted("latched")) == 1
    assert len(border.noted("one_way")) == 1
    border.perform(border.core.relay_told(Silent("other", 0, "b", "initial"), border.now))
    assert len(border.noted("one_way")) == 1


def test_draining_ends_calls_and_takes_no_new_ones() -> None:
    border = Border()
    caller, callee = up(border)
    border.perform(border.core.drain(border.now))
    caller.answers(caller.got("BYE"), 200)
    callee.answers(callee.got("BYE"), 200)
    border.receive(invite(call_id="late@x", branch="z9hG4bKlate", tag="late"), CALLER)
    assert border.heard(CALLER) == ["503"]
    assert border.over()


def test_records_go_by_the_wall_clock_as_it_was_set_last() -> None:
    border = Border()
    caller, callee = up(border)
    border.core.clock_set(1.8e9)
    hang_up(caller, callee)
    assert border.over()
    (record,) = border.records
    times = record["times"]
    assert isinstance(times, dict)
    assert [times[name][:10] for name in ("invite", "ended")] == ["2027-01-15"] * 2
