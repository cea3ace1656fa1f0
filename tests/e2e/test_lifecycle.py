"""Restarts, crashes and ends of the border's processes, in the middle of calls."""

import os
import signal
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import StartBorder
from tests.e2e.support.border import Border
from tests.e2e.support.calls import Conversation, begin
from tests.e2e.support.configs import on_loopback
from tests.e2e.support.control import relay_sessions
from tests.e2e.support.loopback import Loopback
from tests.e2e.support.phone import Phone
from tests.e2e.support.processes import alive, kill, naming
from tests.e2e.support.sipp import Sipp, listening
from tests.e2e.support.tools import require
from tests.e2e.support.waiting import eventually


@pytest.fixture
def border(start_border: StartBorder, lo: Loopback) -> Border:
    config = on_loopback(lo)
    config["zones"]["outside"]["media"] = config["zones"]["inside"]["media"] = "impatient"
    timeout = {"initial": "2s", "subsequent": "2s"}
    config["media_profiles"] = {"impatient": {"rtp_timeout": timeout}}
    return start_border(config)


@pytest.fixture
def call(border: Border, caller: Phone, callee: Phone, lo: Loopback) -> Conversation:
    """Up, with media in both directions."""
    conversation = begin(caller, callee, (lo.wan, 5060))
    conversation.settle()
    return conversation


def test_media_flow_on_while_signalling_is_killed_and_started_again(
    border: Border, call: Conversation, lo: Loopback
) -> None:
    # The journal is synced every 100 ms: what began before a kill, but not just before, is kept.
    eventually("the call's start on the disk", lambda: b"uid" in border.journal())
    relay, mark = border.relay_pid, call.mark()
    border.kill_signalling()
    call.talk(1.0)
    border.launch()

    def adopted() -> bool:
        call.talk(0.1)
        return border.relay_is_connected()

    eventually("the adoption of the relay", adopted, 20)
    assert border.relay_pid == relay
    assert call.lost(mark) == ([], [])

    # The call that signalling lost has its record, once.
    record = border.record()
    assert (record["state"], record["ended_by"]) == ("ended", "border")
    assert record["cause"]["text"] == "signalling crashed"
    assert border.metrics().sum("sbc_journal_recovered_total") == 1

    # New calls are as good as ever, beside the media of the lost one.
    assert len(relay_sessions(border.control)) == 1
    new = begin(call.caller, call.callee, (lo.wan, 5060))
    mark = new.settle()
    new.talk(0.5)
    assert new.lost(mark) == ([], [])
    new.caller.hang_up(new.a)
    border.records_when(2)
    assert border.stop() == 0
    border.start()
    assert len(border.records()) == 2


@dataclass(frozen=True, slots=True)
class Load:
    """Calls at 50 a second."""

    caller: Sipp
    callee: Sipp

    def after(self, moment: float, what: str) -> int:
        """How often the caller has got it since."""
        return sum(each.at > moment for each in self.caller.got(what))


@pytest.fixture
def load(border: Border, lo: Loopback, tmp_path: Path, ending: ExitStack) -> Load:
    """When it is there, calls are coming and going."""
    require("sipp")
    callee = Sipp("basic", tmp_path, (lo.callee, 5060), calls=1000)
    ending.callback(callee.running.end)
    listening(callee)
    caller = Sipp("basic", tmp_path, (lo.caller, 5060), (lo.wan, 5060), calls=400, rate=50)
    ending.callback(caller.running.end)
    load = Load(caller, callee)
    eventually("many calls", lambda: load.after(0, "200 INVITE") > 50, 10)
    return load


