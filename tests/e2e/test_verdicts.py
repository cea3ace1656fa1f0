"""Verdicts on calls that go wrong in known ways, with real sockets and processes (Q2, Q10, M5)."""

import os
import signal
import time

from tests.e2e.conftest import StartBorder
from tests.e2e.support.border import Border, Json
from tests.e2e.support.calls import Conversation, begin
from tests.e2e.support.configs import on_loopback
from tests.e2e.support.loopback import Loopback
from tests.e2e.support.media import talk
from tests.e2e.support.phone import Phone
from tests.e2e.support.waiting import eventually

QUICK = {"no_media_after": "1500ms", "one_way_after": "1500ms", "late_after": "1s"}


def judged(border: Border, call: Conversation) -> tuple[Json, Json]:
    """The two directions of a call that ends now."""
    call.caller.hang_up(call.a)
    (media,) = border.record(10.0)["media"]
    return media["a"], media["b"]


def quick(start_border: StartBorder, lo: Loopback) -> Border:
    config = on_loopback(lo)
    config["monitoring"]["quality"] = {"verdicts": QUICK}
    return start_border(config)


def test_what_our_own_host_drops_is_counted_named_and_ours(
    border: Border, caller: Phone, callee: Phone, lo: Loopback
) -> None:
    call = begin(caller, callee, (lo.wan, 5060))
    call.settle()
    call.talk(1.0)
    relay = border.relay_pid
    assert relay is not None
    os.kill(relay, signal.SIGSTOP)
    try:
        call.talk(2.0)
    finally:
        os.kill(relay, signal.SIGCONT)
    call.talk(1.0)
    a, b = judged(border, call)
    for side in (a, b):
        assert side["kernel_drops"] > 30, "a socket holds some 19 packets"
        assert side["kernel_drops"] == side["total"]["missing"] == side["losses"]["at"]
        assert side["losses"]["before"] == 0
        assert (side["verdict"]["name"], side["verdict"]["where"]) == ("kernel_drop", "at")
        assert f"{side['interface']}:{side['port']}" in side["verdict"]["evidence"]
    metrics = border.metrics()
    dropped = a["kernel_drops"] + b["kernel_drops"]
    assert metrics.sum("sbc_stream_kernel_drops_total") == dropped
    assert metrics.sum("sbc_socket_drops_total", process="relay") >= dropped
    late = metrics.sum("sbc_event_loop_lag_seconds_bucket", process="relay", le="+Inf")
    assert late > metrics.sum("sbc_event_loop_lag_seconds_bucket", process="relay", le="1.0")
    assert metrics.sum("sbc_stream_verdicts_total", verdict="kernel_drop", where="at") == 2


def test_a_port_that_nobody_listens_on_is_named(
    start_border: StartBorder, caller: Phone, callee: Phone, lo: Loopback
) -> None:
    border = start_border(on_loopback(lo))
    call = begin(caller, callee, (lo.wan, 5060))
    call.settle()
    callee.media.rtp.close()
    talk(call.ends[:1], 3.5)
    a, b = judged(border, call)
    assert (a["verdict"]["name"], a["verdict"]["where"]) == ("port_unreachable", "after")
    assert f"{lo.callee}:6000 refused (ICMP)" in a["verdict"]["evidence"]
    assert b["refused"] >= 3
    assert a["refused"] == 0


def test_one_way_is_seen_while_the_call_lasts(
    start_border: StartBorder, caller: Phone, callee: Phone, lo: Loopback
) -> None:
    border = quick(start_border, lo)
    call = begin(caller, callee, (lo.wan, 5060))
    talk(call.ends[:1], 2.0)

    def names() -> list[str]:
        talk(call.ends[:1], 0.1)
        (live,) = border.calls()
        return [live["media"][0][side]["verdict"]["name"] for side in "ab"]

    eventually("one way in the list of calls", lambda: names() == ["ok", "one_way"])
    _, shown, errors = border.command("calls")
    assert "one_way (before)" in shown, (shown, errors)
    _, b = judged(border, call)
    assert (b["verdict"]["name"], b["verdict"]["where"]) == ("one_way", "before")
    assert f"from {lo.callee}:6000" in b["verdict"]["evidence"]
    status, out, _ = border.command("report", "quality", "--csv", "--by", "trunk")
    assert status == 0
    heading, *rows = (line.split(",") for line in out.splitlines())
    told = {row[0]: dict(zip(heading, row, strict=True)) for row in rows}
    assert told["pbx"]["verdict_one_way"] == told["carrier"]["verdict_ok"] == "1"


def test_silence_of_both_and_a_late_beginning_are_told_apart(
    start_border: StartBorder, caller: Phone, callee: Phone, lo: Loopback
) -> None:
    border = quick(start_border, lo)
    call = begin(caller, callee, (lo.wan, 5060))
    time.sleep(2.0)
    (live,) = border.calls()
    assert [live["media"][0][side]["verdict"]["name"] for side in "ab"] == ["no_media"] * 2
    call.talk(2.0)
    a, b = judged(border, call)
    assert a["verdict"]["name"] == b["verdict"]["name"] == "late"
    assert 1900 < a["first_packet_ms"] < 4000
