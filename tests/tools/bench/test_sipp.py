"""SIPp's scenarios and statistics."""

from xml.etree import ElementTree

import pytest

from tools.bench.sipp import Calls, Media, Outcome, outcome, scenario

STATISTICS = [
    "StartTime;SuccessfulCall(P);SuccessfulCall(C);FailedCall(C);Retransmissions(C);",
    "x;10;10;0;0;",
    "x;5;15;1;2;",
]


def test_the_last_line_has_the_sums() -> None:
    assert outcome(STATISTICS) == Outcome(succeeded=15, failed=1, repeated=2)


def test_a_run_is_clean_when_all_calls_succeed_and_almost_nothing_is_repeated() -> None:
    calls = Calls(rate=100, count=400)
    assert Outcome(400, 0, 4).clean(calls)
    assert not Outcome(399, 1, 0).clean(calls)
    assert not Outcome(400, 0, 5).clean(calls)


def test_a_run_lasts_until_the_last_call_has_been_held() -> None:
    assert Calls(rate=100, count=400, hold=2.5).seconds == 6.5


@pytest.mark.parametrize("media", ["none", "anchored", "flowing"])
@pytest.mark.parametrize("name", ["uac", "uas"])
def test_every_scenario_is_whole_xml(name: str, media: Media) -> None:
    text = scenario(name, media)
    assert "@" not in text.replace("@[", "")
    assert ElementTree.fromstring(text.encode()).tag == "scenario"


def test_without_media_there_is_no_media_line() -> None:
    assert "m=" not in scenario("uac", "none")
    assert "m=audio" in scenario("uac", "anchored")


def test_only_the_caller_of_a_call_with_media_plays_something() -> None:
    assert "rtp_stream" in scenario("uac", "flowing")
    assert "rtp_stream" not in scenario("uac", "anchored")
