"""RFC 3261 §17.1.2: one test per sentence we rely on."""

import pytest

from sbc.transaction.machine import Figure
from sbc.transaction.non_invite_client import RELIABLE, TABLE, TIMERS, UNRELIABLE
from sbc.transaction.table import Do, On, State
from tests.support.clock import Driver

UDP = Figure(TABLE, TIMERS, UNRELIABLE).plan()
TCP = Figure(TABLE, TIMERS, RELIABLE).plan()


def test_timer_e_doubles_up_to_t2_until_timer_f_gives_up() -> None:
    tx = Driver(UDP)
    tx.run(until=40.0)
    assert tx.times(Do.RETRANSMIT) == [0.5, 1.5, 3.5, *[7.5 + 4 * step for step in range(7)]]
    assert tx.times(Do.REPORT_TIMEOUT) == [32.0]


def test_a_reliable_transport_never_retransmits() -> None:
    tx = Driver(TCP)
    tx.run(until=40.0)
    assert tx.effects == [Do.REPORT_TIMEOUT]


def test_after_a_provisional_timer_e_is_reset_with_t2() -> None:
    tx = Driver(UDP)
    tx.receive(On.PROVISIONAL, at=0.6)
    tx.run(until=15.0)
    assert tx.times(Do.RETRANSMIT) == [0.5, 1.5, 5.5, 9.5, 13.5]
    assert tx.times(Do.PASS_UP) == [0.6]


def test_timer_f_runs_on_through_proceeding() -> None:
    tx = Driver(UDP)
    tx.receive(On.PROVISIONAL, at=0.6)
    tx.receive(On.PROVISIONAL, at=20.0)
    tx.run(until=40.0)
    assert tx.times(Do.PASS_UP) == [0.6, 20.0]
    assert tx.times(Do.REPORT_TIMEOUT) == [32.0]
    assert tx.state is State.TERMINATED


@pytest.mark.parametrize("before", [[], [On.PROVISIONAL]])
@pytest.mark.parametrize("final", [On.SUCCESS, On.FAILURE])
def test_a_final_response_is_passed_up_once_and_absorbed_for_t4(
    before: list[On], final: On
) -> None:
    tx = Driver(UDP)
    for event in before:
        tx.receive(event, at=0.1)
    tx.receive(final, at=1.0)
    tx.receive(final, at=5.9)
    assert tx.times(Do.PASS_UP)[-1] == 1.0
    assert tx.state is State.COMPLETED
    assert tx.state_at(6.0) is State.TERMINATED


def test_timer_k_is_zero_over_tcp() -> None:
    tx = Driver(TCP)
    tx.receive(On.SUCCESS, at=1.0)
    assert tx.state is State.TERMINATED
    assert tx.live_timers == 0


@pytest.mark.parametrize("before", [[], [On.PROVISIONAL]])
def test_a_transport_error_is_reported(before: list[On]) -> None:
    tx = Driver(UDP)
    for event in before:
        tx.receive(event, at=0.1)
    tx.receive(On.TRANSPORT_ERROR, at=0.2)
    assert tx.times(Do.REPORT_TRANSPORT_ERROR) == [0.2]
    assert tx.state is State.TERMINATED
