"""RFC 3261 §17.1.1 and §9.1, and RFC 6026 §7.2: one test per sentence we rely on."""

import pytest

from sbc.transaction.invite_client import RELIABLE, TABLE, TIMERS, UNRELIABLE
from sbc.transaction.machine import Figure, Plan
from sbc.transaction.table import Do, On, State
from tests.support.clock import Driver

UDP = Figure(TABLE, TIMERS, UNRELIABLE).plan()
TCP = Figure(TABLE, TIMERS, RELIABLE).plan()


def test_timer_a_doubles_until_timer_b_gives_up() -> None:
    tx = Driver(UDP)
    tx.run(until=40.0)
    assert tx.times(Do.RETRANSMIT) == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert tx.times(Do.REPORT_TIMEOUT) == [32.0]
    assert tx.state is State.TERMINATED


def test_a_reliable_transport_never_retransmits() -> None:
    tx = Driver(TCP)
    tx.run(until=40.0)
    assert tx.times(Do.RETRANSMIT) == []
    assert tx.times(Do.REPORT_TIMEOUT) == [32.0]


def test_a_provisional_stops_both_timers() -> None:
    tx = Driver(UDP)
    tx.receive(On.PROVISIONAL, at=0.7)
    tx.run(until=3600.0)
    assert tx.times(Do.RETRANSMIT) == [0.5]
    assert tx.state is State.PROCEEDING
    assert tx.live_timers == 0


def test_every_provisional_is_passed_up() -> None:
    tx = Driver(UDP)
    for at in (0.1, 0.2, 9.0):
        tx.receive(On.PROVISIONAL, at=at)
    assert tx.times(Do.PASS_UP) == [0.1, 0.2, 9.0]


def test_a_repeated_failure_is_acked_again_but_not_passed_up() -> None:
    tx = Driver(UDP)
    tx.receive(On.FAILURE, at=1.0)
    tx.receive(On.FAILURE, at=2.0)
    assert tx.times(Do.SEND_ACK) == [1.0, 2.0]
    assert tx.times(Do.PASS_UP) == [1.0]


def test_timer_d_absorbs_failures_for_32_seconds_over_udp() -> None:
    tx = Driver(UDP)
    tx.receive(On.FAILURE, at=1.0)
    tx.receive(On.FAILURE, at=32.9)
    assert tx.state is State.COMPLETED
    assert tx.state_at(33.0) is State.TERMINATED


def test_timer_d_is_zero_over_tcp() -> None:
    tx = Driver(TCP)
    tx.receive(On.FAILURE, at=1.0)
    assert tx.effects == [Do.SEND_ACK, Do.PASS_UP]
    assert tx.state is State.TERMINATED
    assert tx.live_timers == 0


@pytest.mark.parametrize("plan", [UDP, TCP])
def test_every_success_is_passed_up_until_timer_m(plan: Plan) -> None:
    tx = Driver(plan)
    tx.receive(On.SUCCESS, at=1.0)
    tx.receive(On.SUCCESS, at=1.5)
    tx.receive(On.SUCCESS, at=32.9)
    assert tx.times(Do.PASS_UP) == [1.0, 1.5, 32.9]
    assert tx.state_at(33.0) is State.TERMINATED


def test_an_accepted_transaction_absorbs_failures_and_transport_errors() -> None:
    tx = Driver(UDP)
    tx.receive(On.SUCCESS, at=0.1)
    tx.receive(On.FAILURE, at=0.2)
    tx.receive(On.TRANSPORT_ERROR, at=0.3)
    assert tx.effects == [Do.PASS_UP]


def test_a_success_after_a_failure_is_a_stray() -> None:
    tx = Driver(UDP)
    tx.receive(On.FAILURE, at=1.0)
    tx.receive(On.SUCCESS, at=2.0)
    assert tx.times(Do.PASS_STRAY) == [2.0]
    assert tx.times(Do.PASS_UP) == [1.0]


@pytest.mark.parametrize("before", [[], [On.PROVISIONAL], [On.CANCEL], [On.PROVISIONAL, On.CANCEL]])
def test_a_transport_error_before_the_final_response_is_reported(before: list[On]) -> None:
    tx = Driver(UDP)
    for event in before:
        tx.receive(event, at=0.1)
    tx.receive(On.TRANSPORT_ERROR, at=0.2)
    assert tx.times(Do.REPORT_TRANSPORT_ERROR) == [0.2]
    assert tx.state is State.TERMINATED
    assert tx.live_timers == 0


