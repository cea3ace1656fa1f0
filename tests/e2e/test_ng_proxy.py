"""Kamailio with its rtpengine module, and our relay where rtpengine would stand."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.support.calls import begin
from tests.e2e.support.loopback import Loopback, free_port
from tests.e2e.support.ng import NgRelay, ours
from tests.e2e.support.ng_proxy import NgProxy
from tests.e2e.support.phone import Phone
from tests.e2e.support.sipp import Sipp, listening
from tests.e2e.support.tools import require
from tests.e2e.support.waiting import eventually

CALLS = 20


@pytest.fixture
def relay(ending: ExitStack, lo: Loopback, tmp_path: Path) -> NgRelay:
    require("kamailio")
    relay = ours(
        (lo.wan, free_port(lo.wan)), [lo.wan], tmp_path, "--endpoint-learning", "immediate"
    )
    ending.callback(relay.close)
    return relay


def test_a_call_through_kamailio_has_its_media_at_our_relay(
    relay: NgRelay, ending: ExitStack, lo: Loopback, tmp_path: Path, caller: Phone, callee: Phone
) -> None:
    at = lo.lan, free_port(lo.lan)
    proxy = NgProxy(at, relay.at, (lo.callee, callee.port), tmp_path / "proxy")
    ending.callback(proxy.close)
    call = begin(caller, callee, at)
    assert call.a.far_media[0] == call.b.far_media[0] == lo.wan
    mark = call.settle()
    call.talk(1.0)
    assert call.lost(mark) == ([], [])
    sources = {heard.source for heard in callee.media.heard}
    assert sources == {call.b.far_media}
    (name,) = relay.ask("list")["calls"]
    assert name == call.a.call_id
    report = relay.ask("query", call_id=name)
    sent = caller.media.sent + callee.media.sent
    assert report["totals"]["RTP"]["packets"] == sent
    assert set(report["SSRC"]) == {str(caller.media.ssrc), str(callee.media.ssrc)}
    call.caller.hang_up(call.a)
    eventually("the end of the call at the relay", lambda: not relay.ask("list")["calls"])


def test_calls_of_sipp_come_and_go_without_a_trace(
    relay: NgRelay, ending: ExitStack, lo: Loopback, tmp_path: Path
) -> None:
    require("sipp")
    at = lo.lan, free_port(lo.lan)
    called = lo.callee, free_port(lo.callee)
    proxy = NgProxy(at, relay.at, called, tmp_path / "proxy")
    ending.callback(proxy.close)
    callee = Sipp("routed", tmp_path, called, calls=CALLS)
    ending.callback(callee.running.end)
    listening(callee)
    caller_at = lo.caller, free_port(lo.caller)
    caller = Sipp("routed", tmp_path, caller_at, at, calls=CALLS, rate=20).finish()
    callee.finish()
    for end in (caller.got("200 INVITE"), callee.got("INVITE")):
        assert len(end) >= CALLS
        for message in end:
            assert f"c=IN IP4 {lo.wan}" in message.body
    statistics = relay.ask("statistics")["statistics"]
    assert statistics["totalstatistics"]["managedsessions"] == CALLS
    assert statistics["totalstatistics"]["regularterminatedsessions"] == CALLS
    assert relay.ask("list")["calls"] == []
