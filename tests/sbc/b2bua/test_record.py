"""The record of a call has the shape that docs/cdr.md tells of, whatever became of the call."""

import json
import re
from pathlib import Path

from msgspec.structs import replace

from media.control import (
    ExtendedFigures,
    FarEnd,
    Losses,
    SessionReport,
    SideReport,
    StreamReport,
    Totals,
    Verdict,
)
from sbc.actions import Flow
from sbc.b2bua.record import media_of
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import called, calling, hang_up, inviting, ringing, up
from tests.support.messages import ANSWER, answer, invite

PAGE = (Path(__file__).parents[3] / "docs" / "cdr.md").read_text()
EXAMPLE = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])

TOTALS = Totals(1000, 172000, 0, 1, 0, 1.2, 3.9, 24.1, 19.98)
SIDE = SideReport(
    interface="lan",
    port=40000,
    expected=("10.20.0.11", 6000),
    latched=("10.20.0.11", 6000),
    latch_mode="none",
    rejected=0,
    rejected_sources=("198.51.100.9:61000",),
    codec="PCMA/8000",
    ssrc=1234,
    first_packet_ms=21.0,
    total=TOTALS,
    interval=TOTALS,
    forwarded=998,
    held=2,
    far_end=FarEnd(4, 0.0195, 20, 6.4, 4.2),
    mos=4.4,
    mos_method="E-model G.107",
    worst=TOTALS,
    losses=Losses(0, 0, 0),
    verdict=Verdict("ok", None, ""),
)
FAR_END = FarEnd(4, 0.0, 0, 1.9, 32.4, ExtendedFigures(loss_rate=0.0))
STREAM = StreamReport(0, "audio", replace(SIDE, interface="wan"), replace(SIDE, far_end=FAR_END))


def everything(value: object) -> object:
    """Keys alone, however deep; of a list its first member."""
    if isinstance(value, dict):
        return {key: everything(inner) for key, inner in value.items()}
    return everything(value[0]) if isinstance(value, list) and value else None


def shape(value: object, depth: int = 2) -> object:
    """Keys alone."""
    if isinstance(value, dict) and depth:
        return {key: shape(inner, depth - 1) for key, inner in value.items()}
    return None


def test_an_ended_call_has_the_shape_of_the_page() -> None:
    border = Border()
    caller, callee = up(border)
    hang_up(caller, callee)
    (record,) = border.records
    told = shape(EXAMPLE)
    assert isinstance(told, dict)
    told.pop("trace", None)
    assert shape(record) == told
    assert json.loads(json.dumps(record)) == record


def test_a_refused_call_lacks_no_part_of_it() -> None:
    border = Border()
    border.receive(invite("Require: foo"), CALLER)
    (record,) = border.records
    assert set(record) == set(EXAMPLE) - {"trace"}
    assert record["cause"] == {"sip": 420, "q850": 127, "text": "requires foo"}


def test_times_are_utc_and_durations_are_seconds() -> None:
    border = Border()
    _, callee, request = ringing(border)
    border.wait(2)
    callee.answers(request, 486)
    (record,) = border.records
    times = record["times"]
    assert isinstance(times, dict)
    assert times["invite"] == "2023-11-14T22:15:00.000Z"
    assert times["ended"] == "2023-11-14T22:15:02.000Z"
    assert times["answered"] is None
    assert record["duration_s"] is None


def test_a_live_call_says_where_it_stands() -> None:
    border = Border()
    request, callee = inviting(border)
    states = [border.core.calls(border.now)[0]["state"]]
    callee.answers(request, 180)
    states.append(border.core.calls(border.now)[0]["state"])
    assert states == ["trying", "ringing"]


def test_a_report_becomes_plain_values() -> None:
    assert media_of(SessionReport("s", 0.0, 1.0, ())) == []
    (stream,) = media_of(SessionReport("s", 0.0, 1.0, (STREAM,)))
    assert isinstance(stream, dict)
    assert stream["a"]["latched"] == ("10.20.0.11", 6000)