def test_a_transport_error_after_the_final_response_ends_quietly() -> None:
    tx = Driver(UDP)
    tx.receive(On.FAILURE, at=1.0)
    tx.receive(On.TRANSPORT_ERROR, at=1.1)
    assert tx.times(Do.REPORT_TRANSPORT_ERROR) == []
    assert tx.state is State.TERMINATED


def test_a_cancel_waits_for_the_first_provisional() -> None:
    tx = Driver(UDP)
    tx.receive(On.CANCEL, at=0.1)
    assert tx.effects == []
    tx.receive(On.PROVISIONAL, at=2.0)
    assert tx.times(Do.SEND_CANCEL) == [2.0]


def test_while_a_cancel_waits_the_invite_is_repeated_and_given_up_as_before() -> None:
    tx = Driver(UDP)
    tx.receive(On.CANCEL, at=0.7)
    tx.run(until=40.0)
    assert tx.times(Do.RETRANSMIT) == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert tx.times(Do.REPORT_TIMEOUT) == [32.0]
    assert tx.times(Do.SEND_CANCEL) == []


@pytest.mark.parametrize("final", [On.SUCCESS, On.FAILURE])
def test_no_cancel_is_sent_once_the_final_response_came(final: On) -> None:
    tx = Driver(UDP)
    tx.receive(On.CANCEL, at=0.1)
    tx.receive(final, at=0.2)
    tx.receive(On.CANCEL, at=0.3)
    tx.run(until=100.0)
    assert tx.times(Do.SEND_CANCEL) == []
    assert tx.times(Do.PASS_UP) == [0.2]


def test_a_cancel_after_a_provisional_is_sent_at_once_and_only_once() -> None:
    tx = Driver(UDP)
    tx.receive(On.PROVISIONAL, at=0.1)
    tx.receive(On.CANCEL, at=3.0)
    tx.receive(On.CANCEL, at=4.0)
    assert tx.times(Do.SEND_CANCEL) == [3.0]


@pytest.mark.parametrize("final", [On.SUCCESS, On.FAILURE])
def test_a_cancelled_invite_still_ends_with_its_final_response(final: On) -> None:
    tx = Driver(UDP)
    tx.receive(On.PROVISIONAL, at=0.1)
    tx.receive(On.CANCEL, at=1.0)
    tx.receive(On.PROVISIONAL, at=1.1)
    tx.receive(final, at=1.2)
    tx.run(until=100.0)
    assert tx.times(Do.PASS_UP) == [0.1, 1.1, 1.2]
    assert tx.times(Do.REPORT_TIMEOUT) == []


def test_a_cancelled_invite_without_a_final_response_ends_after_64_t1() -> None:
    tx = Driver(UDP)
    tx.receive(On.PROVISIONAL, at=0.1)
    tx.receive(On.CANCEL, at=1.0)
    tx.run(until=100.0)
    assert tx.times(Do.REPORT_TIMEOUT) == [33.0]
    assert tx.state is State.TERMINATED


BEFORE_ANY_FINAL = [
    [],
    [On.PROVISIONAL],
    [On.CANCEL],
    [On.CANCEL, On.PROVISIONAL],
    [On.PROVISIONAL, On.CANCEL],
]


@pytest.mark.parametrize("before", BEFORE_ANY_FINAL)
def test_a_success_is_passed_up_and_accepted_whatever_came_before(before: list[On]) -> None:
    tx = Driver(UDP)
    for event in before:
        tx.receive(event, at=0.1)
    tx.receive(On.SUCCESS, at=1.0)
    assert tx.effects[-1] is Do.PASS_UP
    assert tx.times(Do.PASS_UP)[-1] == 1.0
    assert tx.state is State.ACCEPTED


@pytest.mark.parametrize("before", BEFORE_ANY_FINAL)
def test_a_failure_is_acked_and_completed_whatever_came_before(before: list[On]) -> None:
    tx = Driver(UDP)
    for event in before:
        tx.receive(event, at=0.1)
    tx.receive(On.FAILURE, at=1.0)
    assert tx.effects[-2:] == [Do.SEND_ACK, Do.PASS_UP]
    assert tx.state is State.COMPLETED


def test_a_second_provisional_sends_no_second_cancel() -> None:
    tx = Driver(UDP)
    for event in (On.CANCEL, On.PROVISIONAL, On.PROVISIONAL):
        tx.receive(event, at=0.1)
    assert tx.times(Do.SEND_CANCEL) == [0.1]
    assert tx.state is State.CANCELLED
