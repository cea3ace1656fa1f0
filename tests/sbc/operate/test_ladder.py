import pytest

from sbc.operate.ladder import WIDTH, ladder
from tests.support.call_records import call


def drawn(leg: str, direction: str, line: str = "INVITE", **more: object) -> str:
    entry = {"at": 0.25, "leg": leg, "direction": direction, "line": line, **more}
    return ladder(call(trace=[entry]))[-1]


@pytest.mark.parametrize(
    ("leg", "direction", "rungs"),
    [
        ("a", "in", "│─── INVITE ──────────────►│                          │"),
        ("a", "out", "│◄────────────── INVITE ───│                          │"),
        ("b", "out", "│                          │─── INVITE ──────────────►│"),
        ("b", "in", "│                          │◄────────────── INVITE ───│"),
    ],
)
def test_an_arrow_stands_on_its_leg_and_points_as_the_message_went(
    leg: str, direction: str, rungs: str
) -> None:
    assert drawn(leg, direction) == f"   0.250 {rungs}"


def test_what_is_said_of_a_message_stands_beside_it() -> None:
    assert drawn("a", "in", note="sdp PCMA").endswith("│  sdp PCMA")


def test_a_long_line_is_cut_and_keeps_its_arrow() -> None:
    rung = drawn("a", "out", "480 Temporarily Unavailable, and for long")
    assert rung.split("│")[1].startswith("◄── 480 Temporarily")
    assert "…" in rung
    assert len(rung.split("│")[1]) == WIDTH


def test_both_legs_stand_side_by_side_under_their_addresses() -> None:
    trace = [
        {"at": 0.0, "leg": "a", "direction": "in", "line": "INVITE"},
        {"at": 0.001, "leg": "b", "direction": "out", "line": "INVITE"},
        {"at": 1234.5, "leg": "b", "direction": "in", "line": "BYE"},
    ]
    names, addresses, zones, *rungs = ladder(call(trace=trace))
    assert names.split() == ["caller", "sbc", "callee"]
    assert addresses.split() == ["10.20.0.11:5060", "192.0.2.1:5060"]
    assert zones.split() == ["core", "carriers"]
    assert len(rungs) == 3
    assert {rung.index("│") for rung in rungs} == {9}
    assert rungs[2].startswith("1234.500 ")


def test_a_call_without_a_trace_has_no_ladder() -> None:
    assert ladder(call()) == []


def test_a_trace_of_another_shape_still_gives_rungs() -> None:
    record = {"trace": [{"line": "INVITE\x1b[2J"}, {}], "legs": None}
    rungs = ladder(record)
    assert len(rungs) == 5
    assert "\x1b" not in "".join(rungs)