def test_no_record_is_lost_or_doubled_when_signalling_is_killed_under_load(
    border: Border, load: Load
) -> None:
    """Every call that began on the wire, but for those of the last moment, is recorded once."""
    killed = time.time()
    border.kill_signalling()
    border.start()
    eventually("calls after that", lambda: load.after(killed + 0.5, "200 BYE") > 20, 20)
    assert border.stop() == 0

    begun = {
        each.field("Call-ID") for each in load.caller.got("100 INVITE") if each.at < killed - 0.3
    }
    assert len(begun) > 30
    records = [record for record in border.records() if record["cause"]["sip"] != 503]
    recorded = Counter(record["legs"]["a"]["call_id"] for record in records)
    assert begun <= recorded.keys()
    assert set(recorded.values()) == {1}
    causes = {record["cause"]["text"] for record in records}
    assert "signalling crashed" in causes
    assert "Normal call clearing" in causes


def test_the_end_of_the_relay_ends_its_calls_with_bye_and_record(
    border: Border, call: Conversation, lo: Loopback
) -> None:
    relay = border.relay_pid
    assert relay is not None
    kill(relay)
    eventually("BYE on both sides", lambda: call.a.over and call.b.over)
    for dialog in (call.a, call.b):
        bye = dialog.received[-1]
        assert bye.method == "BYE"
        assert "Q.850;cause=" in bye.field("Reason")
    record = border.record()
    assert (record["state"], record["ended_by"]) == ("ended", "border")

    # Another relay takes its place, and calls go on.
    eventually("a new relay", border.relay_is_connected)
    assert border.relay_pid not in {None, relay}
    new = begin(call.caller, call.callee, (lo.wan, 5060))
    mark = new.settle()
    new.talk(0.5)
    assert new.lost(mark) == ([], [])


def test_the_end_of_the_relay_under_load_is_told_to_every_caller(
    border: Border, load: Load
) -> None:
    killed, relay = time.time(), border.relay_pid
    assert relay is not None
    kill(relay)
    eventually("calls after that", lambda: load.after(killed + 0.5, "200 BYE") > 20, 20)
    load.caller.running.wait(30)
    asked = {each.field("Call-ID") for each in load.caller.messages}
    told = ("200 BYE", "BYE", "503 INVITE")
    assert asked == {each.field("Call-ID") for what in told for each in load.caller.got(what)}
    assert load.after(killed, "BYE") > 0
    assert any(each.has("Retry-After") for each in load.caller.got("503 INVITE"))
    records = border.records_when(len(asked))
    assert {record["legs"]["a"]["call_id"] for record in records} == asked
    assert not border.calls()


def test_sigterm_ends_calls_with_bye_and_record_and_leaves_nothing_behind(
    border: Border, call: Conversation
) -> None:
    assert border.stop() == 0
    assert call.a.over
    assert call.b.over
    record = border.record()
    assert (record["state"], record["ended_by"]) == ("ended", "border")
    assert record["media"][0]["a"]["total"]["packets"] > 0, "with the relay's last report"
    assert not list(naming(border.directory)), "no process is left"
    assert [path.name for path in border.run_directory.iterdir()] == []


def test_sigusr1_leaves_the_relay_for_the_next_start(border: Border, call: Conversation) -> None:
    relay = border.relay_pid
    assert border.signalling is not None
    border.signalling.signal(signal.SIGUSR1)
    assert border.signalling.wait(20) == 0
    assert call.a.over
    assert border.relay_pid == relay
    border.start()
    assert border.relay_pid == relay


def test_sighup_changes_nothing(border: Border, call: Conversation) -> None:
    """A terminal that closes must not take calls with it."""
    mark, relay = call.mark(), border.relay_pid
    assert border.signalling is not None
    assert relay is not None
    for pid in (border.signalling.pid, relay):
        os.kill(pid, signal.SIGHUP)
    call.talk(0.5)
    assert border.running
    assert alive(relay)
    assert call.lost(mark) == ([], [])
    assert len(border.calls()) == 1


def test_a_silent_call_is_ended_on_both_sides(border: Border, call: Conversation) -> None:
    """M5: both phones vanish without a word."""
    eventually("BYE on both sides", lambda: call.a.over and call.b.over, 10)
    assert border.record()["ended_by"] == "border"
    assert border.metrics().events("media_dead") == 1
