import pytest

from sbc.sip.message import Request, parse
from tools.bench.one_message import MESSAGES, Caller, measure, parts
from tools.bench.table import Results


def starts(messages: list[bytes]) -> list[str]:
    found = map(parse, messages)
    return [each.method if isinstance(each, Request) else str(each.status) for each in found]


def test_a_call_is_whole() -> None:
    caller = Caller()
    caller.call()
    assert starts(caller.run.received) == ["INVITE", "100", "180", "200", "ACK", "BYE", "200"]
    assert starts(caller.run.sent) == ["100", "INVITE", "180", "ACK", "200", "200", "BYE"]


def test_calls_differ_so_that_nothing_is_known_from_the_last_one() -> None:
    caller = Caller()
    caller.call()
    caller.call()
    received = caller.run.received
    assert len(received) == 2 * MESSAGES
    assert not set(received[:MESSAGES]) & set(received[MESSAGES:])


def test_both_descriptions_are_anchored() -> None:
    caller = Caller()
    caller.call()
    offer, answer = (message.body for message in map(parse, caller.run.sent) if message.body)
    assert b"c=IN IP4 127.0.0.52" in offer
    assert b"m=audio 20002 " in offer
    assert b"c=IN IP4 127.0.0.51" in answer
    assert b"m=audio 20000 " in answer


def test_the_parts_are_the_whole() -> None:
    caller = Caller()
    for _ in range(3):
        caller.call()
    found = parts(caller.run, 3)
    assert sum(found.values()) == pytest.approx(caller.run.seconds)
    assert all(seconds > 0 for name, seconds in found.items() if name != "the rest: agent")


def test_the_table_has_microseconds_and_the_share_of_each_part() -> None:
    results = Results()
    measure(4, results)
    assert [(row.what, row.unit) for row in results.rows.values()] == [
        ("a message through the core", "µs"),
        ("… read and checked", "µs"),
        ("… read and checked, of the whole", "%"),
        ("… descriptions", "µs"),
        ("… descriptions, of the whole", "%"),
        ("… written", "µs"),
        ("… written, of the whole", "%"),
        ("… the rest: agent", "µs"),
        ("… the rest: agent, of the whole", "%"),
    ]
    shares = [row.values["sbc"][0] for row in results.rows.values() if row.unit == "%"]
    assert sum(shares) == pytest.approx(100)
