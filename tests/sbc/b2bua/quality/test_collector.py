"""Our own voice quality reports, published to a collector (Q7; RFC 6035)."""

import pytest
from msgspec.structs import replace

from media.control import ExtendedFigures, FarEnd, SessionReport, StreamReport
from sbc.actions import Flow
from sbc.b2bua.quality.vq_report import VqReport, read_report
from sbc.sip.message import Request
from tests.support.border import Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, hang_up, up
from tests.support.messages import answer
from tests.support.side_reports import received, side_report

NOC = Flow("lan", "udp", ("10.20.0.50", 5060))
CONFIG = (
    TWO_ZONES.replace(
        "routes:",
        '  noc: { zone: inside, endpoints: [{ uri: "sip:10.20.0.50" }, '
        '{ uri: "sip:10.20.0.51", priority: 2 }], identify: { sources: [10.20.0.50/31] } }\n'
        "routes:",
    )
    + "monitoring: { quality: { collector: { trunk: noc } } }\n"
)
FAR_END = FarEnd(4, 0.03, 30, 8.0, 42.0, ExtendedFigures(discard_rate=0.01, mos_lq=3.9))
STREAM = StreamReport(
    0,
    "audio",
    side_report(
        received(950, 50, jitter_ms=4.2), far_end=FAR_END, mos=3.9, mos_method="E-model G.107, PCMA"
    ),
    replace(side_report(), interface="lan", port=30000, latched=("10.20.0.11", 6000), ssrc=9),
)


def ended(border: Border, *streams: StreamReport) -> tuple[End, End]:
    caller, callee = up(border)
    border.wait(10.0)
    border.answers_relay = False
    hang_up(caller, callee)
    (ask,) = border.unanswered
    border.unanswered = []
    border.answers_relay = True
    report = SessionReport("s", 0.0, 10.0, streams)
    border.perform(border.core.relay_replied(ask.serial, report, border.now))
    return caller, callee


def published(border: Border, flow: Flow = NOC) -> list[Request]:
    return [m for m in border.take(flow) if isinstance(m, Request) and m.method == "PUBLISH"]


def test_each_leg_of_a_call_that_is_over_is_reported() -> None:
    border = Border(CONFIG)
    caller, callee = ended(border, STREAM)
    one, two = published(border)
    assert one.uri == "sip:quality@10.20.0.50"
    assert one.headers.get("event") == "vq-rtcpxr"
    assert one.headers.get("content-type") == "application/vq-rtcpxr"
    report = read_report(one.body)
    assert report == VqReport(
        kind="session",
        call_id=caller.call_id,
        local_tag=caller.remote.rpartition("tag=")[2],
        remote_tag=caller.local.rpartition("tag=")[2],
        local_id="<sip:100@sbc.invalid>",
        remote_id="<sip:200@sbc.invalid>",
        local={
            "loss_percent": 5.0,
            "jitter_ms": 4.2,
            "jitter_max_ms": 3.0,
            "round_trip_ms": 42.0,
            "mos_cq": 3.9,
            "method": "E-model G.107, PCMA",
            "codec": "PCMA",
            "rate": 8000.0,
            "start": "2023-11-14T22:15:00Z",
            "stop": "2023-11-14T22:15:10Z",
        },
        remote={
            "loss_percent": 3.0,
            "jitter_ms": 8.0,
            "discard_percent": 1.0,
            "mos_lq": 3.9,
        },
    )
    assert b"LocalAddr: IP=203.0.113.10 PORT=20000\r\n" in one.body
    assert b"RemoteAddr: IP=192.0.2.7 PORT=4000 SSRC=0x00000007\r\n" in one.body
    other = read_report(two.body)
    assert (other.call_id, other.remote) == (callee.call_id, None)
    for each in (one, two):
        border.receive(answer(each, 200), NOC)
    assert border.over()


def test_a_call_without_media_has_nothing_to_report() -> None:
    silent = side_report(received(0))
    for streams in (
        (),
        (replace(STREAM, kind="video"),),
        (StreamReport(0, "audio", silent, silent),),
    ):
        border = Border(CONFIG)
        ended(border, *streams)
        assert published(border) == []


def test_without_a_collector_nobody_is_told() -> None:
    border = Border()
    ended(border, STREAM)
    assert published(border) == []
    assert border.core.left_over()["records"] == 0


def test_a_collector_that_is_out_of_order_has_another_one() -> None:
    border = Border(CONFIG)
    ended(border, replace(STREAM, b=side_report(received(0))))
    (first,) = published(border)
    border.receive(answer(first, 503), NOC)
    (second,) = published(border, Flow("lan", "udp", ("10.20.0.51", 5060)))
    assert second.body == first.body
    border.receive(answer(second, 200), Flow("lan", "udp", ("10.20.0.51", 5060)))
    assert not border.noted("quality_report_unsent")
    assert border.over()


@pytest.mark.parametrize("status", [404, 489])
def test_a_report_that_is_refused_is_noted(status: int) -> None:
    border = Border(CONFIG)
    ended(border, replace(STREAM, b=side_report(received(0))))
    (request,) = published(border)
    border.receive(answer(request, status), NOC)
    (note,) = border.noted("quality_report_unsent")
    assert dict(note.labels) == {"trunk": "noc"}
    assert border.over()


def test_a_silent_collector_is_given_up_and_leaves_nothing() -> None:
    border = Border(CONFIG)
    ended(border, STREAM)
    assert len(published(border)) == 2
    assert border.over()
    assert len(border.noted("quality_report_unsent")) == 2


def test_a_slow_collector_does_not_hold_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sbc.b2bua.quality.collector.MOST", 1)
    border = Border(CONFIG)
    ended(border, STREAM)
    assert len(published(border)) == 1
    assert len(border.noted("quality_report_unsent")) == 1
