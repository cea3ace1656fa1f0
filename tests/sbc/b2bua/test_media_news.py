"""What the relay tells unasked is noted, and the call hears what concerns it (Q2, M5)."""

import pytest

from media.control import Dead, Judged, KeyPressed, Latched, Silent, Verdict
from tests.support.border import Border
from tests.support.ends import hang_up, up

LOSSY = Verdict("lossy", "after", "of 1000 packets lost: before us 1, here 0, after us 70")


def told(border: Border, event: Dead | Judged | KeyPressed | Latched | Silent) -> None:
    border.perform(border.core.relay_told(event, border.now))


@pytest.mark.parametrize(
    ("side", "zone", "trunk"), [("a", "outside", "carrier"), ("b", "inside", "pbx")]
)
def test_a_bad_stream_is_noted_by_who_sends_it(side: str, zone: str, trunk: str) -> None:
    border = Border()
    ends = up(border)
    session = border.programs()[0].session
    told(border, Judged(session, 0, side, LOSSY))  # type: ignore[arg-type]
    (note,) = border.noted("stream_bad")
    labels = {"zone": zone, "trunk": trunk, "side": side, "verdict": "lossy"}
    assert dict(note.labels) == labels
    detail = {"call": border.started[0], "where": "after", "why": LOSSY.evidence}
    assert dict(note.detail) == detail
    told(border, Judged(session, 0, side, Verdict("ok", None, "")))  # type: ignore[arg-type]
    (note,) = border.noted("stream_good")
    assert dict(note.labels)["verdict"] == "ok"
    hang_up(*ends)
    assert border.over()


def test_a_source_that_is_not_the_signalled_one_is_remembered() -> None:
    border = Border()
    ends = up(border)
    session = border.programs()[0].session
    told(border, Latched(session, 0, "a", ("192.0.2.1", 4000), ("192.0.2.9", 4)))
    (note,) = border.noted("latched")
    assert dict(note.detail)["source"] == "192.0.2.9:4"
    hang_up(*ends)
    assert border.over()


def test_dead_media_end_the_call_and_news_of_no_call_are_no_news() -> None:
    border = Border()
    up(border)
    told(border, Dead("nobody", "initial"))
    assert not border.noted("media_dead")
    told(border, Dead(border.programs()[0].session, "initial"))
    assert border.noted("media_dead")
    border.wait(40)
    (record,) = border.records
    assert record["ended_by"] == "border"
