import json

from sbc.b2bua.trace import KEPT, Trace
from sbc.sip.message import Request, Response, build_request, build_response

INVITE = build_request("INVITE", "sip:x@10.0.0.7", [], b"v=0", "Application/SDP; charset=utf-8")
INFO = build_request("INFO", "sip:x@10.0.0.7", [], b"Signal=1", "application/dtmf-relay")
BYE = build_request("BYE", "sip:x@10.0.0.7", [])


def traced(*messages: Request | Response) -> list[dict[str, object]]:
    trace = Trace(began=100.0)
    for message in messages:
        trace.add(100.0, "a", "in", message)
    return trace.as_records()


def test_each_message_is_a_line_in_the_order_in_which_it_went() -> None:
    trace = Trace(began=100.0)
    trace.add(100.0, "a", "in", INVITE)
    trace.add(100.123456789, "b", "out", BYE)
    assert trace.as_records() == [
        {"at": 0.0, "leg": "a", "direction": "in", "line": "INVITE", "note": "sdp"},
        {"at": 0.123457, "leg": "b", "direction": "out", "line": "BYE", "note": ""},
    ]


def test_a_response_is_told_by_status_and_our_own_phrase() -> None:
    busy = build_response(BYE, 486, "Gone to 10.0.0.7", [("Subject", "10.0.0.7")])
    assert [record["line"] for record in traced(busy)] == ["486 Busy Here"]


def test_only_a_description_is_noted() -> None:
    answer = build_response(INVITE, 200, None, (), b"v=0", content_type="application/sdp")
    without_body = build_request("INVITE", "sip:x@y", [("Content-Type", "application/sdp")])
    untyped = build_request("INVITE", "sip:x@y", [], b"v=0")
    notes = [record["note"] for record in traced(INVITE, answer, INFO, BYE, without_body, untyped)]
    assert notes == ["sdp", "sdp", "", "", "", "sdp"]


def test_nothing_of_the_addresses_or_bodies_is_kept() -> None:
    assert "10.0.0.7" not in json.dumps(traced(INVITE, INFO, BYE))


def test_the_last_200_messages_are_kept() -> None:
    assert KEPT == 200
    records = traced(INFO, *[BYE] * 200)
    assert len(records) == 200
    assert {record["line"] for record in records} == {"BYE"}
    assert traced(INFO, *[BYE] * 199)[0]["line"] == "INFO"


def test_a_call_without_messages_has_an_empty_ladder() -> None:
    assert traced() == []
