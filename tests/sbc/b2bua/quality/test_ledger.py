"""Voice quality reports of phones in the records of their calls (Q7; RFC 6035)."""

import json
from pathlib import Path
from typing import Any

import pytest

from sbc.actions import Flow
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, hang_up, up
from tests.support.vq_reports import publish, report

TAKEN = TWO_ZONES.replace("refer: relay }", "refer: relay, quality_reports: take }")
BOTH = TAKEN.replace("[10.20.0.11/32] } }", "[10.20.0.11/32] }, quality_reports: take }")
REFUSING = TWO_ZONES.replace("trusted }", "trusted, events: [vq-rtcpxr] }")
STRANGER = Flow("wan", "udp", ("192.0.2.77", 5060))


def reports(border: Border) -> Any:
    (record,) = border.records
    return record["reports"]


def says(border: Border, body: str, flow: Flow = CALLER) -> None:
    """It publishes that, and is answered."""
    border.receive(publish(body, flow), flow)
    border.response(flow, 200)


def tags(end: End) -> str:
    own, other = (value.rpartition("tag=")[2] for value in (end.local, end.remote))
    return f"DialogID: {end.call_id};to-tag={other};from-tag={own}"


def test_a_report_after_the_call_is_in_its_record_which_waited_for_it() -> None:
    border = Border(TAKEN)
    caller, callee = up(border)
    hang_up(caller, callee)
    border.wait(0.5)
    assert border.records == []
    border.receive(publish(report(caller.call_id, tags(caller)), CALLER), CALLER)
    answer = border.response(CALLER, 200)
    assert answer.headers.expires == 0
    assert answer.headers.get("sip-etag")
    (one,) = reports(border)
    assert (one["leg"], one["kind"], one["remote"]) == ("a", "session", None)
    assert one["at"] == "2023-11-14T22:15:00.500Z"
    assert border.noted("quality_report")
    assert border.over()


def test_a_phone_may_report_before_the_relay_has() -> None:
    border = Border(TAKEN)
    caller, callee = up(border)
    border.answers_relay = False
    hang_up(caller, callee)
    says(border, report(caller.call_id))
    assert border.records == []
    border.answers_relay = True
    border.relay_answers()
    assert [one["leg"] for one in reports(border)] == ["a"]
    assert border.over()


def test_the_shape_of_a_report_is_that_of_the_documents() -> None:
    border = Border(TAKEN)
    caller, callee = up(border)
    hang_up(caller, callee)
    says(border, report(caller.call_id))
    page = (Path(__file__).parents[4] / "docs/cdr.md").read_text()
    example = json.loads(page.partition("```json\n")[2].partition("```")[0])
    (shown,), (one,) = example["reports"], reports(border)
    assert list(one) == list(shown)
    assert set(one["local"]) <= set(shown["local"])
    assert one["local"] == {"loss_percent": 5.0, "discard_percent": 2.0, "mos_lq": 4.1}


def test_a_record_waits_only_so_long() -> None:
    border = Border(TAKEN)
    hang_up(*up(border))
    border.wait(2.9)
    assert border.records == []
    border.wait(0.2)
    assert reports(border) == []
    assert border.over()


def test_a_record_waits_for_each_leg_that_may_still_report() -> None:
    border = Border(BOTH)
    caller, callee = up(border)
    hang_up(caller, callee)
    says(border, report(callee.call_id), CALLEE)
    assert border.records == []
    says(border, report(caller.call_id))
    assert [one["leg"] for one in reports(border)] == ["b", "a"]


def test_reports_during_the_call_are_kept_and_the_last_one_is_still_awaited() -> None:
    border = Border(TAKEN)
    caller, callee = up(border)
    interval = report(caller.call_id, "Delay: IAJ=3", kind="VQIntervalReport")
    says(border, interval)
    hang_up(caller, callee)
    assert border.records == []
    says(border, report(caller.call_id))
    assert [one["kind"] for one in reports(border)] == ["interval", "session"]


def test_a_report_that_came_before_the_end_needs_no_waiting() -> None:
    border = Border(TAKEN)
    caller, callee = up(border)
    says(border, report(caller.call_id))
    hang_up(caller, callee)
    assert len(reports(border)) == 1


def test_where_reports_are_not_taken_no_record_waits_and_nothing_crosses() -> None:
    border = Border(REFUSING)
    caller, callee = up(border)
    hang_up(caller, callee)
    assert reports(border) == []
    border.receive(publish(report(caller.call_id), CALLER), CALLER)
    border.response(CALLER, 415)
    assert border.take(CALLEE) == []


def test_an_unanswered_call_and_a_border_that_stops_keep_no_record_back() -> None:
    border = Border(TAKEN)
    caller, _ = up(border)
    hung = Border(TAKEN)
    hang_up(*up(hung))
    for each in (border, hung):
        each.perform(each.core.drain(each.now))
    assert len(hung.records) == 1
    border.wait(40)
    assert len(border.records) == 1
    assert caller.call_id


@pytest.mark.parametrize("who", [STRANGER, CALLEE])
def test_nobody_speaks_of_the_leg_of_another(who: Flow) -> None:
    """A stranger's address lies within the trunk's: it is the trunk that reports. The other leg's
    peer is another one."""
    border = Border(BOTH)
    caller, callee = up(border)
    hang_up(caller, callee)
    says(border, report(caller.call_id), who)
    stray = who is CALLEE
    assert bool(border.noted("quality_report_stray")) == stray
    border.wait(4)
    assert [one["leg"] for one in reports(border)] == ([] if stray else ["a"])


def test_a_report_of_no_call_is_answered_and_forgotten() -> None:
    border = Border(TAKEN)
    says(border, report("nobody@nowhere"))
    assert border.noted("quality_report_stray")
    assert border.over()


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [("hello", "application/vq-rtcpxr", 400), ("VQSessionReport", "text/plain", 415)],
)
def test_what_is_no_report_is_refused(body: str, kind: str, status: int) -> None:
    border = Border(TAKEN)
    border.receive(publish(body, CALLER, kind=kind), CALLER)
    answer = border.response(CALLER, status)
    assert (answer.headers.get("accept") is not None) == (status == 415)
    (note,) = border.noted("quality_report_refused")
    assert dict(note.labels) == {"trunk": "carrier", "status": str(status)}
    assert border.over()


def test_other_publications_are_none_of_its_business() -> None:
    border = Border(TAKEN)
    border.receive(publish("<presence/>", CALLER, event="presence", kind="a/b"), CALLER)
    border.receive(publish("x", CALLER, event=""), CALLER)
    assert not border.noted("quality_report_refused")
    assert not border.noted("quality_report_stray")


def test_a_call_keeps_so_many_reports_and_no_more() -> None:
    border = Border(TAKEN)
    caller, callee = up(border)
    for _ in range(30):
        body = report(caller.call_id, "Delay: IAJ=3", kind="VQIntervalReport")
        says(border, body)
    hang_up(caller, callee)
    border.wait(5)
    assert len(reports(border)) == 16
