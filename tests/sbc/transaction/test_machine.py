"""The engine alone, on small tables of its own."""

from sbc.timers import Timers
from sbc.transaction.machine import Figure, Machine
from sbc.transaction.table import Do, On, State, Table, Timer, to
from tests.support.clock import Driver

REPEATS: Table = {
    State.TRYING: {
        On.PROVISIONAL: to(State.PROCEEDING, Do.SLOW_DOWN, Do.PASS_UP),
        On.SUCCESS: to(State.COMPLETED, Do.PASS_UP),
        Timer.E: to(State.TRYING, Do.RETRANSMIT),
        Timer.F: to(State.TERMINATED, Do.REPORT_TIMEOUT),
    },
    State.PROCEEDING: {
        Timer.E: to(State.PROCEEDING, Do.RETRANSMIT),
        Timer.F: to(State.TERMINATED, Do.REPORT_TIMEOUT),
    },
    State.COMPLETED: {Timer.K: to(State.TERMINATED, Do.PASS_STRAY)},
    State.TERMINATED: {},
}
OWNERS = {
    State.TRYING: (Timer.E, Timer.F),
    State.PROCEEDING: (Timer.E, Timer.F),
    State.COMPLETED: (Timer.K,),
}
DELAYS = {Timer.E: 1.0, Timer.F: 20.0, Timer.K: 5.0}


def test_a_repeating_timer_doubles_up_to_its_longest_wait() -> None:
    tx = Driver(Figure(REPEATS, OWNERS, DELAYS).plan())
    tx.run(until=16.0)
    assert tx.times(Do.RETRANSMIT) == [1.0, 3.0, 7.0, 11.0, 15.0]


def test_a_timer_that_two_states_own_runs_on_through_the_change() -> None:
    tx = Driver(Figure(REPEATS, OWNERS, DELAYS).plan())
    tx.receive(On.PROVISIONAL, at=1.5)
    tx.run(until=60.0)
    assert tx.times(Do.RETRANSMIT) == [1.0, 3.0, 7.0, 11.0, 15.0, 19.0]
    assert tx.times(Do.REPORT_TIMEOUT) == [20.0]


def test_slowing_down_is_the_machines_own_business() -> None:
    tx = Driver(Figure(REPEATS, OWNERS, DELAYS).plan())
    tx.receive(On.PROVISIONAL, at=0.5)
    assert tx.effects == [Do.PASS_UP]


def test_a_timer_that_only_the_old_state_owns_is_cleared() -> None:
    tx = Driver(Figure(REPEATS, OWNERS, DELAYS).plan())
    tx.receive(On.SUCCESS, at=0.5)
    assert tx.live_timers == 1
    tx.run(until=60.0)
    assert tx.effects == [Do.PASS_UP, Do.PASS_STRAY]


def test_a_timer_of_no_length_fires_at_once_and_its_effects_follow() -> None:
    tx = Driver(Figure(REPEATS, OWNERS, {**DELAYS, Timer.K: 0.0}).plan())
    tx.receive(On.SUCCESS, at=0.5)
    assert tx.state is State.TERMINATED
    assert tx.effects == [Do.PASS_UP, Do.PASS_STRAY]
    assert tx.live_timers == 0


def test_a_timer_without_a_delay_is_not_used() -> None:
    tx = Driver(Figure(REPEATS, OWNERS, {Timer.F: 20.0}).plan())
    tx.run(until=60.0)
    assert tx.effects == [Do.REPORT_TIMEOUT]


def test_an_event_without_a_row_changes_nothing() -> None:
    tx = Driver(Figure(REPEATS, OWNERS, DELAYS).plan())
    tx.receive(On.ACK, at=0.5)
    assert tx.state is State.TRYING
    assert tx.effects == []


def test_a_late_timer_counts_from_when_it_was_handled() -> None:
    timers = Timers()
    machine = Machine(Figure(REPEATS, OWNERS, DELAYS).plan(), "tx", timers, now=0.0)
    timers.pop_due(1.4)
    assert machine.handle(Timer.E, now=1.4) == (Do.RETRANSMIT,)
    assert timers.next() == 3.4


def test_two_machines_share_a_heap_without_meeting() -> None:
    timers = Timers()
    plan = Figure(REPEATS, OWNERS, DELAYS).plan()
    one = Machine(plan, "one", timers, now=0.0)
    Machine(plan, "two", timers, now=0.0)
    one.handle(On.SUCCESS, now=0.1)
    assert timers.pop_due(1.0) == [("two", Timer.E)]
