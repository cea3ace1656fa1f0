"""RFC 3262 §3 (the callee's side) and §4 (the caller's)."""

import pytest

from sbc.dialog.reliable import ReliableReceiver, ReliableSender
from sbc.sip.message import Response
from tests.support.transactions import request, response


def progress(rseq: int, cseq: int = 7) -> Response:
    fields = [("Require", "100rel"), ("RSeq", str(rseq))]
    return response(request(cseq=cseq), 183, fields=fields)


def sending(at: float = 0.0) -> ReliableSender:
    sender = ReliableSender(first=100)
    sender.sent(progress(sender.next()), at)
    return sender


def test_numbers_rise_by_one_from_the_first() -> None:
    sender = ReliableSender(first=100)
    assert [sender.next() for _ in range(3)] == [100, 101, 102]


def test_nothing_waits_before_the_first_is_sent() -> None:
    sender = ReliableSender(first=100)
    assert not sender.waiting
    assert sender.deadline is None
    assert sender.due(5.0) is None


def test_it_is_repeated_after_t1_and_then_ever_more_slowly() -> None:
    sender, repeated = sending(), []
    while (deadline := sender.deadline) is not None:
        if sender.due(deadline) is not None:
            repeated.append(deadline)
    assert repeated == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert sender.exhausted
    assert not sender.waiting


def test_what_is_repeated_is_what_was_sent() -> None:
    sender = ReliableSender(first=100)
    first = progress(sender.next())
    sender.sent(first, 0.0)
    assert sender.due(0.4) is None
    assert sender.due(0.5) is first


def test_a_prack_that_matches_ends_the_repetitions() -> None:
    sender = sending()
    assert sender.acknowledge((100, 7, "INVITE"), 0.3)
    assert sender.deadline is None
    assert sender.due(60.0) is None
    assert not sender.exhausted


@pytest.mark.parametrize(
    "rack", [(99, 7, "INVITE"), (101, 7, "INVITE"), (100, 8, "INVITE"), (100, 7, "UPDATE")]
)
def test_a_prack_that_does_not_match_acknowledges_nothing(rack: tuple[int, int, str]) -> None:
    sender = sending()
    assert not sender.acknowledge(rack, 0.3)
    assert sender.waiting


def test_a_second_prack_acknowledges_nothing() -> None:
    sender = sending()
    sender.acknowledge((100, 7, "INVITE"), 0.3)
    assert not sender.acknowledge((100, 7, "INVITE"), 0.4)


def test_a_prack_after_64_t1_comes_too_late() -> None:
    assert not sending().acknowledge((100, 7, "INVITE"), 32.1)


def test_the_next_begins_again_at_t1() -> None:
    sender = sending()
    sender.due(0.5)
    sender.acknowledge((100, 7, "INVITE"), 0.6)
    sender.sent(progress(sender.next()), 10.0)
    assert sender.deadline == 10.5
    assert sender.acknowledge((101, 7, "INVITE"), 11.0)


def test_the_final_response_stops_it() -> None:
    sender = sending()
    sender.stop()
    assert not sender.waiting
    assert sender.deadline is None


def test_the_caller_takes_each_number_once_and_in_order() -> None:
    receiver = ReliableReceiver()
    taken = [receiver.accept(rseq) for rseq in (500, 500, 502, 501, 500, 502)]
    assert taken == [True, False, False, True, False, True]
    assert receiver.last == 502


def test_the_first_number_may_be_any_but_zero() -> None:
    receiver = ReliableReceiver()
    assert not receiver.accept(0)
    assert receiver.accept(2**31 - 1)
