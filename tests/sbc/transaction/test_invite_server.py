"""RFC 3261 §17.2.1 and §9.2, and RFC 6026 §7.1: one test per sentence we rely on."""

import pytest

from sbc.transaction.invite_server import RELIABLE, TABLE, TIMERS, UNRELIABLE
from sbc.transaction.machine import Figure, Plan
from sbc.transaction.table import Do, On, State
from tests.support.clock import Driver

UDP = Figure(TABLE, TIMERS, UNRELIABLE).plan()
TCP = Figure(TABLE, TIMERS, RELIABLE).plan()


def test_a_repeated_invite_gets_the_last_provisional_again() -> None:
    tx = Driver(UDP)
    tx.receive(On.REQUEST, at=0.5)
    tx.receive(On.PROVISIONAL, at=1.0)
    tx.receive(On.REQUEST, at=1.5)
    assert tx.effects == [Do.RETRANSMIT, Do.SEND, Do.RETRANSMIT]
    assert tx.state is State.PROCEEDING


def test_it_waits_for_the_tu_as_long_as_it_takes() -> None:
    tx = Driver(UDP)
    assert tx.state_at(3600.0) is State.PROCEEDING
    assert tx.live_timers == 0


def test_timer_g_repeats_a_failure_ever_more_slowly_until_timer_h() -> None:
    tx = Driver(UDP)
    tx.receive(On.FAILURE, at=0.0)
    tx.run(until=100.0)
    assert tx.times(Do.RETRANSMIT) == [0.5, 1.5, 3.5, *[7.5 + 4 * step for step in range(7)]]
    assert tx.state is State.TERMINATED


def test_over_tcp_a_failure_is_sent_once() -> None:
    tx = Driver(TCP)
    tx.receive(On.FAILURE, at=0.0)
    tx.run(until=31.9)
    assert tx.effects == [Do.SEND]
    assert tx.state is State.COMPLETED
    assert tx.state_at(32.0) is State.TERMINATED


def test_a_repeated_invite_gets_the_failure_again() -> None:
    tx = Driver(TCP)
    tx.receive(On.FAILURE, at=0.0)
    tx.receive(On.REQUEST, at=1.0)
    assert tx.times(Do.RETRANSMIT) == [1.0]


def test_an_ack_ends_the_repetitions_and_is_not_passed_up() -> None:
    tx = Driver(UDP)
    tx.receive(On.FAILURE, at=0.0)
    tx.receive(On.ACK, at=0.7)
    tx.run(until=5.6)
    assert tx.effects == [Do.SEND, Do.RETRANSMIT]
    assert tx.state is State.CONFIRMED


def test_timer_i_absorbs_repeated_acks_for_t4() -> None:
    tx = Driver(UDP)
    tx.receive(On.FAILURE, at=0.0)
    tx.receive(On.ACK, at=1.0)
    tx.receive(On.ACK, at=5.9)
    tx.receive(On.REQUEST, at=5.95)
    assert tx.state is State.CONFIRMED
    assert tx.state_at(6.0) is State.TERMINATED


def test_timer_i_is_zero_over_tcp() -> None:
    tx = Driver(TCP)
    tx.receive(On.FAILURE, at=0.0)
    tx.receive(On.ACK, at=1.0)
    assert tx.state is State.TERMINATED
    assert tx.live_timers == 0


@pytest.mark.parametrize("plan", [UDP, TCP])
def test_an_accepted_invite_is_absorbed_and_its_success_not_repeated_by_us(plan: Plan) -> None:
    tx = Driver(plan)
    tx.receive(On.SUCCESS, at=1.0)
    tx.receive(On.REQUEST, at=2.0)
    tx.run(until=32.9)
    assert tx.effects == [Do.SEND]
    assert tx.state is State.ACCEPTED


def test_each_further_success_of_the_tu_is_sent_while_accepted() -> None:
    tx = Driver(UDP)
    for at in (1.0, 1.5, 2.5):
        tx.receive(On.SUCCESS, at=at)
    assert tx.times(Do.SEND) == [1.0, 1.5, 2.5]


def test_an_ack_while_accepted_is_passed_up() -> None:
    tx = Driver(UDP)
    tx.receive(On.SUCCESS, at=1.0)
    tx.receive(On.ACK, at=2.0)
    assert tx.times(Do.PASS_UP) == [2.0]


def test_timer_l_ends_an_accepted_transaction_64_t1_after_the_first_success() -> None:
    tx = Driver(UDP)
    tx.receive(On.SUCCESS, at=1.0)
    tx.receive(On.SUCCESS, at=30.0)
    assert tx.state_at(33.0) is State.TERMINATED


def test_after_a_success_no_other_response_goes_out() -> None:
    tx = Driver(UDP)
    tx.receive(On.SUCCESS, at=1.0)
    tx.receive(On.PROVISIONAL, at=1.1)
    tx.receive(On.FAILURE, at=1.2)
    assert tx.times(Do.SEND) == [1.0]


def test_after_a_failure_no_other_response_goes_out() -> None:
    tx = Driver(UDP)
    for event in (On.FAILURE, On.SUCCESS, On.PROVISIONAL, On.FAILURE):
        tx.receive(event, at=0.1)
    assert tx.times(Do.SEND) == [0.1]


def test_a_cancel_is_reported_once() -> None:
    tx = Driver(UDP)
    tx.receive(On.CANCEL, at=1.0)
    tx.receive(On.CANCEL, at=1.5)
    assert tx.times(Do.REPORT_CANCEL) == [1.0]


@pytest.mark.parametrize("final", [On.SUCCESS, On.FAILURE])
def test_a_cancel_after_the_final_response_has_no_effect(final: On) -> None:
    tx = Driver(UDP)
    tx.receive(final, at=1.0)
    tx.receive(On.CANCEL, at=1.1)
    assert tx.times(Do.REPORT_CANCEL) == []


@pytest.mark.parametrize(
    ("response", "state"),
    [
        (On.PROVISIONAL, State.CANCELLED),
        (On.FAILURE, State.COMPLETED),
        (On.SUCCESS, State.ACCEPTED),
    ],
)
def test_a_cancelled_invite_is_answered_like_any_other(response: On, state: State) -> None:
    tx = Driver(UDP)
    tx.receive(On.CANCEL, at=1.0)
    tx.receive(On.REQUEST, at=1.1)
    tx.receive(response, at=1.2)
    assert tx.times(Do.RETRANSMIT) == [1.1]
    assert tx.times(Do.SEND) == [1.2]
    assert tx.state is state


def test_a_transport_error_leaves_it_as_it_is() -> None:
    tx = Driver(TCP)
    tx.receive(On.TRANSPORT_ERROR, at=1.0)
    assert tx.state is State.PROCEEDING
