from rich.console import Console

from sbc.demo.show import Measured, Secret, story
from tests.support.call_records import call


def shown(record: dict[str, object], secrets: list[Secret]) -> str:
    directions = [
        Measured("caller → desk", "a", 0.03, 6.0, 291, 9, 291),
        Measured("desk → caller", "b", 0.0, 0.0, 300, 0, 300),
    ]
    console = Console(width=200, color_system=None)
    with console.capture() as captured:
        console.print(story(record, secrets, directions))
    return captured.get()


def test_a_secret_that_stayed_behind_is_told_from_a_leak() -> None:
    text = shown({}, [Secret("tag", "abc", False), Secret("Call-ID", "xyz", True)])
    assert [line.split()[-1] for line in text.splitlines() if "abc" in line] == ["no"]
    assert any("YES: a leak" in line for line in text.splitlines() if "xyz" in line)


def test_what_was_put_in_stands_above_what_was_measured() -> None:
    text = shown({}, [])
    lines = [line for line in text.splitlines() if line.startswith("loss")]
    assert "3.00 %" in lines[0]
    assert "–" in lines[1]


def test_a_latch_that_differs_from_the_sdp_is_told() -> None:
    text = shown(call(), [])
    assert "The caller's SDP said" in text
    assert "latched to" in text


def test_the_ladder_and_the_mos_method_are_there() -> None:
    rung = {"at": 0.0, "leg": "a", "direction": "in", "line": "INVITE", "note": "sdp"}
    text = shown(call(trace=[rung]), [])
    assert "INVITE" in text
    assert "E-model" in text
