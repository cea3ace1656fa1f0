import io
import json
import logging
import re
from errno import ENOSPC
from ipaddress import ip_address
from typing import Any

import pytest

from sbc.actions import Note
from sbc.operate.events import EVENTS
from sbc.operate.log import Log

IPV4 = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}")

PRIVATE = {
    "source": "192.0.2.77:5060",
    "remote": "[2001:db8::77]:5060",
    "called": "+49691234567",
    "caller": "1001",
    "uri": "sip:robert@203.0.113.5",
    "call_id": "f81d4fae-7dec@10.20.0.11",
    "text": "dropped INVITE sip:walter@10.0.0.1 from 198.51.100.7:1024 to tel:+4930123456",
    "authorization": 'Digest username="robert", response="canary"',
}
ADDRESSES = ["192.0.2.77", "2001:db8", "10.0.0.1", "198.51.100.7", "203.0.113.5", "10.20.0.11"]
NAMES = ["49691234567", "1001", "robert", "f81d4fae", "walter", "4930123456"]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def logged(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_note_is_one_line_of_json() -> None:
    stream = io.StringIO()
    Log(stream).note(
        Note("unknown_source", (("zone", "outside"), ("method", "INVITE")), (("uid", "ab12"),))
    )
    (line,) = logged(stream)
    assert list(line)[:3] == ["at", "level", "event"]
    assert line["at"].endswith("Z")
    del line["at"]
    assert line == {
        "level": "info",
        "event": "unknown_source",
        "zone": "outside",
        "method": "INVITE",
        "uid": "ab12",
    }


def test_no_note_shows_an_address_a_number_or_a_uri() -> None:
    stream = io.StringIO()
    log = Log(stream)
    for event in [*EVENTS, "unknown"]:
        log.note(Note(event, (("zone", "outside"), ("method", "10.0.0.1")), tuple(PRIVATE.items())))
        log.event(event, **PRIVATE)
    fault = ValueError("bad Contact <sip:robert@203.0.113.5> from 192.0.2.77")
    log.fault("fault", fault, **PRIVATE)
    assert len(logged(stream)) == 2 * len(EVENTS) + 3
    # The moments are left out: their digits may be anything.
    written = re.sub(r'"at": "[^"]*"', "", stream.getvalue())
    assert not IPV4.search(written)
    for private in [*ADDRESSES, *NAMES, "canary"]:
        assert private not in written


def test_a_clear_log_shows_all_but_secrets() -> None:
    stream = io.StringIO()
    Log(stream, clear=True).note(Note("unknown_source", (), tuple(PRIVATE.items())))
    shown = stream.getvalue()
    assert all(private in shown for private in [*ADDRESSES, *NAMES])
    assert "canary" not in shown


def test_an_address_can_be_followed_through_the_lines_of_a_run() -> None:
    stream = io.StringIO()
    log = Log(stream)
    for event in ("unknown_source", "call_refused"):
        log.note(Note(event, (), (("source", "192.0.2.77:5060"),)))
    first, second = logged(stream)
    assert first["source"] == second["source"]


def test_a_flood_is_cut_and_told() -> None:
    stream, clock = io.StringIO(), Clock()
    log = Log(stream, clock=clock)
    for _ in range(1000):
        log.note(Note("unknown_source"))
        log.event("tick")
        log.fault("fault", ValueError())
    assert len(logged(stream)) == 60
    clock.now = 60.0
    log.note(Note("unknown_source"))
    assert logged(stream)[-1]["left_out"] == "980"


def test_a_fault_tells_the_way_to_it() -> None:
    stream = io.StringIO()
    empty: list[int] = []
    try:
        empty[1]
    except IndexError as error:
        Log(stream).fault("call_fault", error, uid="ab12")
    (line,) = logged(stream)
    assert (line["level"], line["uid"]) == ("error", "ab12")
    assert "test_log.py" in line["traceback"]
    assert "IndexError" in line["traceback"]


def test_a_field_cannot_pose_as_one_of_the_line_itself() -> None:
    stream = io.StringIO()
    Log(stream).note(Note("real", (("event", "fake"),), (("level", "fake"), ("method_name", "x"))))
    (line,) = logged(stream)
    assert (line["event"], line["event_"]) == ("real", "fake")
    assert (line["level"], line["level_"]) == ("info", "fake")


def test_a_peer_cannot_add_a_line() -> None:
    stream = io.StringIO()
    Log(stream).note(Note("odd", (), (("text", 'x\n{"event":"fake"}\x1b[2J'),)))
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()


@pytest.fixture
def standard() -> Any:
    stream = io.StringIO()
    logger = logging.Logger("aiohttp.server")
    logger.addHandler(Log(stream, clock=Clock()).handler())
    return logger, stream


def test_lines_of_other_libraries_are_redacted_too(standard: Any) -> None:
    logger, stream = standard
    try:
        ip_address("192.0.2.77:5060")
    except ValueError:
        logger.exception("peer %s", "198.51.100.7")
    (line,) = logged(stream)
    assert (line["logger"], line["level"]) == ("aiohttp.server", "error")
    assert "ValueError" in line["traceback"]
    assert not IPV4.search(stream.getvalue())


def test_lines_of_other_libraries_are_limited_by_where_they_come_from(standard: Any) -> None:
    logger, stream = standard
    for _ in range(100):
        logger.warning("flood")
    logger.warning("something else")
    assert len(logged(stream)) == 21


def test_a_line_that_cannot_be_formatted_is_the_librarys_fault_and_not_ours(
    standard: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    logger, stream = standard
    logger.warning("%d", "not a number")
    assert stream.getvalue() == ""
    assert "TypeError" in capsys.readouterr().err


def test_a_log_that_nobody_takes_is_counted_and_ends_nothing() -> None:
    stream = io.StringIO()
    log = Log(stream)
    stream.close()
    log.note(Note("unknown_source"))
    assert log.lost == 1


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(ENOSPC, "No space left on device")


def test_a_full_disk_is_counted_too() -> None:
    log = Log(Full())
    log.note(Note("unknown_source"))
    assert log.lost == 1


def test_without_a_stream_it_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    Log().event("started", node="sbc")
    assert json.loads(capsys.readouterr().err)["event"] == "started"
