"""What an operator sees of a border: refused files, live calls, records, reports and metrics."""

import json
from pathlib import Path

import pytest

from tests.e2e.support.border import Border, run_sbc
from tests.e2e.support.calls import Conversation, begin
from tests.e2e.support.loopback import Loopback
from tests.e2e.support.phone import Phone
from tests.e2e.support.waiting import eventually

GOOD = """\
version: 1
interfaces:
  wan: { zone: outside, bind: 127.0.0.1, sip: [{ transport: udp, port: 15060 }], media: { ports: 20000-20999 } }
  lan: { zone: inside, bind: 127.0.0.1, sip: [{ transport: udp, port: 15070 }], media: { ports: 21000-21999 } }
zones:
  outside: { trust: untrusted }
  inside: { trust: trusted }
trunks:
  carrier: { zone: outside, endpoints: [{ uri: "sip:127.0.0.1:15062" }], identify: { sources: [127.0.0.1/32] } }
  pbx: { zone: inside, endpoints: [{ uri: "sip:127.0.0.1:15080" }], identify: { sources: [127.0.0.1/32] } }
routes:
  - { name: in, from: { trunk: carrier }, to: [pbx] }
  - { name: out, from: { trunk: pbx }, to: [carrier] }
"""  # noqa: E501


@pytest.mark.parametrize(
    ("wrong", "place", "told"),
    [
        (("trust: untrusted", "trust: untrused"), "6:21", "untrusted"),
        (("zone: outside, bind", "zone: outsider, bind"), "3:16", "outside"),
        (("to: [pbx]", "to: [pbq]"), "12:", "pbx"),
        (("ports: 20000-20999", "ports: 20000-10999"), "3:", "20000-10999"),
        (("bind: 127.0.0.1", "bind: 0.0.0.0"), "3:31", "0.0.0.0"),
        (("routes:", "rotes:"), "11:1", "routes"),
        (("ports: 21000-21999", "ports: 20500-21999"), "4:", "20"),
        (("version: 1", "version: [1"), "2:", ""),
    ],
    ids=["word", "name", "trunk", "range", "wildcard", "key", "overlap", "syntax"],
)
def test_a_file_that_cannot_work_is_refused_at_start_with_its_place(
    tmp_path: Path, wrong: tuple[str, str], place: str, told: str
) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(GOOD.replace(*wrong, 1))
    status, out, err = run_sbc("run", str(file))
    assert status == 2
    assert out == ""
    assert f"{file}:{place}" in err
    assert told in err
    assert "Traceback" not in err


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    status, _, err = run_sbc("run", str(tmp_path / "nowhere.yaml"))
    assert status == 2
    assert "nowhere.yaml" in err


def test_an_address_that_is_not_of_this_machine_is_told(tmp_path: Path) -> None:
    file = tmp_path / "foreign.yaml"
    file.write_text(GOOD.replace("bind: 127.0.0.1", "bind: 203.0.113.10", 1))
    status, _, err = run_sbc("run", str(file))
    assert status == 2
    assert f"{file}:3:" in err
    assert "203.0.113.10" in err
    assert "Traceback" not in err


@pytest.fixture
def call(border: Border, caller: Phone, callee: Phone, lo: Loopback) -> Conversation:
    conversation = begin(caller, callee, (lo.wan, 5060))
    conversation.settle()
    conversation.talk(0.5)
    return conversation


def test_a_live_call_can_be_seen(border: Border, call: Conversation, lo: Loopback) -> None:
    status, out, _ = border.command("calls")
    assert status == 0
    for shown in ("up", "phone", "100", "carrier", "pbx", "PCMA/8000", f"{lo.caller}:6000"):
        assert shown in out
    assert "calls: 1" in out

    status, out, _ = border.command("calls", "--json")
    (listed,) = json.loads(out)
    uid = listed["uid"]
    assert (listed["state"], listed["from"], listed["to"]) == ("up", "phone", "100")

    status, out, _ = border.command("call", uid[:8])
    assert status == 0
    rungs = [line for line in out.splitlines() if "│" in line]
    for word in ("INVITE", "200", "ACK"):
        assert sum(word in rung for rung in rungs) >= 2, f"{word} on both legs"
    assert "Latched to" in out
    assert f"{lo.caller}:6000" in out

    status, out, _ = border.command("call", uid, "--json")
    (stream,) = json.loads(out)["media"]
    for side in "ab":
        assert stream[side]["total"]["packets"] >= 25
        assert stream[side]["total"]["lost"] == 0

    assert border.command("call", "ffffffffffffffffffff")[0] == 1
    metrics = border.metrics()
    assert metrics.sum("sbc_calls_up", trunk="carrier") == 1
    assert metrics.sum("sbc_relay_connected") == 1


def test_a_call_that_is_over_can_be_seen_with_and_without_a_border(
    border: Border, call: Conversation, caller: Phone
) -> None:
    caller.hang_up(call.a)
    record = border.record()
    eventually("the end", lambda: not border.calls())
    for running in (True, False):
        status, out, _ = border.command("call", record["uid"][:8])
        assert status == 0
        assert "Normal call clearing" in out
        assert ("│" in out) == running, "its ladder is kept in memory only"

        status, out, _ = border.command("report", "quality", "--json")
        assert status == 0
        report = json.loads(out)
        assert report["calls"] == 1
        assert {row["trunk"] for row in report["rows"]} == {"carrier", "pbx"}
        if running:
            metrics = border.metrics()
            assert metrics.sum("sbc_streams_ended_total", heard="yes", codec="pcma") == 2
            assert metrics.sum("sbc_stream_loss_ratio_count") == 2
            assert border.stop() == 0
    assert border.command("calls")[0] == 1


def test_a_second_border_in_the_same_place_is_refused(border: Border, call: Conversation) -> None:
    status, _, err = run_sbc("run", str(border.file))
    assert status == 2
    assert "Traceback" not in err
    assert len(border.calls()) == 1
    mark = call.mark()
    call.talk(0.3)
    assert call.lost(mark) == ([], [])