def test_a_whole_call_is_told_to_the_last_field() -> None:
    first = Flow("lan", "udp", ("10.20.0.12", 5060))
    both = '{ uri: "sip:10.20.0.12" }, { uri: "sip:10.20.0.11", priority: 2 }'
    text = TWO_ZONES.replace('{ uri: "sip:10.20.0.11" }', both).replace(".11/32", ".0/24")
    border = Border(text)
    alice, bob = "a" * 32, "b" * 32
    border.receive(invite(f"Session-ID: {alice}", "User-Agent: Phone 1"), CALLER)
    border.receive(answer(border.request(first, "INVITE"), 503), first)
    request = border.request(CALLEE, "INVITE")
    callee = called(border, request)
    border.wait(0.5)
    callee.answers(request, 180)
    border.wait(0.7346)
    callee.answers(request, 200, f"Session-ID: {bob}", "Server: PBX 1.0", body=ANSWER)
    ok = border.response(CALLER, 200)
    caller = calling(border, ok)
    caller.ack()
    border.wait(20.0004)
    border.answers_relay = False
    hang_up(caller, callee)
    report = SessionReport(border.unanswered[-1].command.session, 0.0, 21.0, (STREAM,))  # type: ignore[union-attr]
    border.perform(border.core.relay_replied(border.unanswered[-1].serial, report, border.now))
    (record,) = json.loads(json.dumps(border.records))
    assert record == {
        "uid": border.started[0],
        "node": "sbc",
        "session_id": f"{alice};remote={bob}",
        "linked": None,
        "route": "in",
        "from": "200",
        "to": "100",
        "asserted": [],
        "privacy": None,
        "diverted": [],
        "state": "ended",
        "times": {
            "invite": "2023-11-14T22:15:00.000Z",
            "ringing": "2023-11-14T22:15:00.500Z",
            "answered": "2023-11-14T22:15:01.234Z",
            "ended": "2023-11-14T22:15:21.235Z",
        },
        "setup_s": 1.235,
        "duration_s": 20.0,
        "ended_by": "caller",
        "cause": {"sip": 200, "q850": 16, "text": "Normal call clearing"},
        "attempts": [
            {"trunk": "pbx", "endpoint": "sip:10.20.0.12", "status": 503},
            {"trunk": "pbx", "endpoint": "sip:10.20.0.11", "status": 200},
        ],
        "legs": {
            "a": {
                "zone": "outside",
                "trunk": "carrier",
                "user": None,
                "interface": "wan",
                "transport": "udp",
                "remote": "192.0.2.1:5060",
                "call_id": "abc@192.0.2.1",
                "local_tag": ok.headers.to.tag,
                "remote_tag": "alice-tag",
                "user_agent": "Phone 1",
                "reason": {"heard": None, "told": None},
            },
            "b": {
                "zone": "inside",
                "trunk": "pbx",
                "user": None,
                "interface": "lan",
                "transport": "udp",
                "remote": "10.20.0.11:5060",
                "call_id": request.headers.call_id,
                "local_tag": request.headers.from_.tag,
                "remote_tag": "bob-tag",
                "user_agent": "PBX 1.0",
                "reason": {"heard": None, "told": "Q.850;cause=16"},
            },
        },
        "media": json.loads(json.dumps(media_of(report))),
        "reports": [],
    }
    # Those of phones are compared with the documents in quality/test_ledger.py.
    assert everything(record | {"reports": EXAMPLE["reports"]}) == everything(EXAMPLE)


def test_a_refused_call_is_told_to_the_last_field() -> None:
    border = Border()
    border.receive(invite("Require: foo"), CALLER)
    (record,) = border.records
    uid = record.pop("uid")
    assert isinstance(uid, str)
    assert len(uid) == 16
    assert record == {
        "node": "sbc",
        "session_id": None,
        "linked": None,
        "route": None,
        "from": "200",
        "to": "100",
        "asserted": [],
        "privacy": None,
        "diverted": [],
        "state": "ended",
        "times": {
            "invite": "2023-11-14T22:15:00.000Z",
            "ringing": None,
            "answered": None,
            "ended": "2023-11-14T22:15:00.000Z",
        },
        "setup_s": None,
        "duration_s": None,
        "ended_by": "border",
        "cause": {"sip": 420, "q850": 127, "text": "requires foo"},
        "attempts": [],
        "legs": {"a": {"zone": "outside", "trunk": "carrier", "user": None}, "b": None},
        "media": [],
        "reports": [],
    }


def test_a_call_that_is_up_lasts_until_now_and_has_not_ended() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    told = [border.core.calls(border.now)[0]]
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    border.wait(3)
    told.append(border.core.calls(border.now)[0])
    border.answers_relay = False
    hang_up(caller, callee)
    border.wait(1)
    told.append(border.core.calls(border.now)[0])
    assert [each["state"] for each in told] == ["up", "up", "ending"]
    assert [each["duration_s"] for each in told] == [0.0, 3.0, 3.0]
    assert [each["ended_by"] for each in told] == [None, None, "caller"]
    assert [each["cause"] is None for each in told] == [True, True, False]


def test_a_call_that_waits_for_ports_has_called_nobody() -> None:
    border = Border()
    border.answers_relay = False
    border.receive(invite(), CALLER)
    (call,) = border.core.calls(border.now)
    assert (call["state"], call["attempts"], call["media"]) == ("trying", [], [])
    assert call["legs"]["b"] is None  # type: ignore[index]


def test_the_ladder_of_a_live_call_is_shown_to_whoever_asks_for_that_call() -> None:
    border = Border()
    inviting(border)
    (call,) = border.core.calls(border.now)
    assert "trace" not in call
    asked = border.core.call(str(call["uid"]), border.now)
    assert asked is not None
    assert [each["line"] for each in asked["trace"]] == ["INVITE", "INVITE"]  # type: ignore[attr-defined]


def test_names_of_a_peer_are_kept_writable_and_short() -> None:
    border = Border()
    request = invite(call_id="<wild>", tag="<tag>").replace(b"<wild>", b"\xff\x01" + b"c" * 300)
    border.receive(request.replace(b"<tag>", b"t" * 256 + b"u"), CALLER)
    (call,) = border.core.calls(border.now)
    leg = call["legs"]["a"]  # type: ignore[index]
    assert (leg["call_id"], leg["remote_tag"]) == ("??" + "c" * 254, "t" * 256)
    assert leg["user_agent"] is None
    json.dumps(call).encode()
