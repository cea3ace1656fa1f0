"""RFC 3261 §17.2.2 and RFC 4320 §4: one test per sentence we rely on."""

import pytest

from sbc.transaction.machine import Figure, Plan
from sbc.transaction.non_invite_server import RELIABLE, TABLE, TIMERS, UNRELIABLE
from sbc.transaction.table import Do, On, State
from tests.support.clock import Driver

UDP = Figure(TABLE, TIMERS, UNRELIABLE).plan()
TCP = Figure(TABLE, TIMERS, RELIABLE).plan()


def test_while_trying_a_repeated_request_is_dropped() -> None:
    tx = Driver(UDP)
    tx.receive(On.REQUEST, at=1.0)
    assert tx.effects == []


@pytest.mark.parametrize("plan", [UDP, TCP])
def test_a_100_goes_out_only_when_the_clients_timer_e_has_reached_t2(plan: Plan) -> None:
    tx = Driver(plan)
    tx.run(until=60.0)
    assert tx.effects == [Do.SEND_TRYING]
    assert tx.times(Do.SEND_TRYING) == [3.5]
    assert tx.state is State.PROCEEDING


def test_a_quick_answer_needs_no_100() -> None:
    tx = Driver(UDP)
    tx.receive(On.SUCCESS, at=3.4)
    tx.run(until=10.0)
    assert tx.effects == [Do.SEND]


def test_no_other_provisional_is_sent() -> None:
    tx = Driver(UDP)
    tx.receive(On.PROVISIONAL, at=1.0)
    assert tx.effects == []


def test_while_proceeding_a_repeated_request_gets_the_100_again() -> None:
    tx = Driver(UDP)
    tx.receive(On.REQUEST, at=4.0)
    assert tx.times(Do.RETRANSMIT) == [4.0]


@pytest.mark.parametrize("at", [1.0, 5.0])
@pytest.mark.parametrize("final", [On.SUCCESS, On.FAILURE])
def test_a_repeated_request_gets_the_final_response_again_for_64_t1(final: On, at: float) -> None:
    tx = Driver(UDP)
    tx.receive(final, at=at)
    tx.receive(On.REQUEST, at=at + 31.9)
    assert tx.times(Do.SEND) == [at]
    assert tx.times(Do.RETRANSMIT) == [at + 31.9]
    assert tx.state_at(at + 32.0) is State.TERMINATED


def test_a_second_final_response_is_dropped() -> None:
    tx = Driver(UDP)
    tx.receive(On.SUCCESS, at=1.0)
    tx.receive(On.FAILURE, at=1.1)
    assert tx.times(Do.SEND) == [1.0]


def test_timer_j_is_zero_over_tcp() -> None:
    tx = Driver(TCP)
    tx.receive(On.SUCCESS, at=1.0)
    assert tx.effects == [Do.SEND]
    assert tx.state is State.TERMINATED
    assert tx.live_timers == 0


@pytest.mark.parametrize("at", [1.0, 5.0])
def test_silence_sends_nothing_and_still_absorbs_the_request(at: float) -> None:
    tx = Driver(UDP)
    tx.receive(On.SILENCE, at=at)
    assert tx.times(Do.SEND) == []
    assert tx.state is State.COMPLETED
    assert tx.state_at(at + 32.0) is State.TERMINATED


@pytest.mark.parametrize("before", [[], [On.SUCCESS]])
@pytest.mark.parametrize("at", [1.0, 5.0])
def test_a_transport_error_ends_it(before: list[On], at: float) -> None:
    tx = Driver(UDP)
    for event in before:
        tx.receive(event, at=at)
    tx.receive(On.TRANSPORT_ERROR, at=at)
    assert tx.state is State.TERMINATED
    assert tx.live_timers == 0
